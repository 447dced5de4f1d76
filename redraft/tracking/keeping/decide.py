"""Whether a run is to be started now, from what is seen. Nothing here knows ClearML or the time.

A change is never noted down as pending: it is the difference between what the newest run is about and what there is
now, so that a keeper that was away loses none, ten changes are one, and a run that was started takes them all away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ACTIVE = ("queued", "in_progress")
NO_DOCS = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A completed version of the docs dataset."""

    id: str
    content: str  # fingerprint of the files; the id, if it has none
    completed: float  # Unix time by the server, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the keeper sees it."""

    id: str
    iteration: int  # 0: not numbered yet
    status: str
    created: float  # Unix time by the server, seconds
    changed: str = ""  # when its status changed last, as the server says it
    noted: str = ""  # id of the newest docs version when a keeper started it, or NO_DOCS; empty: a person did


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewState:
    """An open review, as far as people are told."""

    task_id: str
    pipeline_id: str | None
    iteration: int
    created: float  # Unix time by the server, seconds
    planned: int  # ratings
    missing: int  # of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a keeper sees at one tick."""

    runs: tuple[Run, ...] = ()  # oldest first
    open_reviews: int = 0
    newest_docs: Version | None = None
    used_docs: Version | None = None  # by the newest run of which that is known
    due: float | None = None  # when the schedule was due last, Unix seconds; None: not since it is known
    thumbs_down: int = 0  # since the newest run was made

    @property
    def newest(self) -> Run | None:
        """The newest run."""
        return self.runs[-1] if self.runs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """That a run is to be started."""

    after: str  # id of the newest run
    causes: tuple[str, ...]  # in words
    new_docs: bool  # the docs changed: it follows their newest version
    noted: str  # id of the newest docs version


def changes(sight: Sight, *, thumbs_down: int) -> tuple[str, ...]:
    """Say what has changed since the newest run; empty: nothing.

    Args:
        sight: What is seen.
        thumbs_down: So many ask for a run; 0: they never do.
    """
    run = sight.newest
    if run is None:
        return ()
    found = []
    if _docs_changed(sight, run):
        found.append("the docs have changed")
    if sight.due is not None and sight.due > run.created:
        found.append("the schedule is due")
    if thumbs_down and sight.thumbs_down >= thumbs_down:
        found.append(f"{sight.thumbs_down} thumbs-down since the last run")
    return tuple(found)


def hindrance(sight: Sight) -> str:
    """Say why nothing may be started now; empty: it may."""
    if not sight.runs:
        return "there is no run yet whose configuration could be used: start the first with `redraft run`"
    active = [run for run in sight.runs if run.status in ACTIVE]
    if active:
        return f"run {active[-1].id} is {active[-1].status}"
    if sight.open_reviews:
        return "a review is open"
    return ""


def next_start(sight: Sight, *, thumbs_down: int) -> Start | None:
    """Say what run is to be started now; `None`: none.

    The newest run need not have ended well: one that failed or that a person stopped is not continued, but followed.

    >>> done = Run(id="r1", iteration=1, status="completed", created=10.0)
    >>> next_start(Sight(runs=(done,), due=11.0), thumbs_down=0).causes
    ('the schedule is due',)
    >>> next_start(Sight(runs=(done,), due=9.0), thumbs_down=0) is None
    True
    >>> next_start(Sight(runs=(done,), due=11.0, open_reviews=1), thumbs_down=0) is None
    True
    """
    run, causes = sight.newest, changes(sight, thumbs_down=thumbs_down)
    if run is None or not causes or hindrance(sight):
        return None
    return Start(
        after=run.id,
        causes=causes,
        new_docs=_docs_changed(sight, run),
        noted=sight.newest_docs.id if sight.newest_docs else NO_DOCS,
    )


def newly_failed(runs: Sequence[Run], active_before: Sequence[str]) -> tuple[Run, ...]:
    """Runs that failed since the last look, and the newest one if it has failed."""
    return tuple(run for run in runs if run.status == "failed" and (run.id in active_before or run.id == runs[-1].id))


def _docs_changed(sight: Sight, run: Run) -> bool:
    """Whether there are docs that no run was about.

    By content, not by id: docs that were pushed twice, or changed back, are no change. A version that is older than a
    person's run was there for it to take: whoever named an earlier one meant that.
    """
    docs = sight.newest_docs
    if docs is None or (docs.id == run.noted if run.noted else docs.completed <= run.created):
        return False
    return sight.used_docs is None or docs.content != sight.used_docs.content
