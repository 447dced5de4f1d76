"""Questions for tests of the page."""

from __future__ import annotations

import dataclasses
from typing import Any

from redraft.records import Question, content_id


def asked(text: str, **fields: Any) -> Question:
    """Make a question."""
    return dataclasses.replace(Question(id=content_id("q", text), text=text), **fields)
