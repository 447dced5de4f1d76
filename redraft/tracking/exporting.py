"""What people said in reviews, as tables for other programs: CSV, JSONL or Parquet.

    frame = ratings_frame(load_history(find_sources("redraft")), load_results("redraft"))
    write_table(frame, Path("ratings.parquet"))

One row a rating, with all that it is about: question, answer, both prompts, docs version, index, run. So for overall
scores and for bad questions; `exports` names all tables. Columns are the same in all three formats; lists (tags,
sources) are lists in JSONL and Parquet, and joined by "; " in CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from redraft.learning.blinding import sighted_ratings
from redraft.learning.design import letters_of
from redraft.learning.history import History
from redraft.learning.imported import is_review
from redraft.learning.iterations import iterations_of, reviews_of
from redraft.records import Answer, IterationResult, PlanItem, Rating
from redraft.tracking.export_table import Kind, frame_of, iso_time, prompt_cells
from redraft.tracking.table_files import write_table

__all__ = ["flags_frame", "overalls_frame", "ratings_frame", "write_table"]

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
OVERALLS: Mapping[str, Kind] = {
    "reviewer": str,
    "score": int,  # 1 to 5
    "comment": str,
    "created": str,  # ISO 8601, UTC
    "letter": str,
    "variant_id": str,  # that the letter stood for; missing, as are its prompts: the plan or the answers are lost
    "answer_prompt": str,
    "extract_prompt": str,
    "iteration": int,
    "docs_versions": list,  # of the answers with that letter: several, if earlier ones were rated again
    "review_key": str,
}
FLAGS: Mapping[str, Kind] = {
    "reviewer": str,
    "question": str,
    "split": str,
    "comment": str,  # what is bad about it
    "withdrawn": bool,  # taken back later
    "created": str,
    "iteration": int,
    "docs_versions": list,  # of the answers in that review
    "question_id": str,
    "review_key": str,
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
    return frame_of(rows, RATINGS)


def overalls_frame(history: History, results: Sequence[IterationResult] = ()) -> pd.DataFrame:
    """One row an overall score of a letter, oldest first, with what stood behind the letter."""
    reviews = reviews_of(history, iterations_of(history, results))
    letters, docs = letters_of(history), _docs_versions(history)
    rows = [
        {
            "reviewer": said.reviewer,
            "score": said.score,
            "comment": said.comment,
            "created": iso_time(said.created),
            "letter": said.letter,
            "variant_id": letters.get((said.review_key, said.letter)),
            **prompt_cells(history, letters.get((said.review_key, said.letter))),
            "iteration": reviews.get(said.review_key),
            "docs_versions": docs.get((said.review_key, said.letter), []),
            "review_key": said.review_key,
        }
        for said in history.overalls
    ]
    return frame_of(rows, OVERALLS)


def flags_frame(history: History, results: Sequence[IterationResult] = ()) -> pd.DataFrame:
    """One row a question that a reviewer found bad, oldest first; those that were taken back, too."""
    reviews = reviews_of(history, iterations_of(history, results))
    docs = _docs_versions(history)
    rows = []
    for flag in history.flags:
        question = history.questions.get(flag.question_id)
        versions = [docs[key] for key in docs if key[0] == flag.review_key]
        rows.append(
            {
                "reviewer": flag.reviewer,
                "question": question.text if question else None,
                "split": question.split if question else None,
                "comment": flag.comment,
                "withdrawn": flag.withdrawn,
                "created": iso_time(flag.created),
                "iteration": reviews.get(flag.review_key),
                "docs_versions": sorted({name for names in versions for name in names}),
                "question_id": flag.question_id,
                "review_key": flag.review_key,
            }
        )
    return frame_of(rows, FLAGS)


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
    return {
        "question": question.text if question else None,
        "split": question.split if question else None,
        "answer": answer.text if answer else None,
        "sources": list(answer.sources) if answer else [],
        "variant_id": answer.variant_id if answer else None,
        **prompt_cells(history, answer.variant_id if answer else None),
        "docs_version": answer.dataset_id if answer else None,
        "index_id": answer.index_id if answer else None,
        "run_id": answer.run_id if answer else None,
        "question_id": answer.question_id if answer else None,
    }


def _docs_versions(history: History) -> dict[tuple[str, str], list[str]]:
    """Docs versions of the answers to be rated, by review and letter; each once, in the order of their names."""
    found: dict[tuple[str, str], set[str]] = {}
    for item in history.plan:
        if item.answer_id in history.answers:
            version = history.answers[item.answer_id].dataset_id
            found.setdefault((item.review_key, item.letter), set()).add(version)
    return {key: sorted(versions) for key, versions in found.items()}


def _plan_items(history: History) -> Callable[[Rating], PlanItem | None]:
    """Where a rating was planned: of two people's items for one answer, the one at the rating's position."""
    exact = {(item.review_key, item.answer_id, item.position): item for item in history.plan}
    near = {(item.review_key, item.answer_id): item for item in reversed(history.plan)}

    def find(rating: Rating) -> PlanItem | None:
        place = (rating.review_key, rating.answer_id)
        return exact.get((*place, rating.position or 0)) or near.get(place)

    return find
