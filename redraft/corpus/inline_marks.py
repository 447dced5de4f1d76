"""Takes HTML and MDX marks, images and comments out of Markdown prose, leaving what they say; code spans stay."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_TAG = re.compile(
    r"""</?(?P<name>
      a|abbr|article|aside|b|big|blockquote|br|button|center|cite|code|dd|del|details|dfn|div|dl|dt|em|fieldset|
      figcaption|figure|font|footer|form|h[1-6]|header|hr|i|iframe|img|input|ins|kbd|label|li|main|mark|nav|noscript|
      ol|option|p|path|picture|pre|q|s|samp|script|section|select|small|source|span|strike|strong|style|sub|summary|
      sup|svg|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video
    )\b(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""",
    re.IGNORECASE | re.VERBOSE,
)
_BREAKS = {"br", "dd", "div", "dt", "hr", "li", "p", "td", "th", "tr"}
_COMPONENT = re.compile(r"""</?[A-Z][\w.]*(?:[^<>"'{}]|"[^"<]*"|'[^'<]*'|\{[^{}]*\})*>|</?>""")
_LONG_FORM = re.compile(r"<(abbr|dfn)\b([^<>]*)>([^<>]{1,500})</\1>", re.IGNORECASE)
_COMMENTS = (("<!--", "-->"), ("{/*", "*/}"))
_IMAGE = re.compile(
    r"""!\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)|\[[^\]]*\])(?:\{[^}]*\})?"""
)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def plain_prose(text: str, *, mdx: bool = False) -> str:
    r"""Take the marks out of prose.

    >>> plain_prose("<div>An <abbr title='Web Server Gateway'>WSGI</abbr> app: ![the logo](a.png) `<b>`</div>")
    'An WSGI (Web Server Gateway) app: the logo `<b>`'
    """
    kept: list[str] = []  # code spans wait here: a tag may enclose them

    def put_away(span: str) -> str:
        kept.append(span)
        return f"\0{len(kept) - 1}\0"

    joined = "".join(put_away(part) if is_code else part for is_code, part in _spans(_without_comments(text)))
    joined = _LONG_FORM.sub(_long_form, _IMAGE.sub(r"\1", joined))
    joined = _TAG.sub(_tag_text, joined)
    if mdx:
        joined = _COMPONENT.sub(_component_text, joined)
    joined = re.sub(r"\n[ \t]*\n\s*\n", "\n\n", joined).strip("\n") if joined != text else joined
    return re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], joined)


def _without_comments(text: str) -> str:
    for opening, closing in _COMMENTS:
        kept, position = [], 0
        while (start := text.find(opening, position)) >= 0 and (end := text.find(closing, start)) >= 0:
            kept.append(text[position:start])
            position = end + len(closing)
        text = "".join([*kept, text[position:]])
    return text


def _spans(text: str) -> Iterator[tuple[bool, str]]:
    """Split prose into code spans (with their marks) and the rest, in linear time."""
    runs = list(re.finditer(r"`+", text))
    closers: dict[str, list[int]] = {}
    for number, run in enumerate(runs):
        closers.setdefault(run.group(), []).append(number)
    position, number = 0, 0
    while number < len(runs):
        same = closers[runs[number].group()]
        same.pop(0)
        close = runs[same[0]] if same else None
        if close is None or "\n\n" in text[runs[number].end() : close.start()]:
            number += 1
            continue
        yield False, text[position : runs[number].start()]
        yield True, text[runs[number].start() : close.end()]
        position = close.end()
        for skipped in range(number + 1, same[0] + 1):
            closers[runs[skipped].group()].remove(skipped)
            number = skipped
        number += 1
    yield False, text[position:]


def _long_form(match: re.Match[str]) -> str:
    title = _attributes(match[2]).get("title", "")
    return f"{match[3]} ({title})" if title and title.lower() != match[3].lower() else match[3]


def _tag_text(match: re.Match[str]) -> str:
    name = match["name"].lower()
    if name == "img":
        return _attributes(match.group()).get("alt", "")
    return "\n" if name in _BREAKS else ""


def _component_text(match: re.Match[str]) -> str:
    attributes = _attributes(match.group())
    label = attributes.get("label") or attributes.get("title")
    return f"\n**{label}**\n" if label else ""


def _attributes(tag: str) -> dict[str, str]:
    return {name.lower(): html.unescape(one or two).strip() for name, one, two in _ATTRIBUTE.findall(tag)}
