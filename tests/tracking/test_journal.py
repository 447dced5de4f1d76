"""What is in the journal of a page survives the page, a full disk, and whoever comes next."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from review_world import KEY, ratings_by

from redraft.config import ROOT
from redraft.errors import InputError
from redraft.records import Rating
from redraft.tracking.inbox import OpenReview
from redraft.tracking.journal import Journal, abandoned

REVIEW = OpenReview(
    task_id="task", status="queued", created="", project="p", iteration=1, answers_task="a", pipeline_id=None,
    review_key=KEY,
)  # fmt: skip
FIRST, SECOND, THIRD = ratings_by("Ann", 1, 2, 3)


def left(folder: Path) -> list[tuple[Rating, ...]]:
    return [each.said for each in abandoned(folder)]


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handled)


def test_what_a_page_left_is_not_emptied_by_the_next_one_of_the_same_person_and_session(tmp_path: Path) -> None:
    dead = Journal(tmp_path, REVIEW, "w-1", "Ann")
    dead.add(FIRST)
    dead._file.close()  # as the end of its process does
    following = Journal(tmp_path, REVIEW, "w-1", "Ann")
    following.add(SECOND)
    following.confirm()
    assert left(tmp_path) == [(FIRST,)]
    following.close()


def test_a_line_that_a_full_disk_cut_off_spoils_neither_the_one_before_nor_the_one_after(tmp_path: Path) -> None:
    journal = Journal(tmp_path, REVIEW, "w-1", "Ann")
    journal.add(FIRST)
    with largest_file(journal.path.stat().st_size + 20), pytest.raises(InputError, match="cannot be written"):
        journal.add(SECOND)
    journal.add(THIRD)
    journal._file.close()
    assert left(tmp_path) == [(FIRST, THIRD)]


def test_a_journal_that_was_given_up_and_is_empty_leaves_no_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path, REVIEW, "w-1", "Ann")
    journal.add(FIRST)
    journal.confirm()
    journal.close()
    assert not list(tmp_path.rglob("*.jsonl"))
    journal.add(SECOND)  # said on a page that was drawn before
    journal.confirm()
    assert not list(tmp_path.rglob("*.jsonl"))


def test_the_docs_say_where_the_only_copy_of_what_somebody_said_lies(tmp_path: Path) -> None:
    Journal(tmp_path, REVIEW, "w-1", "Ann").close()
    (folder,) = tmp_path.iterdir()
    said = (ROOT / "data/docs/operations/where-things-are-kept.md").read_text(encoding="utf-8")
    assert f"| `.redraft/{folder.name}/` |" in said
    assert f"all but `.redraft/{folder.name}/`" in said
