"""LangSmith: runs with the feedback on them.

    feedback      what `Client.list_feedback` returns, a row each; the runs have to be given too (--with runs.jsonl)
                  {"run_id": "r1", "key": "helpful", "score": 1, "comment": "...", "feedback_source": {"type": "app"}}
    runs          {"id": "r1", "inputs": {"question": "How?"}, "outputs": {"answer": "So."}, "feedback_stats": {...}}
    experiment    `ExperimentResults.to_pandas()`, `Client.get_test_results()`: columns inputs.question (or
                  input.question), outputs.answer, feedback.helpful, notes

`feedback_stats` holds one number a key: more than one person's is a mean, and refused. Feedback of a model (source
`model`, `evaluator` or `auto_eval`) is left out.

Sources, read in stored copies in November 2026: docs.langchain.com/langsmith/feedback-data-format; the Python SDK
langsmith 0.15.0, schemas.py (FeedbackBase, FeedbackSourceBase, Run) and evaluation/_runner.py and client.py (columns).
Not found: what "Export annotation queue" returns (its OpenAPI description has no schema) and the CSV of the web page;
--map names their columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from redraft.errors import InputError
from redraft.tracking.import_formats.columns import Choices, Format, Laid, chosen_columns
from redraft.tracking.import_formats.picking import named_scores, pick, without
from redraft.tracking.import_formats.reading import Row
from redraft.tracking.import_formats.texts import parsed

COLUMNS = {
    "question": "inputs",
    "answer": "outputs",
    "prompt": "inputs",
    "score": "score.value",
    "comment": "score.comment",
    "reviewer": "score.author",
    "created": "score.created",
}
MACHINES = ("model", "evaluator", "auto_eval")


def _recognises(rows: Sequence[tuple[str, Row]]) -> bool:
    row = rows[0][1]
    feedback = any(str(key).startswith("feedback") for key in row)
    nested = any(str(key) == "inputs" or str(key).startswith(("inputs.", "input.")) for key in row)
    return {"run_id", "key", "score"} <= row.keys() or (nested and feedback)


def _lay(rows: Sequence[tuple[str, Row]], choices: Choices) -> Laid:
    nested = [(place, _nested(row)) for place, row in rows]
    if any("run_id" in row and "key" in row and "inputs" not in row for _, row in nested):
        raise InputError(
            "a list of feedback has neither questions nor answers",
            remedy="export the runs too, and give that file as --with FILE",
        )
    found, problems = [], []
    scored = [(place, row, list(_scores(row))) for place, row in nested]
    for place, row, scores in scored:
        for score in scores:
            if score is None:
                problems.append(
                    f"{place}: feedback_stats has only the mean of several people; list the feedback itself, and give "
                    "the runs as --with FILE"
                )
            else:
                found.append((place, {**row, "score": score}))
    kept, notes = pick(named_scores(found, MACHINES), choices, "feedback key")
    others = {name: column for name, column in choices.items() if name != "score"}
    columns = chosen_columns(kept, COLUMNS, others)
    notes = (*without(sum(not scores for _, _, scores in scored), "run"), *notes)
    return Laid(rows=tuple(kept), columns=columns, notes=notes, problems=tuple(problems))


def _nested(row: Row) -> Row:
    """Columns with dots in their names as nested values: inputs.question -> inputs {question}."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        head, dot, rest = str(key).partition(".")
        if dot and head in ("input", "inputs", "outputs", "reference", "feedback"):
            if value not in (None, ""):
                found.setdefault("inputs" if head == "input" else head, {})[rest] = value
        else:
            found[str(key)] = parsed(value)
    return found


def _scores(row: Row) -> Iterator[dict[str, Any] | None]:
    """The feedback on a run."""
    said = row.get("scores")
    if isinstance(said, Mapping):  # a row of feedback beside its run
        source = parsed(said.get("feedback_source"))
        author = source if isinstance(source, Mapping) else {}
        yield {
            "name": said.get("key"),
            "source": author.get("type"),
            "value": said["score"] if said.get("score") is not None else said.get("value"),
            "comment": said.get("comment"),
            "author": author.get("user_name") or author.get("user_id"),
            "created": said.get("created_at"),
        }
        return
    judged = row.get("feedback")
    for name, value in judged.items() if isinstance(judged, Mapping) else ():
        yield {"name": name, "value": value, "comment": _lines(row.get("notes"))}
    stats = row.get("feedback_stats")
    for name, figures in stats.items() if isinstance(stats, Mapping) else ():
        if isinstance(figures, Mapping) and figures.get("n"):
            yield (
                None
                if figures["n"] != 1
                else {
                    "name": name,
                    "value": figures.get("avg"),
                    "comment": _lines(figures.get("comments")),
                }
            )


def _lines(texts: Any) -> str | None:
    return "\n".join(str(text) for text in texts if text) or None if isinstance(texts, list) else None


LANGSMITH = Format(name="langsmith", recognises=_recognises, lay=_lay, beside="run_id")
