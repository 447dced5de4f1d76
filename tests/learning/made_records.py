"""Short ways to make the records that the learning tests are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redraft.config import load_config
from redraft.learning.history import History, make_history
from redraft.learning.protocols import ReviewBrief, WritingBrief
from redraft.records import (
    Answer,
    Decision,
    Prompt,
    Question,
    Rating,
    Variant,
    answer_id,
    content_id,
    make_prompt,
    make_variant,
)
from redraft.settings import WriteSettings

INDEX = "i-1"
EXTRACT = make_prompt("extract", "Copy out what helps.")
SEED = make_prompt("answer", "Please explain.")


def question(text: str, **fields: Any) -> Question:
    return Question(id=content_id("q", text), text=text, **fields)


def questions(n_dev: int, n_val: int = 0) -> tuple[Question, ...]:
    dev = [question(f"dev question {number}?") for number in range(n_dev)]
    return (*dev, *(question(f"val question {number}?", split="val") for number in range(n_val)))


def variant(prompt: Prompt = SEED, *, model: str = "m", parent_id: str | None = None) -> Variant:
    return make_variant(
        answer_prompt_id=prompt.id,
        extract_prompt_id=EXTRACT.id,
        chat_model=model,
        endpoint="e",
        sampling="{}",
        retrieval="{}",
        embedder="e m",
        parent_id=parent_id,
    )


def answer(of: Variant | str, to: Question, *, sample: int = 0, **fields: Any) -> Answer:
    variant_id = of if isinstance(of, str) else of.id
    given = {"text": f"Answer {sample} to {to.text}"} if fields.get("error") is None else {}
    return Answer(
        id=answer_id(variant_id, to.id, INDEX, sample),
        run_id="run",
        variant_id=variant_id,
        question_id=to.id,
        dataset_id="d",
        index_id=INDEX,
        sample=sample,
        **{**given, **fields},
    )


def rating(of: Answer, score: int, *, reviewer: str = "ann", created: float = 1.0, **fields: Any) -> Rating:
    return Rating(
        id=fields.pop("id", content_id("rating", of.id, reviewer, score, created)),
        review_key=fields.pop("review_key", "r-1"),
        answer_id=of.id,
        reviewer=reviewer,
        score=score,
        created=created,
        **fields,
    )


def rated_history(scores: dict[Variant, dict[Question, Sequence[int]]]) -> History:
    """Make a history in which each reviewer (r0, r1, ...) gave one score of the sequence."""
    records: list[Any] = [EXTRACT, SEED]
    for of, by_question in scores.items():
        records.append(of)
        for to, values in by_question.items():
            given = answer(of, to)
            records += [to, given, *(rating(given, s, reviewer=f"r{n}") for n, s in enumerate(values))]
    return make_history(records)


def decision(kind: Any, variant_id: str, created: float, current_id: str | None = None) -> Decision:
    return Decision(
        id=content_id("d", kind, variant_id, created),
        kind=kind,
        variant_id=variant_id,
        current_id=current_id,
        evidence="",
        author="ann",
        created=created,
    )


def review(asked: Sequence[Question], current: Variant, *new: Variant, **fields: Any) -> ReviewBrief:
    given = {"ratings": 16, "reviewers": 1, "current_share": 0.34, "seed": 1, **fields}
    return ReviewBrief(
        questions=tuple(asked), current_id=current.id, new_ids=tuple(v.id for v in new), index_id=INDEX, **given
    )


def write_settings(**fields: Any) -> WriteSettings:
    return load_config(overrides={f"write.{name}": value for name, value in fields.items()}).write


def writing(history: History, asked: Sequence[Question] = (), **fields: Any) -> WritingBrief:
    given = {"parent": SEED, "parent_variant_id": variant().id, "scores": (), "n_candidates": 2, "seed": 1, **fields}
    return WritingBrief(
        history=history,
        questions=tuple(asked),
        settings=given.pop("settings", write_settings()),
        max_chars=given.pop("max_chars", 4000),
        writer_model="writer",
        **given,
    )
