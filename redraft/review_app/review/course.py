"""Where a reviewer is in a review: what is theirs, what comes next, how long it will take."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from redraft.records import Flag, PlanItem, Rating
from redraft.tracking.watching import Contents, Look, people_of, shares_of, still_to_rate

LONGEST_S = 900.0  # somebody who took longer was away: the time says nothing
USUAL_S = 40.0  # an answer, before anything is known of a reviewer's pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What one person has before them."""

    items: tuple[PlanItem, ...]  # their share, in the order in which they rate
    todo: tuple[PlanItem, ...]  # of it, what they have not dealt with; what they skipped comes last
    rated: Mapping[str, Rating]  # their last rating by answer
    flagged: Mapping[str, Flag]  # by question: those that they called bad
    skipped: frozenset[str]  # answers of `todo` that they want to rate last

    @property
    def done(self) -> int:
        """How many of their items are dealt with."""
        return len(self.items) - len(self.todo)

    @property
    def seconds_left(self) -> float:
        """Estimated from the person's own pace."""
        spent = [rating.seconds for rating in self.rated.values() if rating.seconds is not None]
        return len(self.todo) * (statistics.median(spent) if spent else USUAL_S)

    @property
    def start(self) -> str | None:
        """Where somebody goes on who comes back: after what they rated last; `None`: nothing is left."""
        last = max(self.rated.values(), key=lambda rating: (rating.created, rating.id), default=None)
        return self.after(last.answer_id if last else None)

    def after(self, answer_id: str | None) -> str | None:
        """What comes once an answer is dealt with: the next that is open, else the first; skipped ones last."""
        order = [item.answer_id for item in self.items]
        left = [item.answer_id for item in self.todo if item.answer_id != answer_id]
        left = [other for other in left if other not in self.skipped] or left
        place = order.index(answer_id) if answer_id in order else -1
        later = [other for other in left if other in order and order.index(other) > place]
        return next(iter(later or left), None)

    def following(self, answer_id: str) -> str | None:
        """The next in the list, unless it is set aside with its question; after the last, what is open."""
        order = [item.answer_id for item in self.items]
        shown = {*self.rated, *(item.answer_id for item in self.todo)}
        later = order[order.index(answer_id) + 1 :] if answer_id in order else []
        return next((other for other in later if other in shown), None) or self.after(answer_id)

    def before(self, answer_id: str | None) -> str | None:
        """The answer before this one in the person's list; `None`: the last."""
        order = [item.answer_id for item in self.items]
        place = order.index(answer_id) if answer_id in order else len(order)
        return order[place - 1] if place > 0 else None


def course_of(
    contents: Contents, look: Look, reviewer: str, *, skipped: Collection[str], away_s: float, now: float
) -> Course:
    """Find out where somebody is.

    Args:
        contents: Of the review.
        look: What was handed in, this person's unsent words included.
        reviewer: The person; somebody who has just come may not be in `look` yet.
        skipped: Answers that they want to rate last.
        away_s: Silence, in seconds, after which others are taken to be away.
        now: Unix time, seconds.
    """
    people = people_of(look, away_s=away_s, now=now)
    share = shares_of(contents, look, people).get(reviewer, ())
    todo = still_to_rate(contents, look, share, reviewer)
    last = [item for item in todo if item.answer_id in skipped]
    rated = {answer_id: rating for (_, answer_id), rating in look.last_ratings(reviewer).items()}
    beyond = [item for item in contents.plan if item.answer_id in rated]  # rated beyond the share: shown all the same
    items = tuple({item.answer_id: item for item in (*share, *beyond)}.values())
    return Course(
        items=items,
        todo=tuple([item for item in todo if item.answer_id not in skipped] + last),
        rated=rated,
        skipped=frozenset(item.answer_id for item in last),
        flagged={flag.question_id: flag for flag in look.flags if flag.reviewer == reviewer},
    )


def only_again(plan: Iterable[PlanItem]) -> list[str]:
    """Letters of prompts that are in a review only to be rated again: neither new nor current."""
    roles: dict[str, set[str]] = {}
    for item in plan:
        roles.setdefault(item.letter, set()).add(item.role)
    return sorted(letter for letter, of_letter in roles.items() if of_letter == {"anchor"})


def time_words(seconds: float) -> str:
    """A time that is only roughly known.

    >>> [time_words(s) for s in (20, 70, 3000, 9000)]
    ['less than a minute', 'about 1 minute', 'about 50 minutes', 'about 2.5 hours']
    """
    minutes = round(seconds / 60)
    if seconds < 45:
        return "less than a minute"
    if minutes < 90:
        return f"about {max(1, minutes)} minute{'s' if minutes > 1 else ''}"
    return f"about {seconds / 3600:.1f} hours"


def spent(shown_at: float | None, now: float) -> float | None:
    """Seconds spent on an answer; `None` when nobody can have looked at it for so long."""
    if shown_at is None or not 0 <= now - shown_at <= LONGEST_S:
        return None
    return round(now - shown_at, 1)
