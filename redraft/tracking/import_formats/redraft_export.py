"""What `redraft ratings export` writes: `redraft.tracking.exporting.RATINGS`, as CSV, JSON Lines or Parquet."""

from __future__ import annotations

from collections.abc import Sequence

from redraft.tracking.import_formats.columns import Choices, Format, Laid, chosen_columns
from redraft.tracking.import_formats.reading import Row
from redraft.tracking.inert_cells import as_written

MARKS = ("rating_id", "review_key", "answer_id", "answer_prompt")
SAME = ("question", "answer", "extract_prompt", "score", "comment", "reviewer", "answer_id", "tags", "split", "created")
COLUMNS = {**{name: name for name in SAME}, "prompt": "answer_prompt", "variant": "variant_id"}
CSV_PLACE = "line"


def _recognises(rows: Sequence[tuple[str, Row]]) -> bool:
    return all(mark in rows[0][1] for mark in MARKS)


def _lay(rows: Sequence[tuple[str, Row]], choices: Choices) -> Laid:
    written = [(place, {key: as_written(cell) if isinstance(cell, str) else cell for key, cell in row.items()})
               for place, row in rows]  # fmt: skip
    return Laid(rows=tuple(written), columns=chosen_columns(written, COLUMNS, choices))


REDRAFT = Format(name="redraft", recognises=_recognises, lay=_lay)
