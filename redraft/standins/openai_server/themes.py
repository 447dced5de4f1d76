"""Theme summariser (first form)."""

from typing import Any

from redraft.standins.openai_server.tagged import elements


def summarise(user: str) -> list[dict[str, Any]]:
    """Summarise."""
    ids = [e.attributes.get("id", "") for e in elements(user, "comment")]
    return [{"text": "Cite the sources.", "comment_ids": ids, "praise": False}]
