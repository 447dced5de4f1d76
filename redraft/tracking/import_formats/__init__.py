"""The shapes in which other tools export ratings, one file each; each says where its shape is documented.

A format lays rows out, one a rating, and says which column is what (`redraft.tracking.import_formats.columns`). What a
file is, is told by its columns, not by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from redraft.errors import InputError
from redraft.tracking.import_formats.argilla import ARGILLA
from redraft.tracking.import_formats.columns import Format
from redraft.tracking.import_formats.langfuse import LANGFUSE
from redraft.tracking.import_formats.langsmith import LANGSMITH
from redraft.tracking.import_formats.openai_datasets import OPENAI
from redraft.tracking.import_formats.reading import Row, Source
from redraft.tracking.import_formats.redraft_export import REDRAFT
from redraft.tracking.import_formats.table import TABLE

# In the order in which they are tried; a table is what nothing else is.
FORMATS: Mapping[str, Format] = {each.name: each for each in (REDRAFT, ARGILLA, LANGSMITH, LANGFUSE, OPENAI, TABLE)}
AUTO = "auto"


def find_format(source: Source, name: str = AUTO) -> Format:
    """Return the format that is named, or the one that the columns are of.

    Raises:
        InputError: No format has that name.
    """
    if name == AUTO:
        return next(each for each in FORMATS.values() if each.recognises(source.rows))
    if name not in FORMATS:
        raise InputError(f"--format {name}: unknown", remedy=f"known: {AUTO}, {', '.join(FORMATS)}")
    return FORMATS[name]


def with_texts(source: Source, beside: Source | None, shape: Format) -> Source:
    """Put each row beside the row of a second file that it is about: scores and their traces, feedback and its runs.

    Raises:
        InputError: The format knows no second file, or a row is about one that is not in it.
    """
    if beside is None:
        return source
    if shape.beside is None:
        raise InputError(f"--with: a {shape.name} file needs no second one", remedy="leave it out")
    texts = {str(row["id"]): row for _, row in beside.rows if row.get("id")}
    missing = [place for place, row in source.rows if _about(row, shape, texts) is None]
    if missing:
        raise InputError(
            f"{source.name} {missing[0]}: its {shape.beside} is not in {beside.name}"
            f"{f', nor are those of {len(missing) - 1} further rows' if missing[1:] else ''}",
            remedy="export both for the same days",
        )
    rows = tuple((place, {**(_about(row, shape, texts) or {}), "scores": dict(row)}) for place, row in source.rows)
    return Source(name=source.name, kind=source.kind, sha256=source.sha256, rows=rows)


def _about(row: Row, shape: Format, texts: Mapping[str, Row]) -> Row | None:
    """A score is about a part of a trace if the file has that part, else about the trace."""
    keys = (row.get("observationId"), row.get(shape.beside or ""))
    return next((texts[str(key)] for key in keys if key and str(key) in texts), None)
