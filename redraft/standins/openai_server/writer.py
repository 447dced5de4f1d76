"""Prompt writer (first form)."""

from typing import Any

from redraft.standins.openai_server.tagged import first


def write(user: str, variation: str) -> dict[str, Any]:
    """Write."""
    del variation
    return {"prompt": first(user, "parent_prompt") + " Cite sources.", "edits": []}
