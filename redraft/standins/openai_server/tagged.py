"""The layout of the requests that the stand-in understands: plain text in tags.

    <passages>
    <passage id="1" source="guide/install.md" title="Install > Linux">
    ...
    </passage>
    </passages>
    <question>
    ...
    </question>

Text is returned as it came, attributes with entities resolved. What a passage says is never looked at here.
"""

import html
import re
from dataclasses import dataclass

_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True)
class Tagged:
    """One element: its attributes and the text between its tags, without the line breaks next to them."""

    attributes: dict[str, str]
    text: str


def elements(text: str, tag: str) -> list[Tagged]:
    """Return every `<tag ...>...</tag>` in the text, in order; an element written `<tag/>` has no text."""
    opening = re.compile(rf"<{tag}((?:\s+[\w-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
    found: list[Tagged] = []
    place = opening.search(text)
    while place:
        attributes, end = _attributes(place[1]), place.end()
        if place[2]:
            found.append(Tagged(attributes, ""))
        else:
            close = text.find(f"</{tag}>", end)
            if close < 0:
                break
            found.append(Tagged(attributes, text[end:close].strip("\r\n")))
            end = close
        place = opening.search(text, end)
    return found


def section(text: str, tag: str) -> str | None:
    """Return the text from the first `<tag>` to the last `</tag>`, or nothing if there is none."""
    start = re.search(rf"<{tag}(?:\s[^<>]*)?>", text)
    end = text.rfind(f"</{tag}>")
    if start is None or end < start.end():
        return None
    return text[start.end() : end].strip("\r\n")


def first(text: str, tag: str) -> str:
    """Return the text of the first element, or an empty one."""
    found = elements(text, tag)
    return found[0].text.strip() if found else ""


def has(text: str, tag: str) -> bool:
    """Whether the element occurs."""
    return re.search(rf"<{tag}(?:\s[^<>]*)?>", text) is not None


def _attributes(raw: str) -> dict[str, str]:
    return {m[1]: html.unescape(m[2] if m[2] is not None else m[3]) for m in _ATTRIBUTE.finditer(raw)}
