"""What people are asked, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["new", "current", "anchor", "second"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One answer that somebody is asked to rate."""

    review_key: str  # content_id("r", of the answers' and the plan's ids): known before the review task is
    answer_id: str
    letter: str  # A, B, ...: blind label of the variant within this review
    reviewer_slot: int  # 0, 1, ...: items of one slot go to one person
    position: int  # order in which the slot's items are shown, from 0
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one person thinks of one answer; a later row supersedes an earlier one by (review, reviewer, answer)."""

    id: str
    review_key: str
    answer_id: str
    reviewer: str
    score: int  # 1 to 5, see configs/rubric.yaml
    comment: str | None = None
    tags: tuple[str, ...] = ()
    position: int | None = None
    seconds: float | None = None  # time spent on it
    created: float = 0.0  # Unix time, seconds
    supersedes: str | None = None  # id of the row that this one replaces
    rubric: str | None = None  # version of the rubric that was shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """What one person thinks of one letter as a whole."""

    review_key: str
    letter: str
    reviewer: str
    score: int  # 1 to 5
    comment: str | None = None
    created: float = 0.0  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """That one person takes part in a review; a later row supersedes an earlier one by (review, reviewer)."""

    review_key: str
    reviewer: str
    came: float  # Unix time, seconds: the order of arrival decides who gets which slot of the plan
    left: float | None = None  # Unix time, seconds; None: still there
    finished: bool = False  # has said all that they want to say: the prompts behind the letters may be shown to them
    created: float = 0.0  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """That a question is a bad one: its answers need no rating of this person."""

    review_key: str
    question_id: str
    reviewer: str
    comment: str | None = None
    withdrawn: bool = False
    created: float = 0.0  # Unix time, seconds; a later row supersedes an earlier one by (review, question, reviewer)
