"""How records are named."""

from __future__ import annotations

import hashlib
import json


def content_id(prefix: str, *parts: object) -> str:
    """Name a thing by its content: `prefix-` and 16 hex digits (64 bits).

    >>> content_id("q", "How?") == content_id("q", "How?") != content_id("q", "How ?")
    True
    """
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
