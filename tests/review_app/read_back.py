"""Reads back what was made fit for Streamlit, as a browser's Markdown parser would."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ACTING = {"image", "html_inline", "html_block"}


def parsed(text: str) -> Iterator[Token]:
    """All tokens that a browser's Markdown parser would see, those within others too."""
    waiting = _PARSER.parse(text)
    while waiting:
        token = waiting.pop()
        waiting += token.children or []
        yield token


def seen(text: str) -> str:
    """The text that stays on the page; to Streamlit, `:color[a]` is a."""
    texts = (token.content for token in reversed([*parsed(text)]) if token.type in {"text", "code_inline"})
    return re.sub(r":color\[(.)\]", r"\1", "".join(texts))


def targets(text: str) -> list[str]:
    return [str(token.attrs["href"]) for token in parsed(text) if token.type == "link_open"]
