"""An open review at a glance: who takes part, and how far everybody is."""

from __future__ import annotations

from dataclasses import dataclass

from redraft.tracking.inbox import OpenReview
from redraft.tracking.settling import missing_ratings
from redraft.tracking.watching import Contents, Look, people_of, shares_of, still_to_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one person is."""

    reviewer: str
    rated: int
    share: int  # items that are theirs, rated ones included
    away: bool
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOverview:
    """An open review at a glance."""

    review: OpenReview
    answers: int  # that are to be rated
    letters: int  # prompts, those whose earlier answers are rated again included
    planned: int  # ratings
    missing: int  # of them
    people: tuple[Progress, ...]


def overview_of(contents: Contents, look: Look, *, away_s: float, now: float) -> ReviewOverview:
    """Put an overview together; `away_s` is the silence, in seconds, after which somebody is taken to be away."""
    people = people_of(look, away_s=away_s, now=now)
    finished = {presence.reviewer for presence in look.presences if presence.finished}
    progress = []
    for name, items in shares_of(contents, look, people).items():
        rated, left = len(look.last_ratings(name)), len(still_to_rate(contents, look, items, name))
        progress.append(
            Progress(
                reviewer=name,
                rated=rated,
                share=rated + left,
                away=name in people.away,
                finished=name in finished and not left,
            )
        )
    return ReviewOverview(
        review=contents.review,
        answers=len({item.answer_id for item in contents.plan}),
        letters=len({item.letter for item in contents.plan}),
        planned=len(contents.plan) + len(look.added),
        missing=len(missing_ratings(contents, look)),
        people=tuple(progress),
    )
