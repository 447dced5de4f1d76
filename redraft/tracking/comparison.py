"""What ClearML's compare view lines up between two iterations: prompts by sentence, ids, scores question by question.

The view compares configuration objects line by line, hyperparameters name by name, and plots and tables by title. So
every iteration writes the same names, and its questions in the order of their set, those that nobody rated too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from redraft.learning.prompt_diff import sentences
from redraft.records import PromptKind, Variant
from redraft.tracking.reports import IterationReport, mean
from redraft.tracking.server import call
from redraft.tracking.step import results_of
from redraft.tracking.tables import MAX_ROWS, cut, plain, report_table, rounded

MAX_LABEL = 60  # characters of a question on the axis of a plot
SECTION = "Ids"  # hyperparameters that name, by content, what an iteration is about
HASHES = ("history_hash", "questions_hash", "seed_prompts_hash", "rubric_hash", "chat_model", "chat_endpoint",
          "embedding_model", "embedding_endpoint")  # fmt: skip  # parameters of the step that writes prompts
COLUMNS = ("question", "split", "new", "current", "change", "ratings")


def report_comparison(task: Any, report: IterationReport, steps: Mapping[str, str]) -> None:
    """Write on an iteration's pipeline task what two iterations are compared by.

    Args:
        task: The pipeline task, in progress.
        report: What the iteration found.
        steps: Step names and the ids of the tasks that hold their results.
    """
    variant = report.variants[report.score.variant_id]
    for kind, prompt_id in prompts_of(variant).items():
        by_sentence = "\n".join(sentences(report.prompts[prompt_id]))
        task.set_configuration_object(f"{kind}_prompt", config_text=by_sentence, config_type="text")
    task.update_parameters({f"{SECTION}/{name}": value for name, value in _ids(report, variant, steps).items()})
    report_table(task, "questions", questions_table(report))
    _plot_per_question(task.get_logger(), report)


def prompts_of(variant: Variant) -> dict[PromptKind, str]:
    """The ids of a variant's prompts by kind."""
    return {"answer": variant.answer_prompt_id, "extract": variant.extract_prompt_id}


def questions_table(report: IterationReport) -> pd.DataFrame:
    """One row a question of the set, in its order: mean rating of the new variant's and the current one's answers."""
    by_role = {role: ratings_by_question(report, variant_id) for role, variant_id in sides(report).items()}
    rows = []
    for question in report.questions.values():
        new, current = (mean(by_role[role].get(question.id, [])) for role in ("new", "current"))
        rows.append(
            {
                "question": question.text,
                "split": question.split,
                "new": rounded(new),
                "current": rounded(current),
                "change": None if new is None or current is None else rounded(new - current),
                "ratings": sum(len(ratings.get(question.id, [])) for ratings in by_role.values()),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sides(report: IterationReport) -> dict[str, str]:
    """What is compared: ids of the new variant and of the one that was current."""
    return {"new": report.score.variant_id, "current": report.current_id}


def ratings_by_question(report: IterationReport, variant_id: str) -> dict[str, list[float]]:
    """Scores that people gave to a variant's answers of this iteration, by question."""
    answers = {answer.id: answer for answer in report.own_answers if answer.variant_id == variant_id}
    found: dict[str, list[float]] = {}
    for rating in report.ratings:
        if rating.answer_id in answers:
            found.setdefault(answers[rating.answer_id].question_id, []).append(float(rating.score))
    return found


def _all_sides(report: IterationReport) -> dict[str, str]:
    """Both sides, and further new variants in the order of their letters; in every iteration under the same names."""
    known = sides(report)
    others = {answer.variant_id for answer in report.own_answers} - set(known.values())
    ordered = sorted(others, key=lambda variant_id: (report.letters.get(variant_id, ""), variant_id))
    return known | {f"new {number}": variant_id for number, variant_id in enumerate(ordered, start=2)}


def _ids(report: IterationReport, variant: Variant, steps: Mapping[str, str]) -> dict[str, str]:
    """What the iteration is about, by content; what a step did not say is left out."""
    written = (call("tasks.get_by_id", task=steps["write_prompts"])["task"].get("hyperparams") or {}).get("Args") or {}
    indexed, answered = results_of(steps["build_index"]), results_of(steps["answer_questions"])
    ids = {
        "variant": variant.id,
        "current_variant": report.current_id,
        "answer_prompt": variant.answer_prompt_id,
        "extract_prompt": variant.extract_prompt_id,
        "docs_version": indexed.get("dataset_id", ""),
        "index": indexed.get("index_id", ""),
        "review": answered.get("review_key", ""),
        **{name: str(written.get(name, {}).get("value") or "") for name in HASHES},
    }
    return {name: value for name, value in ids.items() if value}


def _plot_per_question(logger: Any, report: IterationReport) -> None:
    questions = list(report.questions.values())[:MAX_ROWS]
    labels = [f"{number}. {plain(cut(q.text, MAX_LABEL))}" for number, q in enumerate(questions, start=1)]
    for role, variant_id in _all_sides(report).items():
        scores = ratings_by_question(report, variant_id)
        values = [mean(scores.get(question.id, [])) for question in questions]
        if all(value is None for value in values):
            continue
        bars = {"type": "bar", "name": role, "x": labels, "y": values}  # null where nobody rated: no bar, not a zero
        axes = {"xaxis": {"title": "question"}, "yaxis": {"title": "mean rating", "range": [0, 5]}}
        logger.report_plotly("rating per question", role, iteration=0, figure={"data": [bars], "layout": axes})
