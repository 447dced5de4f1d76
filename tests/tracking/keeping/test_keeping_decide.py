"""The decision to start a run, without a server."""

from __future__ import annotations

import dataclasses

import pytest

from redraft.tracking.keeping.decide import NO_DOCS, Run, Sight, Version, changes, hindrance, newly_failed, next_start

RUN = Run(id="r1", iteration=1, status="completed", created=100.0)
OLD = Version(id="d1", content="one", completed=50.0)
NEW = Version(id="d2", content="two", completed=150.0)


def sight(**seen: object) -> Sight:
    return dataclasses.replace(Sight(runs=(RUN,), newest_docs=OLD, used_docs=OLD), **seen)  # type: ignore[arg-type]


def test_changed_docs_are_followed() -> None:
    start = next_start(sight(newest_docs=NEW), thumbs_down=0)
    assert start is not None
    assert (start.after, start.causes, start.new_docs, start.noted) == ("r1", ("the docs have changed",), True, "d2")


@pytest.mark.parametrize(
    "newest",
    [
        dataclasses.replace(NEW, content="one"),  # pushed again, or changed back
        dataclasses.replace(NEW, completed=99.0),  # it was there when a person's run was launched with other docs
    ],
)
def test_the_same_content_and_what_the_run_could_have_taken_are_no_change(newest: Version) -> None:
    assert next_start(sight(newest_docs=newest), thumbs_down=0) is None


def test_a_version_starts_one_run_of_a_keeper_even_if_that_run_fails_before_it_takes_it() -> None:
    failed = dataclasses.replace(RUN, status="failed", noted="d2", created=140.0)
    assert next_start(sight(runs=(failed,), newest_docs=NEW), thumbs_down=0) is None
    third = Version(id="d3", content="three", completed=139.0)  # completed while that run was drafted
    assert next_start(sight(runs=(failed,), newest_docs=third), thumbs_down=0) is not None


def test_the_first_version_after_a_run_without_any_is_a_change() -> None:
    noted = dataclasses.replace(RUN, noted=NO_DOCS)
    assert next_start(sight(runs=(noted,), newest_docs=OLD, used_docs=None), thumbs_down=0) is not None


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_while_any_run_is_under_way_nothing_starts(status: str) -> None:
    older = dataclasses.replace(RUN, id="r0", status=status)
    seen = sight(runs=(older, RUN), newest_docs=NEW)
    assert (next_start(seen, thumbs_down=0), hindrance(seen)) == (None, f"run r0 is {status}")


@pytest.mark.parametrize("status", ["failed", "stopped", "published", "closed"])
def test_a_run_that_ended_in_any_way_is_followed(status: str) -> None:
    ended = dataclasses.replace(RUN, status=status)
    assert next_start(sight(runs=(ended,), newest_docs=NEW), thumbs_down=0) is not None


def test_all_that_changed_is_one_start() -> None:
    start = next_start(sight(newest_docs=NEW, due=120.0, thumbs_down=5), thumbs_down=5)
    assert start is not None
    assert start.causes == ("the docs have changed", "the schedule is due", "5 thumbs-down since the last run")


def test_a_schedule_alone_keeps_the_docs_as_the_newest_run_names_them() -> None:
    start = next_start(sight(due=120.0), thumbs_down=0)
    assert start is not None
    assert not start.new_docs


def test_too_few_thumbs_down_and_none_wanted_are_no_change() -> None:
    assert changes(sight(thumbs_down=4), thumbs_down=5) == ()
    assert changes(sight(thumbs_down=4), thumbs_down=0) == ()


def test_a_failed_run_is_news_if_it_was_under_way_or_is_the_newest() -> None:
    failed = [dataclasses.replace(RUN, id=f"r{number}", status="failed") for number in range(3)]
    assert [run.id for run in newly_failed(failed, ["r1"])] == ["r1", "r2"]
    assert newly_failed([], ["r1"]) == ()
