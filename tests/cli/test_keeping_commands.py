"""`redraft archive`, `backup` and `restore` as a person types them, against the stand-in server."""

from __future__ import annotations

import dataclasses
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from judged_project import C
from old_project import OldProject, make_old_project

from redraft.cli.main import main
from redraft.config import ROOT
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.inbox import hand_in, writer_key
from redraft.tracking.server import call


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


pytestmark = pytest.mark.usefixtures("clearml_sdk")
Redraft = Callable[..., Ended]


@pytest.fixture
def redraft(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Redraft:
    """Run a command, with a folder of state of its own."""
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "state"))

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["redraft", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def old() -> OldProject:
    return make_old_project(f"project-{uuid.uuid4().hex[:12]}")


def test_archive_shows_what_would_go_and_why_the_rest_stays_and_does_it_when_told_to(
    redraft: Redraft, old: OldProject
) -> None:
    words = ("archive", "--older-than", "0", "--keep", "1", "--project", old.name)
    shown = redraft(*words)
    assert shown.code == 0
    assert f"iteration 1  run {old.runs[1]}  goes, with 4 tasks" in shown.out
    assert f"iteration 2  run {old.runs[2]}  stays: its prompt was current before" in shown.out
    assert f"stays: build_index {old.steps[1]['build_index']}" in shown.out
    assert shown.out.endswith("nothing was changed; --apply does it\n")

    def hidden() -> bool:
        return "archived" in call("tasks.get_by_id", task=old.runs[1])["task"]["system_tags"]

    assert not hidden()
    done = redraft(*words, "--apply")
    assert "done: 5 tasks archived; their records are in snapshot" in done.out
    assert hidden()
    again = redraft(*words, "--apply")
    assert "2 runs, 1 more are archived already" in again.out
    assert again.out.endswith("nothing to archive\n")


def test_a_backup_says_that_a_review_is_open_and_how_many_of_its_ratings_it_holds(
    redraft: Redraft, old: OldProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tracking"))
    from review_world import make_review, ratings_by

    review = make_review(old.name, key="r-open", iteration=4)
    given = [dataclasses.replace(one, review_key="r-open") for one in ratings_by("Dora", 4, 5)]
    hand_in(review, writer_key("Dora", "1"), given)
    made = redraft("backup", str(tmp_path / "b.zip"), "--project", old.name)
    assert "     41  ratings\n" in made.out
    assert made.out.endswith(
        "the review of iteration 4 is open: its 2 ratings so far are in the file; back up again when it is closed\n"
    )


def test_a_backup_is_restored_into_an_empty_project_and_refused_elsewhere(
    redraft: Redraft, old: OldProject, tmp_path: Path
) -> None:
    file = str(tmp_path / "b.zip")
    made = redraft("backup", file, "--project", old.name)
    assert (made.code, "39  ratings" in made.out, "3  iterations" in made.out) == (0, True, True)
    assert redraft("backup", file, "--project", old.name).err.startswith(f"error: {file} is there already")

    named = redraft("backup", str(tmp_path / "b.txt"), "--project", old.name)
    assert (named.code, "expected a name that ends in .zip. Name it b.zip" in named.err) == (2, True)
    assert not (tmp_path / "b.txt").exists()

    refused = redraft("restore", file, "--project", old.name)
    assert (refused.code, "--merge" in refused.err) == (2, True)
    other = f"{old.name}-restored"
    restored = redraft("restore", file, "--project", other)
    assert restored.out.endswith(f"current prompt: {C.id}\n")
    assert load_history(find_sources(other)) == load_history(find_sources(old.name))
    assert "nothing was added" in redraft("restore", file, "--project", other, "--merge").out
