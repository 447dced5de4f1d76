"""JSON from a model: how it is asked for, and how it is read from whatever came back.

Models wrap JSON in prose and fences, think aloud before it, leave line breaks inside strings, or return the bare list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_DECODER = json.JSONDecoder(strict=False)  # line breaks inside strings are what models write
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>\s*", re.DOTALL)
_MOST_STARTS = 200  # braces at which reading is tried: bounds the work on a long reply without JSON


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for JSON of this schema, strictly; the schema's title is its name."""
    inner = {key: value for key, value in schema.items() if key != "title"}
    return {"type": "json_schema", "json_schema": {"name": schema["title"], "schema": inner, "strict": True}}


def in_words(schema: Mapping[str, Any]) -> str:
    """Ask for JSON of this schema in plain words, for an endpoint that refuses `response_format`."""
    return (
        "Reply with one JSON object and nothing else: no prose, no code fence. It must fit this JSON schema:\n"
        + json.dumps(schema, ensure_ascii=False)
    )


def without_thinking(text: str) -> str:
    """Drop what a reasoning model served without a reasoning parser writes before its reply.

    >>> without_thinking("<think>Hm.</think>Yes.")
    'Yes.'
    """
    return _THINKING.sub("", text, count=1)


def read_json(text: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Find the JSON object that was asked for; None if there is none with every required field.

    >>> schema = {"title": "x", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    >>> read_json('Sure! {"n": 1} Anything else?', schema)
    {'n': 1}
    >>> read_json("none", schema) is None
    True
    """
    required = schema.get("required") or list(schema.get("properties", {}))
    for value in _values(text):
        found = _as_object(value, schema, required)
        if found is not None:
            return found
    return None


def clean(value: Any) -> Any:
    r"""Replace lone surrogates, which cannot be written as UTF-8, in a text or in JSON values.

    >>> clean({"a": ["\ud800"]}) == {"a": ["\N{REPLACEMENT CHARACTER}"]}
    True
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value


def _values(text: str) -> Iterator[Any]:
    text = without_thinking(text.removeprefix("\ufeff")).strip()
    for part in (text, *(match[1].strip() for match in _FENCE.finditer(text))):
        try:
            yield _DECODER.decode(part)
        except (ValueError, RecursionError):
            continue
    position, starts = 0, 0
    while starts < _MOST_STARTS and (match := re.compile(r"[{\[]").search(text, position)):
        starts += 1
        try:
            value, position = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position = match.start() + 1
        else:
            yield value


def _as_object(value: Any, schema: Mapping[str, Any], required: list[str]) -> dict[str, Any] | None:
    if isinstance(value, dict) and all(key in value for key in required):
        return dict(clean(value))
    # The bare list of a schema whose only field is a list.
    bare = isinstance(value, list) and len(required) == 1 and value and all(isinstance(item, dict) for item in value)
    if bare and schema.get("properties", {}).get(required[0], {}).get("type") == "array":
        return {required[0]: clean(value)}
    return None
