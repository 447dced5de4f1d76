"""OpenAI's datasets, which its prompt optimizer learns from: rows with an output, Good or Bad, and a critique.

    question,output,rating,output_feedback
    How do I resume?,Run it again.,Bad,names no command

What is documented: a dataset has the columns of the CSV that it was made from, an output for each row, annotations
(Good/Bad and columns of one's own) and text critiques in `output_feedback`; the platform becomes read-only on
2026-10-31 and closes on 2026-11-30. Not documented, and so not relied on: how a download names its other columns. The
rating is found by its values, Good and Bad; the question by its name (--map question=COLUMN). Nobody's name is in it:
give --reviewer NAME. The prompt stands in the dashboard, not in the rows: give --prompt FILE.

Sources, read in stored copies in November 2026: developers.openai.com/api/docs/guides/prompt-optimizer and
.../guides/evaluation-getting-started.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redraft.errors import InputError
from redraft.learning.import_scales import score_of
from redraft.tracking.import_formats.columns import Choices, Format, Laid, chosen_columns, named_columns
from redraft.tracking.import_formats.reading import Row
from redraft.tracking.import_formats.table import guess, require

CRITIQUE = "output_feedback"


def _recognises(rows: Sequence[tuple[str, Row]]) -> bool:
    return CRITIQUE in rows[0][1]


def _lay(rows: Sequence[tuple[str, Row]], choices: Choices) -> Laid:
    guessed = guess(rows, ("question", "answer", "prompt", "reviewer", "model", "created"))
    if CRITIQUE in rows[0][1]:
        guessed["comment"] = CRITIQUE
    judged = [column for column in rows[0][1] if _is_judgement([row.get(column) for _, row in rows])]
    if len(judged) == 1:
        guessed["score"] = judged[0]
    elif not choices.get("score"):
        several = f"more than one column has Good and Bad: {', '.join(judged)}"
        raise InputError(
            several if judged else f"no column has Good and Bad; columns: {named_columns(rows)}",
            remedy="say which is the rating: --map score=COLUMN",
        )
    columns = chosen_columns(rows, guessed, choices)
    require(columns, rows, "question", "answer|prompt")
    return Laid(rows=tuple(rows), columns=columns)


def _is_judgement(values: Sequence[Any]) -> bool:
    given = {score_of(value) for value in values} - {None}
    return bool(given) and given <= {"good", "bad"}


OPENAI = Format(name="openai", recognises=_recognises, lay=_lay)
