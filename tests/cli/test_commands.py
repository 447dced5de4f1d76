"""What commands find out before they start anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from redraft.cli.commands import check_inputs
from redraft.config import load_config
from redraft.errors import InputError


def config_of(folder: Path, questions: str) -> object:
    path = folder / "questions.jsonl"
    path.write_text(questions, encoding="utf-8")
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "page.md").write_text("# Page\n\nText.\n", encoding="utf-8")
    return load_config(overrides={"run.questions": str(path), "run.docs": str(folder / "docs")})


def test_questions_without_val_are_taken_with_a_warning_that_names_the_file(tmp_path: Path) -> None:
    (warning,) = check_inputs(config_of(tmp_path, '{"text": "How?"}\n'))
    assert warning.startswith(f"{tmp_path / 'questions.jsonl'}: no question has split val: no prompt can be promoted")


def test_good_questions_have_no_warning(tmp_path: Path) -> None:
    assert check_inputs(config_of(tmp_path, '{"text": "How?"}\n{"text": "Why?", "split": "val"}\n')) == ()


def test_questions_of_a_newer_redraft_are_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"questions\.jsonl: schema version 99, this Redraft reads 1 and 2"):
        check_inputs(config_of(tmp_path, '{"redraft": "Question", "schema": 99}\n{"text": "How?"}\n'))
