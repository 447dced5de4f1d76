"""The stand-in reviewers of `make demo`: made-up people who rate what they see in an answer. They are not people.

They show that the loop works; their ratings say nothing about how real readers would rate. Each has a severity, some
noise and something they care about more than the others. They see question, answer, its sources and the passages; they
do not see the prompt, the automatic checks or which variant wrote the answer, and they share no code and no keyword
list with the stand-in model.

    >>> from redraft.records import Answer, Question
    >>> question = Question(id="q-1", text="How long may a chunk be?", answerable=True)
    >>> answer = Answer(id="a-1", run_id="", variant_id="", question_id="q-1", dataset_id="", index_id="", sample=0,
    ...                 text="A chunk may be up to 1500 characters long. Sources: index.md", sources=("index.md",))
    >>> passages = [SeenPassage(text="A chunk is up to 1500 characters long.", source="index.md")]
    >>> [rate_answer(REVIEWERS[0], question, answer, passages, seed=seed).score for seed in range(5)]
    [4, 5, 5, 5, 4]
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from redraft.cli.reviewer_eyes import Reading, SeenPassage, is_chinese
from redraft.cli.reviewer_merits import Sight, look_at
from redraft.cli.reviewer_words import complaint, praise
from redraft.records import Answer, Question

__all__ = ["REVIEWERS", "Reviewer", "SeenPassage", "Verdict", "rate_answer", "reviewer_for_slot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """A made-up person who rates."""

    name: str
    severity: float  # rating points taken off (negative: given)
    noise: float  # standard deviation, rating points
    cares: Mapping[str, float] = field(default_factory=dict)  # merit -> factor on its weight
    talks: float = 0.5  # how often a comment comes with a rating that needs none, 0 to 1
    pace: float = 1.0  # factor on the time that a rating takes


class Verdict(NamedTuple):
    """A rating as the review takes it."""

    score: int  # 1 to 5
    comment: str | None
    tags: tuple[str, ...]
    seconds: float  # as made up as the rest: from a reading and a typing speed


REVIEWERS: tuple[Reviewer, ...] = (
    Reviewer(name="Amal (stand-in)", severity=0.0, noise=0.35, cares={"sources": 1.5}, talks=0.6, pace=1.0),
    Reviewer(
        name="Berit (stand-in)", severity=0.3, noise=0.3, cares={"short": 1.5, "focused": 1.5}, talks=0.5, pace=0.8
    ),
    Reviewer(
        name="Chen (stand-in)", severity=-0.25, noise=0.45, cares={"exact": 1.5, "steps": 2.0}, talks=0.4, pace=1.2
    ),
    Reviewer(
        name="Dario (stand-in)",
        severity=-0.05,
        noise=0.55,
        cares={"both_parts": 1.5, "warned": 2.0},
        talks=0.7,
        pace=0.9,
    ),
)

# Of words (Chinese: characters); what people who read to judge, and type, are often said to reach.
READ_A_MINUTE = 200
TYPED_A_MINUTE = 40
LOOK_S = 20.0  # at the passages, and to decide

# How much a merit of form counts among those that the question calls for.
_WEIGHTS = {
    "sources": 4.0,
    "names_absent": 3.0,
    "short": 2.0,
    "focused": 1.5,
    "first": 1.0,
    "exact": 2.0,
    "both_parts": 2.0,
    "language": 2.0,
    "warned": 0.7,
    "steps": 0.7,
}
_TAGS = {
    "answers": "missed the question",
    "both_parts": "missed the question",
    "premise": "false premise missed",
    "names_absent": "false premise missed",
    "grounded": "invented",
    "sources": "no source",
    "short": "too long",
    "focused": "too long",
}


def reviewer_for_slot(slot: int) -> Reviewer:
    """Name the stand-in who takes a slot of the rating plan; they take turns when there are more slots."""
    return REVIEWERS[slot % len(REVIEWERS)]


def rate_answer(
    reviewer: Reviewer, question: Question, answer: Answer, passages: Sequence[SeenPassage], *, seed: int
) -> Verdict:
    """Rate one answer as this reviewer would; the same arguments give the same verdict.

    Raises:
        ValueError: The answer failed: there is nothing to rate.
    """
    if answer.text is None:
        raise ValueError(f"answer {answer.id} failed: there is nothing to rate")
    draw = random.Random(f"{seed} {reviewer.name} {answer.id} {answer.text}")  # noqa: S311 - repeatable, not secret
    sight = _see(question.text, answer.text, answer.sources, tuple(passages), question.answerable)
    felt = quality(sight, reviewer.cares) - reviewer.severity + draw.gauss(0.0, reviewer.noise)
    score = min(5, max(1, round(felt)))
    missing = _missing(sight, reviewer)
    comment = _comment(score, missing, sight, reviewer, draw, chinese=is_chinese(question.text))
    seconds = reviewer.pace * seconds_for(f"{question.text} {answer.text}", comment or "")
    return Verdict(score, comment, _tags(score, missing), round(seconds, 1))


def seconds_for(read: str, typed: str) -> float:
    """Make up how long somebody takes to read a question and its answer, look at sources, rate and comment.

    >>> seconds_for("How long may a chunk be? Up to 1500 characters.", ""), seconds_for("块最长多少？", "太长")
    (23.0, 24.8)
    """
    read_units, typed_units = (len(re.findall(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+", text)) for text in (read, typed))
    return round(LOOK_S + read_units * 60 / READ_A_MINUTE + typed_units * 60 / TYPED_A_MINUTE, 1)


@functools.lru_cache(maxsize=64)  # what is to be seen in an answer is the same for everybody
def _see(
    question: str, answer: str, cited: tuple[str, ...], passages: tuple[SeenPassage, ...], answerable: bool | None
) -> Sight:
    return look_at(Reading(question, passages), answer, cited, passages, answerable)


def quality(sight: Sight, cares: Mapping[str, float]) -> float:
    """Say how good an answer is before severity and noise, 1 to 5: substance limits what form can add."""
    substance = 1.0
    for seen in sight.substance.values():
        substance *= seen
    weights = {merit: _WEIGHTS[merit] * cares.get(merit, 1.0) for merit in sight.form}
    form = sum(weights[merit] * seen for merit, seen in sight.form.items()) / sum(weights.values())
    patience = 0.8 + 0.2 * sight.form["focused"]  # a good sentence is worth less when it has to be searched for
    return 1.0 + 3.6 * substance * patience * (0.25 + 0.75 * form)


def _missing(sight: Sight, reviewer: Reviewer) -> list[str]:
    """List what is missing, the worst first; when the substance is wrong, form is not worth a word."""
    substance = sorted((seen, merit) for merit, seen in sight.substance.items() if seen < 0.6)
    losses = sorted(
        (-(1.0 - seen) * _WEIGHTS[merit] * reviewer.cares.get(merit, 1.0), merit)
        for merit, seen in sight.form.items()
        if seen < 0.65
    )
    worst = [merit for seen, merit in substance]
    return worst[:1] + [merit for _, merit in losses] if worst else [merit for _, merit in losses]


def _comment(
    score: int, missing: Sequence[str], sight: Sight, reviewer: Reviewer, draw: random.Random, *, chinese: bool
) -> str | None:
    wanted = 1.0 if score <= 2 else 0.85 if score == 3 else reviewer.talks
    if draw.random() > wanted:
        return None
    if missing and score <= 4:
        named = missing[: 1 + (draw.random() < 0.6) + (draw.random() < 0.15)]
        return complaint(named, draw, chinese=chinese)
    if score <= 2:
        return complaint(["unsure"], draw, chinese=chinese)
    present = [merit for merit, seen in {**sight.substance, **sight.form}.items() if seen > 0.9]
    return praise(present, draw, chinese=chinese)


def _tags(score: int, missing: Sequence[str]) -> tuple[str, ...]:
    if score == 5:
        return ("well done",)
    tags = dict.fromkeys(_TAGS[merit] for merit in missing[:3] if merit in _TAGS)
    if score == 1 and "answers" in missing:
        tags["wrong"] = "wrong"
    return tuple(tags)
