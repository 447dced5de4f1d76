"""Judge (first form)."""

from typing import Any


def judge(user: str) -> dict[str, Any]:
    """Judge."""
    return {"score": 3, "reason": f"{len(user)} characters"}
