"""Langfuse: traces with their scores.

    traces table  one column a score name, holding the list of its values:
                  {"id": "t1", "input": "How?", "output": "So.", "helpful": [1], "comments": [{"content": "..."}]}
    one trace     (Download JSON, or the API's traces) with its scores as objects:
                  {"id": "t1", "input": ..., "output": ..., "scores": [{"name": "helpful", "value": 1, "comment": ...}]}
    scores table  one row a score, without the texts: the traces have to be given beside it (--with traces.csv)
                  {"traceId": "t1", "source": "ANNOTATION", "name": "helpful", "value": 1, "authorUserName": "Ann"}

A score of source EVAL is a model's: it is left out. In CSV files lists and objects are JSON in a cell.

Sources, read in stored copies in November 2026: langfuse.com/docs, "Export Data from UI" (CSV, JSON) and "How do I
export a single trace or session?"; the columns in repository langfuse/langfuse at commit 00385c56,
worker/src/features/database-read-stream/getDatabaseReadStream.ts, and fetchCommentsForExport.ts at 2cb9de6a; the
fields of a score (dataType, value, stringValue, source, authorUserId, comment) in the API's OpenAPI description, as
docs.rs/langfuse-client 0.1.22 has it. Not found: a file of "Download JSON"; both {"trace": {...}} and a bare trace are
read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from redraft.errors import InputError
from redraft.tracking.import_formats.columns import Choices, Format, Laid, chosen_columns, first_column
from redraft.tracking.import_formats.picking import named_scores, pick, without
from redraft.tracking.import_formats.reading import Row
from redraft.tracking.import_formats.texts import parsed

TRACE = frozenset(
    (
        "id", "projectId", "timestamp", "startTime", "endTime", "name", "userId", "sessionId", "release", "version",
        "environment", "tags", "bookmarked", "public", "input", "output", "metadata", "latency", "usage", "inputCost",
        "outputCost", "totalCost", "level", "errorCount", "warningCount", "defaultCount", "debugCount",
        "observationCount", "inputTokens", "outputTokens", "totalTokens", "comments", "scores", "observations", "model",
        "traceId", "type", "createdAt", "updatedAt", "htmlPath", "externalId", "traceTags", "toolCalls",
    )
)  # fmt: skip
COLUMNS = {
    "question": "input",
    "answer": "output",
    "prompt": "input",
    "score": "score.value",
    "comment": "score.comment",
    "reviewer": "score.author",
    "created": "score.created",
}
MACHINES = ("EVAL",)


def _recognises(rows: Sequence[tuple[str, Row]]) -> bool:
    names = _trace(rows[0][1]).keys()
    table = {"id", "input", "output"} <= names and bool(names & {"sessionId", "traceId", "environment"})
    return table or {"id", "input", "scores"} <= names or {"traceId", "name", "value", "source"} <= names


def _trace(row: Row) -> Row:
    """A trace that was downloaded alone stands in an envelope."""
    inner = row.get("trace")
    return {"scores": row.get("scores"), **inner} if isinstance(inner, Mapping) and "input" in inner else row


def _lay(rows: Sequence[tuple[str, Row]], choices: Choices) -> Laid:
    traces = [(place, _trace(row)) for place, row in rows]
    if any("traceId" in row and "value" in row and "input" not in row for _, row in traces):
        raise InputError(
            "a table of scores has neither questions nor answers",
            remedy="export the traces too, and give that file as --with FILE",
        )
    found, problems = [], []
    scored = [(place, trace, list(_scores(trace))) for place, trace in traces]
    for place, trace, scores in scored:
        for score in scores:
            if score is None:
                problems.append(
                    f"{place}: several values of one score, and nobody's name on them; export the scores table, and "
                    "give the traces as --with FILE"
                )
            else:
                found.append((place, {**trace, "score": score}))
    kept, notes = pick(named_scores(found, MACHINES), choices, "score")
    guessed = dict(COLUMNS)
    model = first_column(kept, ("model",))
    columns = chosen_columns(kept, {**guessed, **({"model": model} if model else {})}, _others(choices))
    notes = (*without(sum(not scores for _, _, scores in scored), "trace"), *notes)
    return Laid(rows=tuple(kept), columns=columns, notes=notes, problems=tuple(problems))


def _others(choices: Choices) -> dict[str, str]:
    """What was chosen, but for the score: it names a score, not a column."""
    return {name: column for name, column in choices.items() if name != "score"}


def _scores(trace: Row) -> Iterator[dict[str, Any] | None]:
    listed = parsed(trace.get("scores"))
    if isinstance(listed, Mapping):  # a row of the scores table beside its trace
        listed = [listed]
    if isinstance(listed, list):
        yield from (_score(score) for score in listed if isinstance(score, Mapping))
        return
    for name in trace.keys() - TRACE if listed is None else ():
        values = parsed(trace[name])
        if isinstance(values, list) and values:
            yield None if len(values) > 1 else {"name": name, "value": values[0], "comment": _comment(trace)}


def _score(score: Mapping[str, Any]) -> dict[str, Any]:
    word = score.get("stringValue")
    number = score.get("value")
    is_word = word not in (None, "") and score.get("dataType") != "NUMERIC"
    return {
        "name": score.get("name"),
        "source": score.get("source"),
        "value": word if is_word else number,
        "comment": score.get("comment"),
        "author": score.get("authorUserName") or score.get("authorUserId"),
        "created": score.get("timestamp") or score.get("createdAt"),
    }


def _comment(trace: Row) -> str | None:
    """What was said of a trace as a whole."""
    said = parsed(trace.get("comments"))
    texts = [item.get("content") for item in said if isinstance(item, Mapping)] if isinstance(said, list) else []
    return "\n".join(str(text) for text in texts if text) or None


LANGFUSE = Format(name="langfuse", recognises=_recognises, lay=_lay, beside="traceId")
