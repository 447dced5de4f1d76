"""Closes reviews that are complete or whose time is up, and finishes those whose closer died."""

from __future__ import annotations

import logging

from redraft.settings import Config
from redraft.tracking.inbox import OpenReview, open_reviews
from redraft.tracking.keeping.decide import ReviewState
from redraft.tracking.keeping.problems import Problems
from redraft.tracking.server import unix_time
from redraft.tracking.settling import Deadline, missing_ratings, settle
from redraft.tracking.watching import Watch, read_contents

log = logging.getLogger("redraft")

HOUR_S = 3600.0


class ReviewKeeper:
    """Tends the open reviews of a project; keeps what it has read of each while it is open."""

    def __init__(self, project: str, config: Config, problems: Problems) -> None:
        self.project, self._problems = project, problems
        self._settle_s = config.review.settle_s
        self._deadline = Deadline(after_s=config.review.deadline_hours * HOUR_S, ratings=config.keeper.deadline_ratings)
        self._watches: dict[str, Watch] = {}

    def tend(self, *, now: float) -> tuple[ReviewState, ...]:
        """Close what is to be closed; return what is open then, oldest first.

        Raises:
            ServerUnavailable: The server is away.
        """
        for review in open_reviews(self.project):
            self._problems.attempt(f"review {review.task_id}", lambda: self._tend(review, now), None)  # noqa: B023 - called at once
        left = open_reviews(self.project)
        self._watches = {
            review.task_id: self._watches[review.task_id] for review in left if review.task_id in self._watches
        }
        return tuple(self._state(review) for review in left)

    def _tend(self, review: OpenReview, now: float) -> None:
        watch = self._watches.setdefault(review.task_id, Watch(read_contents(review)))
        closed = settle(watch.contents, watch.look(), settle_s=self._settle_s, now=now, deadline=self._deadline)
        if closed is not None:
            log.info("the review of iteration %d is closed with %d ratings", review.iteration, len(closed))

    def _state(self, review: OpenReview) -> ReviewState:
        """How far a review is; one that cannot be read is open all the same."""
        watch = self._watches.get(review.task_id)
        return ReviewState(
            task_id=review.task_id,
            pipeline_id=review.pipeline_id,
            iteration=review.iteration,
            created=unix_time(review.created),
            planned=len(watch.contents.plan) + len(watch.last.added) if watch else 0,
            missing=len(missing_ratings(watch.contents, watch.last)) if watch else 0,
        )
