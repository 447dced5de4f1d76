"""What people are told, each once. Nothing here knows ClearML, the time or the address that it is posted to.

No reviewer's name and nobody's words are in a notice: it goes to a channel that others read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from redraft.tracking.keeping.decide import ReviewState, Run
from redraft.tracking.keeping.memory import Memory
from redraft.tracking.page_links import review_link

DAY_S = 24 * 3600.0
MOST_TRIES = 5  # of one notice, one a tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where notices go."""

    post: Callable[[str], str] = lambda _text: ""  # returns why it failed, empty when it did not
    page: Callable[[], str] = lambda: ""  # address of the review page, for their readers; empty: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell."""

    key: str  # what it is about: never told twice
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A review that was open and is not any more."""

    task_id: str
    iteration: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """A promotion that waits for a person."""

    decision_id: str
    variant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What there is to tell of at one tick."""

    reviews: Sequence[ReviewState] = ()  # open ones
    ended: Sequence[Ended] = ()
    failed: Sequence[Run] = ()
    waits: Waits | None = None
    trouble: str = ""  # why a run that is due cannot be started


def notices(project: str, news: News, *, page: str, now: float) -> tuple[Notice, ...]:
    """Everything that could be told now, told before or not.

    Args:
        project: ClearML project.
        news: What there is.
        page: Address of the review page; empty: not known.
        now: Unix time, seconds.
    """
    found = [told for review in news.reviews for told in _of_review(review, page, now)]
    for ended in news.ended:
        what = "closed" if ended.status in ("completed", "published") else "cancelled"
        found.append((f"ended {ended.task_id}", f"The review of iteration {ended.iteration} is {what}."))
    for run in news.failed:
        which = f"iteration {run.iteration}, " if run.iteration else ""
        said = f"A run has failed ({which}task {run.id}); the task's comment says why."
        found.append((f"failed {run.id} {run.changed}", said))
    if news.waits:
        said = f"A better prompt, variant {news.waits.variant_id}, waits for a yes.{f' {page}' if page else ''}"
        found.append((f"yes {news.waits.decision_id}", said))
    if news.trouble:
        found.append((f"trouble {news.trouble[:200]}", f"A run is due, but cannot be started: {news.trouble}"))
    return tuple(Notice(key=key, text=f"[{project}] {text}") for key, text in found)


def tell(memory: Memory, found: Iterable[Notice], post: Callable[[str], str]) -> tuple[Memory, str]:
    """Post what was not told yet; return what to remember, and what went wrong.

    After a failure no other is tried at this tick: an address that is down is not waited for again and again.

    Args:
        memory: What was told.
        found: From `notices`.
        post: Posts a text and returns why that failed, empty when it did not.
    """
    told, tries, problem = list(memory.told), dict(memory.tries), ""
    for notice in found:
        if notice.key in told:
            continue
        problem = post(notice.text)
        failed = tries.pop(notice.key, 0) + 1 if problem else 0
        if problem and failed < MOST_TRIES:
            tries[notice.key] = failed
        else:
            told.append(notice.key)
        if problem:
            break
    return dataclasses.replace(memory, told=tuple(told), tries=tries), problem


def _of_review(review: ReviewState, page: str, now: float) -> list[tuple[str, str]]:
    where = f" {review_link(page, review.task_id)}" if page else ""
    name, rated = f"The review of iteration {review.iteration}", review.planned - review.missing
    said = [(f"opened {review.task_id}", f"{name} is open: {review.planned} ratings are asked for.{where}")]
    if 2 * rated >= review.planned > 0:
        text = f"{name} is half done: {rated} of {review.planned} ratings are there.{where}"
        said.append((f"half {review.task_id}", text))
    if now - review.created > DAY_S:
        text = f"{name} has been waiting for more than a day; {review.missing} ratings are missing.{where}"
        said.append((f"day {review.task_id}", text))
    return said
