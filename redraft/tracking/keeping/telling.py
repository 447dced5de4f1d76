"""What there is to tell at a tick, and what is remembered of it until it was told."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence

from redraft.tracking.keeping.decide import ACTIVE, ReviewState, Run, newly_failed
from redraft.tracking.keeping.memory import Memory
from redraft.tracking.keeping.notices import Channel, Ended, News, notices, tell
from redraft.tracking.keeping.seeing import waiting_promotion
from redraft.tracking.server import Refusal, call

log = logging.getLogger("redraft")

DONE = ("completed", "published")


def news_of(
    project: str, memory: Memory, runs: Sequence[Run], reviews: Sequence[ReviewState], trouble: str = ""
) -> News:
    """Collect what there is to tell, told before or not.

    Args:
        project: ClearML project.
        memory: What was seen and told.
        runs: The project's runs, oldest first.
        reviews: Its open reviews.
        trouble: Why a run that is due cannot be started.
    """
    open_now = {review.task_id for review in reviews}
    gone = {task: iteration for task, iteration in memory.reviews.items() if task not in open_now}
    waits = waiting_promotion(project) if _scored(runs) != memory.scored else None
    return News(
        reviews=reviews,
        ended=[ended for task, iteration in gone.items() if (ended := _ended(task, iteration)) is not None],
        failed=newly_failed(runs, memory.active),
        waits=waits,
        trouble=trouble,
    )


def tell_news(
    project: str, memory: Memory, runs: Sequence[Run], news: News, channel: Channel, *, now: float
) -> tuple[Memory, str]:
    """Post what was not told yet; return what to remember, and what went wrong.

    Args:
        project: ClearML project.
        memory: What was seen and told.
        runs: The project's runs, oldest first.
        news: From `news_of`.
        channel: Where it goes.
        now: Unix time, seconds.
    """
    page = channel.page() if news.reviews or news.waits else ""
    found = notices(project, news, page=page, now=now)
    for notice in found:
        if notice.key not in memory.told and notice.key not in memory.tries:
            log.info("%s", notice.text)
    memory, problem = tell(memory, found, channel.post)
    left = {notice.key for notice in found} - set(memory.told)
    ended = {each.task_id: each.iteration for each in news.ended if f"ended {each.task_id}" in left}
    failed = [run.id for run in news.failed if f"failed {run.id} {run.changed}" in left]
    waits = news.waits is not None and f"yes {news.waits.decision_id}" in left
    remembered = dataclasses.replace(
        memory,
        reviews={**ended, **{review.task_id: review.iteration for review in news.reviews}},
        active=(*(run.id for run in runs if run.status in ACTIVE), *failed),
        scored=memory.scored if waits else _scored(runs),
    )
    return remembered, problem


def _scored(runs: Sequence[Run]) -> str:
    """Id of the newest run that was scored."""
    return next((run.id for run in reversed(runs) if run.status in DONE), "")


def _ended(task_id: str, iteration: int) -> Ended | None:
    """How a review ended; `None` when its task is gone."""
    try:
        status = call("tasks.get_by_id", task=task_id)["task"]["status"]
    except Refusal:
        return None
    return Ended(task_id=task_id, iteration=iteration, status=str(status))
