"""What commands find out before they start anything."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from judged_project import B
from old_project import make_old_project

from redraft.cli.commands import check_inputs, status_command
from redraft.config import load_config
from redraft.errors import InputError
from redraft.tracking.server import call


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


@pytest.fixture
def project(clearml_sdk: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a project on the stand-in server, with a folder of state of its own."""
    assert clearml_sdk
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "state"))
    return f"project-{uuid.uuid4().hex[:12]}"


def test_status_shows_the_history_of_a_restored_project_that_has_no_run(
    project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from redraft.tracking.backup import backup, restore

    make_old_project(project)
    other = f"{project}-restored"
    restore(other, backup(project, tmp_path / "b.zip", now=0.0, version="9"), interval=0.9)
    status_command(other)
    said = capsys.readouterr().out
    assert "3.00 [2.50, 3.50]" in said  # a row of the table
    assert f"before that {B.id}\n" in said
    assert said.endswith("no run yet in this project\n")


def test_status_of_a_project_without_anything_says_how_to_begin(project: str) -> None:
    with pytest.raises(InputError, match=r"has no run yet\. Start one with `redraft run`"):
        status_command(project)


def test_status_says_in_one_line_why_the_newest_run_failed(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_old_project(project).runs[3]
    call("tasks.failed", task=run, force=True, status_message="step build_index failed:\nno space left")
    status_command(project)
    assert f"newest run: {run}, failed: step build_index failed: no space left\n" in capsys.readouterr().out
