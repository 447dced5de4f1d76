"""The first stage: the model copies out, word for word, what helps to answer; what it did not copy is dropped."""

from __future__ import annotations

import bisect
import itertools
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
_AROUND = " .\t\r\n\"'`“”‘’「」『』…*_-–•>"
_BULLET = re.compile(r"^\s*(?:[-*•>]\s+|\d+[.)]\s+|\[\d+\]\s*)+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|“([^“”]*)”|「([^「」]*)」|『([^『』]*)』', re.DOTALL)


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


class PassageText:
    r"""A passage in which texts are found whatever their white space, and returned as they stand there.

    >>> passage = PassageText("First\n  run a\n  b.")
    >>> passage.find("run   a b"), passage.find("run b"), passage.place("run a")
    ('run a\n  b', None, (8, 13))
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [(match.start(), match.end()) for match in re.finditer(r"\S+", text)]
        self._flat = " ".join(text[start:end] for start, end in self._words)
        self._starts = list(itertools.accumulate((end - start + 1 for start, end in self._words), initial=0))

    def find(self, text: str) -> str | None:
        """Find a text, else the text without what models put around a quotation."""
        place = self.place(text)
        return self._text[slice(*place)] if place else None

    def place(self, text: str) -> tuple[int, int] | None:
        """Where `find` finds a text: its first character, and the one after its last."""
        for wanted in (unescape(text), unescape(text).strip(_AROUND)):
            flat = " ".join(wanted.split())
            at = self._flat.find(flat)
            if flat and at >= 0:
                return self._position(at), self._position(at + len(flat) - 1) + 1
        return None

    def _position(self, at: int) -> int:
        """Where a sign of the flat text stands in the passage."""
        word = bisect.bisect_right(self._starts, at) - 1
        return self._words[word][0] + at - self._starts[word]


def _verified(reply: ChatReply, items: Any, chunks: Sequence[Chunk]) -> Extraction:
    extracts: dict[Extract, None] = {}
    dropped = 0
    passages = [PassageText(chunk.text) for chunk in chunks]
    for item in items if isinstance(items, list) else []:
        number, text = _number_and_text(item)
        if not text.strip():
            continue
        found = passages[number - 1].find(text) if 1 <= number <= len(chunks) else None
        if found is None:
            dropped += 1
        else:
            extracts[Extract(chunk_id=chunks[number - 1].id, text=found)] = None
    return Extraction(extracts=tuple(extracts), dropped=dropped, reply=reply)


def _number_and_text(item: Any) -> tuple[int, str]:
    """Read one item, also from a model that ignores the schema's types; passage 0 is no passage."""
    if not isinstance(item, dict):
        return 0, str(item)
    number = re.search(r"-?\d{1,4}", str(item.get("passage")))
    text = item.get("text")
    return int(number[0]) if number else 0, text if isinstance(text, str) else ""


def _from_prose(reply: str, chunks: Sequence[Chunk]) -> Iterator[Extract]:
    """Find copied lines and quoted texts in a reply that is not JSON, a broken-off one included."""
    quoted = (next(filter(None, match.groups()), "") for match in _QUOTED.finditer(reply))
    lines = (_BULLET.sub("", line) for line in reply.splitlines())
    passages = [(chunk, PassageText(chunk.text)) for chunk in chunks]
    for text in (*map(_decoded, quoted), *lines):
        for chunk, passage in passages:
            found = passage.find(text)
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
