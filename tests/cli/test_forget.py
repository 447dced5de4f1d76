"""`redraft forget ...` as a person types it, against the stand-in server."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from judged_project import SEED, B, C, decide, decision, judge

from redraft.cli.main import main
from redraft.tracking.history import find_sources, load_history


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


pytestmark = pytest.mark.usefixtures("clearml_sdk")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the state of commands in a folder of its own."""
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "state"))


@pytest.fixture
def project() -> str:
    """Name a project in which Ann and Ben rated, and Ann decided."""
    name = f"project-{uuid.uuid4().hex[:12]}"
    judge(name, {SEED: 2, B: 4, C: 2})
    decide(name, decision("promote", B, 9.0, current=SEED, author="Ann", evidence="Ann promoted it: better."))
    return name


@pytest.fixture
def redraft(project: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run `redraft forget` on the project."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["redraft", "forget", *words, "--project", project])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


def people(project: str) -> set[str]:
    history = load_history(find_sources(project))
    return {rating.reviewer for rating in history.ratings} | {decision.author for decision in history.decisions}


def test_without_apply_it_shows_where_the_name_is_and_changes_nothing(
    project: str, redraft: Callable[..., Ended]
) -> None:
    ended = redraft("Ann", "--as", "person-1")
    assert ended.code == 0
    lines = [line.split() for line in ended.out.splitlines()]
    assert ended.out.startswith(f"'Ann' becomes 'person-1' in project '{project}'\n")
    assert [line[:3] for line in lines[1:3]] == [["18", "ratings", "judged"], ["1", "decisions", "score_prompts"]]
    assert ended.out.endswith("nothing was changed; `--as person-1 --apply` does it, and cannot be undone\n")
    assert people(project) == {"Ann", "Ben"}


def test_with_apply_the_name_is_replaced_and_a_second_call_knows_nobody_of_that_name(
    project: str, redraft: Callable[..., Ended]
) -> None:
    ended = redraft(" Ann ", "--as", "person-1", "--apply")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith(f"done: 'Ann' is 'person-1' in project '{project}'\n")
    assert people(project) == {"person-1", "Ben"}
    again = redraft("Ann", "--apply")
    assert (again.code, again.out) == (2, "")
    assert "nobody is called 'Ann'; it knows 2 people: Ben, person-1" in again.err


def test_without_a_pseudonym_one_is_made_up(project: str, redraft: Callable[..., Ended]) -> None:
    assert redraft("Ann", "--apply").code == 0
    (made,) = people(project) - {"Ben"}
    assert made.startswith("person-")
    assert len(made) == len("person-3f9c")


def test_what_the_server_has_not_got_yet_is_not_lost(
    project: str, redraft: Callable[..., Ended], tmp_path: Path
) -> None:
    path = tmp_path / "state" / "journal" / "task" / "w-1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"task_id": "task", "reviewer": "Ann"}) + "\n", encoding="utf-8")
    ended = redraft("Ann", "--apply")
    assert ended.code == 2
    assert f"{path}: holds what 'Ann' said and the server has not got yet" in ended.err
    assert people(project) == {"Ann", "Ben"}
