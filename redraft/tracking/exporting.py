"""Everything that people said, as tables for other programs: CSV, JSONL or Parquet.

    frame = ratings_frame(load_history(find_sources("redraft")), load_results("redraft"))
    write_table(frame, Path("ratings.parquet"))

One row a rating, with all that it is about: question, answer, both prompts, docs version, index, run. Columns are the
same in all three; lists (tags, sources) are lists in JSONL and Parquet, and joined by "; " in CSV.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from redraft.learning.blinding import sighted_ratings
from redraft.learning.history import History
from redraft.learning.imported import is_review
from redraft.learning.iterations import iterations_of, reviews_of
from redraft.records import Answer, IterationResult, PlanItem, Rating
from redraft.tracking.table_files import write_table

__all__ = ["decisions_frame", "feedback_frame", "ratings_frame", "write_table"]

Kind = type[str] | type[int] | type[float] | type[bool] | type[list[str]]

RATINGS: Mapping[str, Kind] = {
    "rating_id": str,
    "reviewer": str,
    "score": int,  # 1 to 5
    "comment": str,
    "tags": list,
    "seconds": float,  # that it took
    "created": str,  # ISO 8601, UTC
    "question": str,
    "split": str,  # dev or val
    "answer": str,
    "sources": list,  # documents that the answer cites
    "letter": str,  # blind label of the variant in that review
    "blind": bool,  # given before this reviewer was shown what is behind the letters; not known of imported ones
    "role": str,  # new, current, anchor, second
    "variant_id": str,
    "answer_prompt": str,
    "extract_prompt": str,
    "iteration": int,  # whose review it was given in
    "docs_version": str,  # ClearML dataset
    "index_id": str,
    "run_id": str,  # pipeline task that made the answer
    "review_key": str,
    "question_id": str,
    "answer_id": str,
    "rubric": str,  # its version
}
FEEDBACK: Mapping[str, Kind] = {
    "feedback_id": str,
    "reviewer": str,
    "thumb": str,  # up or down
    "comment": str,
    "created": str,
    "question": str,
    "answer": str,
    "sources": list,
    "variant_id": str,
    "preferred_to": str,  # variant of the other answer, when two were shown
    "docs_version": str,
    "index_id": str,
}
DECISIONS: Mapping[str, Kind] = {
    "decision_id": str,
    "created": str,
    "decision": str,  # promote, keep, reject, rollback, stop
    "variant_id": str,
    "current_id": str,  # that was current before
    "author": str,
    "evidence": str,
    "iteration": int,
    "run_id": str,
}
_TYPES: Mapping[Kind, Any] = {
    str: pd.ArrowDtype(pa.string()),
    int: pd.ArrowDtype(pa.int64()),
    float: pd.ArrowDtype(pa.float64()),
    bool: pd.ArrowDtype(pa.bool_()),
    list: pd.ArrowDtype(pa.list_(pa.string())),
}


def ratings_frame(history: History, results: Sequence[IterationResult] = ()) -> pd.DataFrame:
    """One row a rating, oldest first, with the columns of `RATINGS`; what is not known is missing.

    Args:
        history: All records.
        results: Of the iterations, which tell their numbers; so do the decisions in the history.
    """
    numbers = iterations_of(history, results)
    reviews = reviews_of(history, numbers)
    items = _plan_items(history)
    sighted = sighted_ratings(history)
    rows = [
        _rating_row(history, rating, items(rating), (numbers, reviews)) | {"blind": _blind(rating, sighted)}
        for rating in history.ratings
    ]
    return _frame(rows, RATINGS)


def feedback_frame(history: History) -> pd.DataFrame:
    """One row a thumb or comment of somebody who asked the bot, oldest first."""
    rows = [
        {
            "feedback_id": said.id,
            "reviewer": said.reviewer,
            "thumb": said.thumb,
            "comment": said.comment,
            "created": iso_time(said.created),
            "question": said.question,
            "answer": said.answer,
            "sources": list(said.sources),
            "variant_id": said.variant_id,
            "preferred_to": said.preferred_to,
            "docs_version": said.dataset_id,
            "index_id": said.index_id,
        }
        for said in history.feedback
    ]
    return _frame(rows, FEEDBACK)


def decisions_frame(history: History) -> pd.DataFrame:
    """One row a decision, oldest first."""
    rows = [
        {
            "decision_id": decision.id,
            "created": iso_time(decision.created),
            "decision": decision.kind,
            "variant_id": decision.variant_id,
            "current_id": decision.current_id,
            "author": decision.author,
            "evidence": decision.evidence,
            "iteration": decision.iteration,
            "run_id": decision.run_id,
        }
        for decision in history.decisions
    ]
    return _frame(rows, DECISIONS)


def iso_time(created: float) -> str | None:
    """Write a Unix time as people and programs read it.

    >>> iso_time(1767323045.25), iso_time(0.0)
    ('2026-01-02T03:04:05Z', None)
    """
    if not created:
        return None
    return f"{datetime.datetime.fromtimestamp(created, tz=datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Kind]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=_TYPES[kind]) for name, kind in columns.items()}
    )


def _rating_row(
    history: History, rating: Rating, item: PlanItem | None, numbers: tuple[Mapping[str, int], Mapping[str, int]]
) -> dict[str, Any]:
    of_runs, of_reviews = numbers
    answer = history.answers.get(rating.answer_id)
    return {
        "rating_id": rating.id,
        "reviewer": rating.reviewer,
        "score": rating.score,
        "comment": rating.comment,
        "tags": list(rating.tags),
        "seconds": rating.seconds,
        "created": iso_time(rating.created),
        "letter": item.letter if item else None,
        "role": item.role if item else None,
        "iteration": of_reviews.get(rating.review_key, of_runs.get(answer.run_id) if answer else None),
        "review_key": rating.review_key,
        "answer_id": rating.answer_id,
        "rubric": rating.rubric,
        **_answer_cells(history, answer),
    }


def _blind(rating: Rating, sighted: Collection[str]) -> bool | None:
    return rating.id not in sighted if is_review(rating.review_key) else None


def _answer_cells(history: History, answer: Answer | None) -> dict[str, Any]:
    """What was rated; nothing of an answer that the history does not hold."""
    question = history.questions.get(answer.question_id) if answer else None
    variant = history.variants.get(answer.variant_id) if answer else None
    prompts = [variant.answer_prompt_id, variant.extract_prompt_id] if variant else ["", ""]
    answer_prompt, extract_prompt = (history.prompts.get(prompt_id) for prompt_id in prompts)
    return {
        "question": question.text if question else None,
        "split": question.split if question else None,
        "answer": answer.text if answer else None,
        "sources": list(answer.sources) if answer else [],
        "variant_id": answer.variant_id if answer else None,
        "answer_prompt": answer_prompt.text if answer_prompt else None,
        "extract_prompt": extract_prompt.text if extract_prompt else None,
        "docs_version": answer.dataset_id if answer else None,
        "index_id": answer.index_id if answer else None,
        "run_id": answer.run_id if answer else None,
        "question_id": answer.question_id if answer else None,
    }


def _plan_items(history: History) -> Callable[[Rating], PlanItem | None]:
    """Where a rating was planned: of two people's items for one answer, the one at the rating's position."""
    exact = {(item.review_key, item.answer_id, item.position): item for item in history.plan}
    near = {(item.review_key, item.answer_id): item for item in reversed(history.plan)}

    def find(rating: Rating) -> PlanItem | None:
        place = (rating.review_key, rating.answer_id)
        return exact.get((*place, rating.position or 0)) or near.get(place)

    return find
