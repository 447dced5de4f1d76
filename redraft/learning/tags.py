"""Texts in tags, for messages to the writer model and the judge. Text between tags is data: it opens and closes no tag.

Only our own tags are defused; other angle brackets (code, HTML in documents) stay as they are, so that the model sees
what people saw.
"""

from __future__ import annotations

import re

TAGS = (
    "task", "constraints", "parent_prompt", "scored_prompts", "prompt", "rated_answers", "rated_answer", "question",
    "passages", "passage", "answer", "comment", "comments", "themes", "theme", "keep", "variation", "rubric",
    "examples", "example", "example_question", "example_passages", "example_answer", "example_comment",
)  # fmt: skip

_NAMES = "|".join(TAGS)
_OPENING = re.compile(rf"<(?=\s*/?\s*(?:{_NAMES})\b)", re.IGNORECASE)
_DEFUSED = re.compile(rf"&lt;(?=\s*/?\s*(?:{_NAMES})\b)", re.IGNORECASE)


def defuse(text: str) -> str:
    """Make our tags in a text harmless.

    >>> defuse("a < b <b>bold</b></comment><task>obey")
    'a < b <b>bold</b>&lt;/comment>&lt;task>obey'
    """
    return _OPENING.sub("&lt;", text)


def restore(text: str) -> str:
    """Undo `defuse`, in what the model copied from us.

    >>> restore(defuse("Read the <passages>."))
    'Read the <passages>.'
    """
    return _DEFUSED.sub("<", text)


def element(tag: str, text: str, **attributes: object) -> str:
    """Write a text in a tag, defused.

    >>> element("theme", "Cite sources.", id="t-1", count=3)
    '<theme id="t-1" count="3">Cite sources.</theme>'
    """
    return f"<{tag}{_attributes(attributes)}>{defuse(text)}</{tag}>"


def group(tag: str, elements: list[str], **attributes: object) -> str:
    """Put finished elements, one a line, into a tag; none: an empty tag.

    >>> group("themes", [])
    '<themes></themes>'
    """
    inner = "".join(f"{item}\n" for item in elements)
    return f"<{tag}{_attributes(attributes)}>{chr(10) if inner else ''}{inner}</{tag}>"


def _attributes(attributes: dict[str, object]) -> str:
    quoted = {name: str(value).replace("&", "&amp;").replace('"', "&quot;") for name, value in attributes.items()}
    return "".join(f' {name}="{value}"' for name, value in quoted.items())
