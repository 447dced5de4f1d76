"""What a row from elsewhere must have: a question, an answer or a prompt, a reviewer, texts of a fair size."""

from __future__ import annotations

import dataclasses

from redraft.learning.import_rows import ForeignRating
from redraft.learning.imported import UNKNOWN_ANSWER, UNKNOWN_EXTRACT, UNKNOWN_PROMPT

LONGEST = {  # characters
    "question": 10_000,
    "answer": 100_000,
    "prompt": 100_000,
    "extract_prompt": 100_000,
    "comment": 10_000,
    "reviewer": 200,
    "model": 200,
}


def checked(row: ForeignRating, *, reviewer: str | None, prompt: str | None) -> tuple[ForeignRating, tuple[str, ...]]:
    """Fill in what a row does not say, and check it.

    Args:
        row: As it was read.
        reviewer: Who rated, where the row names nobody.
        prompt: Whose answers they are, where the row has no prompt.

    Returns:
        The row with what was taken for granted, and what is wrong with it.
    """
    row = dataclasses.replace(
        row,
        answer=None if row.answer == UNKNOWN_ANSWER else row.answer,
        prompt=None if row.prompt == UNKNOWN_PROMPT.text else row.prompt or prompt,
        extract_prompt=None if row.extract_prompt == UNKNOWN_EXTRACT.text else row.extract_prompt,
        reviewer=" ".join((row.reviewer or reviewer or "").split()) or None,
    )
    found = []
    if not row.question:
        found.append("no question")
    if not row.answer and not row.prompt:
        found.append("neither an answer nor a prompt: nothing that was rated")
    if not row.reviewer:
        found.append("no reviewer; give --reviewer NAME")
    for name, longest in LONGEST.items():
        text = getattr(row, name) or ""
        if len(text) > longest:
            found.append(f"the {name.replace('_', ' ')} has {len(text):,} characters, at most {longest:,} are kept")
        elif not _writable(text):
            found.append(f"the {name.replace('_', ' ')} has half a character (a lone surrogate): mend the file")
    if row.split not in (None, "dev", "val"):
        found.append(f"split must be dev or val, got {str(row.split)[:40]!r}")
    return row, tuple(f"{row.place}: {problem}" for problem in found)


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
