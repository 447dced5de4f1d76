"""Rows of another tool become records of the history: checked, joined to what is there, each once.

A question joins by its text. An answer joins one that the history has: the same question, the same words, and the same
prompt and model, if the row names them; else it belongs to a variant of its own (`redraft.learning.imported`). Of two
ratings by one person of one answer the later counts. What the history has already is left out, so importing a file
again, or a longer export of the same ratings, adds only what is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from redraft.errors import InputError
from redraft.learning.history import History, Record
from redraft.learning.import_checks import checked
from redraft.learning.import_joins import Joins, flat
from redraft.learning.import_rows import ForeignRating, Origin
from redraft.learning.overlap import shared_run
from redraft.records import Answer, Prompt, Question, Rating, Variant, content_id

RecordT = TypeVar("RecordT")

SHOWN = 3  # rows that are shown as they would be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the rows; together they are all of them."""

    rows: int
    ratings: int  # that are new
    known: int  # that the history has already
    repeated: int  # word for word as another row
    superseded: int  # by a later rating of the same answer by the same person
    without_score: int
    comments_lost: int  # of rows without a score
    wrong: int  # rows with a problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import adds to a history, and how it came about."""

    counts: Counts
    questions: tuple[Question, ...]  # new ones
    known_questions: tuple[Question, ...]  # that rows are about
    prompts: tuple[Prompt, ...]
    variants: tuple[Variant, ...]
    answers: tuple[Answer, ...]
    ratings: tuple[Rating, ...]
    joined: int  # new ratings of answers that were given in this project
    near_val: int  # new dev questions that repeat a val question in other words: hidden from the prompt writer
    examples: tuple[tuple[ForeignRating, Rating], ...]  # rows as they would be kept
    problems: tuple[str, ...]

    def artifacts(self) -> dict[str, Sequence[Record]]:
        """The records by the name of their artifact; what is empty is left out."""
        every: dict[str, Sequence[Record]] = {
            "questions": self.questions,
            "prompts": self.prompts,
            "variants": self.variants,
            "answers": self.answers,
            "ratings": self.ratings,
        }
        return {name: records for name, records in every.items() if records}


def import_records(rows: Iterable[ForeignRating], history: History, origin: Origin) -> Imported:
    """Turn rows into records.

    Args:
        rows: In the order of their file.
        history: What is known already.
        origin: Where they come from.
    """
    desk = _Desk(history, origin)
    for row in rows:
        desk.take(row)
    return desk.result()


class _Desk:
    """What came of the rows so far."""

    def __init__(self, history: History, origin: Origin) -> None:
        self._history, self._origin = history, origin
        self._joins = Joins(history, origin)
        self._counts: Counter[str] = Counter()
        self._problems: list[str] = []
        self._kept: dict[tuple[str, str], tuple[ForeignRating, Rating]] = {}  # by answer and reviewer
        self._seen: set[tuple[object, ...]] = set()
        self._there = {_said(rating) for rating in history.ratings}

    def take(self, row: ForeignRating) -> None:
        """Keep a row, or count why not."""
        self._counts["rows"] += 1
        if row.score is None:
            self._counts["without_score"] += 1
            self._counts["comments_lost"] += row.comment is not None
            return
        row, problems = checked(row, reviewer=self._origin.reviewer, prompt=self._origin.prompt)
        score = 0
        try:
            score = self._origin.scale.convert(row.score or 0.0)
        except InputError as error:
            problems = (*problems, f"{row.place}: {error.message}")
        if problems:
            self._counts["wrong"] += 1
            self._problems += problems
        else:
            self._keep(row, self._rating(row, self._joins.answer(row), score))

    def result(self) -> Imported:
        """What all rows come to."""
        history, joins = self._history, self._joins
        new = [(row, rating) for row, rating in self._kept.values() if _said(rating) not in self._there]
        about = {rating.answer_id: joins.answers[rating.answer_id] for _, rating in new}
        added = {key: answer for key, answer in about.items() if key not in history.answers}
        variants = {answer.variant_id: joins.variants[answer.variant_id] for answer in added.values()}
        used = {i for variant in variants.values() for i in (variant.answer_prompt_id, variant.extract_prompt_id)}
        asked = {answer.question_id for answer in about.values()}
        questions = _new(joins.questions, asked, history.questions)
        return Imported(
            counts=self._all_counts(len(new)),
            questions=questions,
            known_questions=tuple(history.questions[key] for key in sorted(asked & history.questions.keys())),
            prompts=_new(joins.prompts, used, history.prompts),
            variants=_new(joins.variants, variants, history.variants),
            answers=_new(added, added, history.answers),
            ratings=tuple(rating for _, rating in new),
            joined=sum(joins.given_here(about[rating.answer_id]) for _, rating in new),
            near_val=_near_val(questions, history),
            examples=tuple(new[:SHOWN]),
            problems=tuple(self._problems),
        )

    def _keep(self, row: ForeignRating, rating: Rating) -> None:
        said, key = _said(rating), (rating.answer_id, rating.reviewer)
        if said in self._seen:
            self._counts["repeated"] += 1
            return
        self._seen.add(said)
        other = self._kept.get(key)
        self._counts["superseded"] += other is not None
        if other is None or other[1].created <= rating.created:  # of equal times the later row counts
            self._kept[key] = (row, rating)

    def _rating(self, row: ForeignRating, answer: Answer, score: int) -> Rating:
        reviewer = row.reviewer or ""  # `checked` has seen to it
        return Rating(
            id=content_id("rt", self._origin.key, answer.id, reviewer, score, row.comment, row.tags),
            review_key=self._origin.key,
            answer_id=answer.id,
            reviewer=reviewer,
            score=score,
            comment=row.comment,
            tags=row.tags,
            created=min(row.created or self._origin.now, self._origin.now),  # nobody rates in the future
        )

    def _all_counts(self, n_new: int) -> Counts:
        names = ("rows", "repeated", "superseded", "without_score", "comments_lost", "wrong")
        return Counts(ratings=n_new, known=len(self._kept) - n_new, **{name: self._counts[name] for name in names})


def _new(found: Mapping[str, RecordT], wanted: Iterable[str], known: Mapping[str, object]) -> tuple[RecordT, ...]:
    return tuple(found[key] for key in sorted(wanted) if key not in known)


def _said(rating: Rating) -> tuple[object, ...]:
    """What makes two ratings the same one, wherever they were read."""
    return rating.answer_id, rating.reviewer, rating.score, flat(rating.comment or ""), tuple(sorted(rating.tags))


def _near_val(questions: Sequence[Question], history: History) -> int:
    hidden = [question.text for question in history.questions.values() if question.split == "val"]
    return sum(
        question.split != "val" and any(shared_run(question.text, text) for text in hidden) for question in questions
    )
