"""The first stage: the model copies out, word for word, what helps to answer; what it did not copy is dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from redraft.answering.messages import Shown, shown, system_message, unescape, user_message
from redraft.llm import NOT_JSON, ChatReply, ChatRequest
from redraft.records import Chunk, Extract, Prompt, Question

SCHEMA: dict[str, Any] = {
    "title": "extracts",
    "type": "object",
    "properties": {
        "extracts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"passage": {"type": "integer"}, "text": {"type": "string"}},
                "required": ["passage", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["extracts"],
    "additionalProperties": False,
}

_SHORTEST = 12  # characters of a line of prose that is taken for an extract: a shorter one occurs by chance
_AROUND = " \t\r\n\"'`“”‘’「」『』…*_-–•>"
_BULLET = re.compile(r"^\s*(?:[-*•>]\s+|\d+[.)]\s+|\[\d+\]\s*)+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|“([^”]*)”|「([^」]*)」|『([^』]*)』', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What the first stage found for one question."""

    extracts: tuple[Extract, ...] = ()
    dropped: int = 0  # extracts that do not occur in the passage that they name
    reply: ChatReply | None = None  # None: there was nothing to ask about
    error: str | None = None


def extract_request(prompt: Prompt, question: Question, chunks: Sequence[Chunk], temperature: float) -> ChatRequest:
    """Ask for the extracts of one question."""
    return ChatRequest(
        kind="extract",
        system=system_message(prompt.text),
        user=user_message(shown(chunks), question.text),
        question_id=question.id,
        schema=SCHEMA,
        temperature=temperature,
    )


def read_extracts(reply: ChatReply, chunks: Sequence[Chunk]) -> Extraction:
    """Keep the extracts that occur in their passage, as they stand there."""
    if reply.parsed is not None:
        return _verified(reply, reply.parsed["extracts"], chunks)
    if reply.error == NOT_JSON and reply.text is not None:
        extracts = tuple(dict.fromkeys(_from_prose(reply.text, chunks)))
        if extracts:
            return Extraction(extracts=extracts, reply=reply)
        return Extraction(reply=reply, error=f"{NOT_JSON}, and none of it occurs in a passage")
    return Extraction(reply=reply, error=reply.error or "no reply")


def kept_passages(chunks: Sequence[Chunk], extracts: Sequence[Extract]) -> list[Shown]:
    """Return what the second stage answers from: the extracts under the passages that they are from."""
    by_chunk: dict[str, list[str]] = {}
    for extract in extracts:
        by_chunk.setdefault(extract.chunk_id, []).append(extract.text)
    passages = zip(shown(chunks), chunks, strict=True)
    return [
        replace(passage, text="\n\n".join(by_chunk[chunk.id])) for passage, chunk in passages if chunk.id in by_chunk
    ]


def verbatim(text: str, passage: str) -> str | None:
    r"""Find a text in a passage, whatever its white space, and return it as it stands there.

    >>> verbatim("run   a b", "First\n  run a\n  b.")
    'run a\n  b'
    >>> verbatim("run b", "run a b") is None
    True
    """
    for words in (unescape(text).split(), unescape(text).strip(_AROUND).split()):
        if not words:
            return None
        found = re.search(r"\s+".join(map(re.escape, words)), passage)
        if found:
            return found[0]
    return None


def _verified(reply: ChatReply, items: Any, chunks: Sequence[Chunk]) -> Extraction:
    extracts: dict[Extract, None] = {}
    dropped = 0
    for item in items if isinstance(items, list) else []:
        number, text = _number_and_text(item)
        if not text.strip():
            continue
        chunk = chunks[number - 1] if 1 <= number <= len(chunks) else None
        found = verbatim(text, chunk.text) if chunk is not None else None
        if chunk is None or found is None:
            dropped += 1
        else:
            extracts[Extract(chunk_id=chunk.id, text=found)] = None
    return Extraction(extracts=tuple(extracts), dropped=dropped, reply=reply)


def _number_and_text(item: Any) -> tuple[int, str]:
    """Read one item, also from a model that ignores the schema's types; passage 0 is no passage."""
    if not isinstance(item, dict):
        return 0, str(item)
    number = re.search(r"\d{1,4}", str(item.get("passage")))
    text = item.get("text")
    return int(number[0]) if number else 0, text if isinstance(text, str) else ""


def _from_prose(reply: str, chunks: Sequence[Chunk]) -> Iterator[Extract]:
    """Find copied lines and quoted texts in a reply that is not JSON, a broken-off one included."""
    quoted = (next(filter(None, match.groups()), "") for match in _QUOTED.finditer(reply))
    lines = (_BULLET.sub("", line) for line in reply.splitlines())
    for text in (*map(_decoded, quoted), *lines):
        for chunk in chunks:
            found = verbatim(text, chunk.text)
            if found is not None and len(found) >= _SHORTEST:
                yield Extract(chunk_id=chunk.id, text=found)
                break


def _decoded(text: str) -> str:
    """Resolve the escapes of a JSON string."""
    try:
        decoded = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return text
    return str(decoded)
