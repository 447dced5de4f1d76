"""Any table: a row a rating, with columns that are called what they hold.

question,answer,score,comment,reviewer
How do I resume?,Run `redraft resume`.,4,names no page,Ann
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redraft.errors import InputError
from redraft.tracking.import_formats.columns import Choices, Format, Laid, chosen_columns, first_column, named_columns
from redraft.tracking.import_formats.reading import Row

# Our field -> names of columns, the likeliest first. `prompt` is the bot's instruction, never what people asked.
ALIASES: Mapping[str, Sequence[str]] = {
    "question": ("question", "query", "user_input", "user_question", "user_query", "input"),
    "answer": ("answer", "output", "response", "completion", "reply", "bot_answer", "generation"),
    "prompt": ("system_prompt", "answer_prompt", "instructions", "instruction", "prompt"),
    "extract_prompt": ("extract_prompt",),
    "score": ("score", "rating", "stars", "grade", "thumb", "thumbs", "vote", "value", "label"),
    "comment": ("comment", "comments", "feedback", "critique", "explanation", "reason", "notes", "note", "remark"),
    "reviewer": ("reviewer", "annotator", "rater", "rated_by", "author", "user_name", "user", "user_id"),
    "model": ("chat_model", "model", "model_name"),
    "created": ("created", "created_at", "timestamp", "rated_at", "date", "time"),
    "split": ("split",),
    "tags": ("tags",),
}  # fmt: skip


def guess(rows: Sequence[tuple[str, Row]], fields: Sequence[str] = tuple(ALIASES)) -> dict[str, str]:
    """Which column is which field, by its name."""
    found = {name: first_column(rows, ALIASES[name]) for name in fields}
    return {name: column for name, column in found.items() if column is not None}


def require(columns: Mapping[str, str], rows: Sequence[tuple[str, Row]], *names: str) -> None:
    """Make sure of columns.

    Raises:
        InputError: One is missing; those that there are, are named.
    """
    for name in names:
        wanted = name.split("|")
        if not any(one in columns for one in wanted):
            raise InputError(
                f"no column for {' or '.join(wanted)}; columns: {named_columns(rows)}",
                remedy=f"say which one it is: --map {wanted[0]}=COLUMN",
            )


def _lay(rows: Sequence[tuple[str, Row]], choices: Choices) -> Laid:
    columns = chosen_columns(rows, guess(rows), choices)
    require(columns, rows, "question", "answer|prompt", "score")
    return Laid(rows=tuple(rows), columns=columns)


TABLE = Format(name="table", recognises=lambda _rows: True, lay=_lay)
