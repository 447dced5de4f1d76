"""What the pipeline task shows: the figures, plots and tables by which iterations are compared.

Titles are the same in every iteration, so that the experiment manager lines them up.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from redraft.answering.refusals import over_refused, under_refused
from redraft.records import Answer, Decision, LlmCall, Question, Rating, Variant, VariantScore
from redraft.tracking.cost import Cost, cost_of, cost_sentence
from redraft.tracking.tables import report_table


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationReport:
    """What one iteration found."""

    iteration: int
    score: VariantScore  # of the new variant
    current_id: str  # the variant that was current before
    decision: Decision
    stopped: str | None  # why another iteration is not worth its ratings
    answers: tuple[Answer, ...]  # that were rated; those of earlier reviews that were rated again among them
    anchors: frozenset[str]  # ids of the latter: this iteration did not make them
    ratings: tuple[Rating, ...]
    questions: Mapping[str, Question]
    variants: Mapping[str, Variant]
    prompts: Mapping[str, str]  # prompt id -> its text
    calls: tuple[LlmCall, ...]
    letters: Mapping[str, str]  # variant id -> letter
    budget: str = ""  # what of its limits was spent, in one sentence; empty: there are none

    @property
    def own_answers(self) -> tuple[Answer, ...]:
        """The answers that this iteration made."""
        return tuple(answer for answer in self.answers if answer.id not in self.anchors)

    @property
    def prompt(self) -> str:
        """The new variant's prompt of the kind in which it differs from the current one; of both, the answer prompt."""
        new, current = self.variants[self.score.variant_id], self.variants[self.current_id]
        same_answer = new.answer_prompt_id == current.answer_prompt_id
        only_extract = same_answer and new.extract_prompt_id != current.extract_prompt_id
        return self.prompts[new.extract_prompt_id if only_extract else new.answer_prompt_id]

    @property
    def cost(self) -> Cost:
        """What it cost people and models."""
        return cost_of(self.ratings, self.calls)

    @property
    def spent(self) -> str:
        """What it cost, and what that is of its limits."""
        return f"{cost_sentence(self.cost)} {self.budget}".rstrip()

    @property
    def outcome(self) -> str:
        """What came of it and what it cost, a sentence a line."""
        return "\n".join(line for line in (self.decision.evidence, self.stopped, self.spent) if line)


def summary(report: IterationReport) -> dict[str, float]:
    """The single values of an iteration; what is not known is left out."""
    new = [answer for answer in report.own_answers if answer.variant_id == report.score.variant_id]
    cost, figures = report.cost, report.decision.figures
    if figures is not None and figures.variant_id != report.score.variant_id:
        figures = dataclasses.replace(figures, difference=None, low=None, high=None)  # they are another variant's
    values = {
        "rating mean": report.score.mean,
        "rating low": report.score.low,
        "rating high": report.score.high,
        "ratings": float(report.score.n_ratings),
        "difference": figures.difference if figures else None,
        "difference low": figures.low if figures else None,
        "difference high": figures.high if figures else None,
        "P(better)": report.score.p_better_than_current,
        "expected gain of one more": figures.expected_gain if figures else None,
        "citations valid": mean([_citation(answer) for answer in new if answer.error is None]),
        "refusals right": mean([_as_float(answer.checks.refusal_right) for answer in new]),
        "over-refusals": float(sum(over_refused(a.checks.refused, a.checks.refusal_right) for a in new)),
        "under-refusals": float(sum(under_refused(a.checks.refused, a.checks.refusal_right) for a in new)),
        "answers failed": float(sum(answer.error is not None for answer in report.own_answers)),
        "people minutes": cost.minutes,
        "tokens": float(cost.tokens),
        "cost usd": cost.usd,
        "latency s": mean([answer.latency_s for answer in new]),
    }
    return {name: value for name, value in values.items() if value is not None}


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of what is known; `None` of nothing.

    >>> mean([1.0, None, 0.0])
    0.5
    """
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def answers_table(report: IterationReport) -> pd.DataFrame:
    """One row an answer, in the order of the questions: question, letter, answer, sources, mean rating, comments."""
    by_answer: dict[str, list[Rating]] = {}
    for rating in report.ratings:
        by_answer.setdefault(rating.answer_id, []).append(rating)
    rows = []
    for answer in sorted(report.answers, key=_places(report)):
        ratings = by_answer.get(answer.id, [])
        rows.append(
            {
                "question": report.questions[answer.question_id].text,
                "letter": report.letters.get(answer.variant_id, ""),
                "answer": (answer.error and f"failed: {answer.error}") or answer.text,
                "sources": ", ".join(answer.sources),
                "rating": mean([float(rating.score) for rating in ratings]),
                "comments": " | ".join(rating.comment for rating in ratings if rating.comment),
            }
        )
    return pd.DataFrame(rows)


def ratings_table(report: IterationReport) -> pd.DataFrame:
    """One row a rating, in the order of the questions; people are numbered by their names, see `reviewers_table`."""
    numbers = {name: number for number, name in enumerate(sorted({r.reviewer for r in report.ratings}), start=1)}
    answers, place = {answer.id: answer for answer in report.answers}, _places(report)
    rows = [
        {
            "question": report.questions[answers[rating.answer_id].question_id].text,
            "letter": report.letters.get(answers[rating.answer_id].variant_id, ""),
            "reviewer": numbers[rating.reviewer],
            "score": rating.score,
            "comment": rating.comment or "",
        }
        for rating in sorted(
            (rating for rating in report.ratings if rating.answer_id in answers),
            key=lambda rating: (place(answers[rating.answer_id]), rating.reviewer, rating.created, rating.id),
        )
    ]
    return pd.DataFrame(rows)


def write_report(task: Any, report: IterationReport) -> None:
    """Write an iteration's report on its pipeline task."""
    logger = task.get_logger()
    for name, value in summary(report).items():
        logger.report_single_value(name, value)
    report_table(task, "ratings", ratings_table(report))
    report_table(task, "answers", answers_table(report))
    task.update_parameters(
        {
            "Result/variant_id": report.score.variant_id,
            "Result/decision": report.decision.kind,
            "Result/decided_on": report.decision.variant_id,
            "Result/evidence": report.decision.evidence,
            "Result/cost": report.spent,
        }
    )
    task.set_comment(report.outcome)


def _places(report: IterationReport) -> Callable[[Answer], tuple[int, str, int, str]]:
    """Where answers stand in tables, so that two iterations' tables line up."""
    order = {question: number for number, question in enumerate(report.questions)}

    def place(answer: Answer) -> tuple[int, str, int, str]:
        letter = report.letters.get(answer.variant_id, "")
        return order.get(answer.question_id, len(order)), letter, answer.sample, answer.id

    return place


def _citation(answer: Answer) -> float:
    """Valid only when something is cited and all of it was retrieved."""
    return answer.checks.citations_valid if answer.checks.citations_valid is not None else 0.0


def _as_float(value: bool | None) -> float | None:
    return None if value is None else float(value)
