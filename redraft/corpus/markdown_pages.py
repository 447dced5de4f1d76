"""Markdown as documentation generators write it, made into plain Markdown.

What is not prose goes: front matter, comments, HTML and MDX marks, includes of files that are not here. What carries
meaning stays as text: an image's description, an abbreviation's long form, the kind and title of a note. Code is never
touched, but for the colours in `console` blocks and the display options behind a fence's language.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import yaml

from redraft.corpus.inline_marks import plain_prose
from redraft.corpus.pages import Page

_FENCE = re.compile(r"^(?P<indent>[ \t>]*(?:[-*+] +|\d+[.)] +)?)(?P<marks>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_INCLUDE = re.compile(r"^\s*(?:\{[*!].*[*!]\}|-+8<-+.*|:::\s+\w+(?:\.\w+)+)\s*$")
_MDX_LINE = re.compile(r"^(?:import\s(?:.+\sfrom\s+)?['\"].+['\"];?|export\s+(?:const|default)\s.*)$")
_NOTE_OPEN = re.compile(
    r"^\s*(?:/{3,}[ \t]*(?P<kind>[a-zA-Z][\w-]*)[ \t]*(?:\|[ \t]*(?P<bar>.*?))?"
    r"|:{3,}[ \t]*(?P<kind2>[a-zA-Z][\w-]*)[ \t]*(?:\[(?P<box>.*?)\]|(?P<rest>[^\s\[].*?))?)\s*$"
)
_NOTE_CLOSE = re.compile(r"^\s*(?:/{3,}|:{3,})\s*$")
_INDENTED_NOTE = re.compile(
    r"^(?P<indent>\s*)(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+(?P<kind>[\w-]+(?:[ ][\w-]+)*)?"
    r'[ ]*(?:"(?P<title>[^"]*)")?[ \t]*$'
)
_FIRST_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+?)[ \t]*$|^(\S.*)\n=+[ \t]*$", re.MULTILINE)
_ANCHOR = re.compile(r"^(#{1,6}\s.*?)[ \t]*\{[ \t]*[#.:][^}]*\}[ \t]*$", re.MULTILINE)
_OPTIONS = re.compile(r"\b(?:hl_lines|linenums)\s*=\s*(?:\"[^\"]*\"|'[^']*'|\S+)|\bshowLineNumbers\b|\{[\d,\s-]*\}")


def markdown_page(text: str, *, mdx: bool = False) -> Page:
    r"""Clean one Markdown file.

    >>> markdown_page("---\ntitle: Setup\n---\n/// tip | Fast\n\nUse ![a plug](p.png) <kbd>C</kbd>.\n\n///\n").text
    '**Tip: Fast**\n\nUse a plug C.'
    """
    title, body = _front_matter(text)
    pieces = [
        (is_code, piece if is_code else _clean_prose(piece, mdx=mdx)) for is_code, piece in _pieces(_dedent_notes(body))
    ]
    headings = (_FIRST_HEADING.search(piece) for is_code, piece in pieces if not is_code)
    heading = next((heading_name(found[1] or found[2]) for found in headings if found), None)
    joined = "\n".join(piece for is_code, piece in pieces if is_code or piece)
    return Page(title=title or heading or None, text=joined.strip("\n"))


def heading_name(source: str) -> str:
    r"""Read a heading without its marks.

    >>> heading_name("Use **`Path`** with [types](x.md) { #use-path } ##")
    'Use `Path` with types'
    """
    name = re.sub(r"\s+#+\s*$", "", source)
    name = re.sub(r"\s*\{\s*[#.:][^}]*\}\s*$", "", name)
    name = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", name)
    name = re.sub(r"(\*\*|__)(.+?)\1", r"\2", name)
    return " ".join(re.sub(r"\\([#*_`\[\]<>])", r"\1", name).split())


def _front_matter(text: str) -> tuple[str | None, str]:
    match = _FRONT.match(text)
    if match is None:
        return None, text
    try:
        fields = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError):  # ValueError: a date like 2023-13-45
        fields = {}
    if not isinstance(fields, dict):
        return None, text  # a rule, text, another rule: not front matter
    title = fields.get("title")
    return (str(title).strip() or None if title is not None else None), text[match.end() :]


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Split a text into code (fences with their marks) and prose."""
    current: list[str] = []
    marks, colours = "", False
    for line in text.split("\n"):
        opening = None if marks else _FENCE.match(line)
        if opening:
            if current:
                yield False, "\n".join(current)
            marks = opening["marks"]
            info = " ".join(_OPTIONS.sub("", opening["info"]).split())
            colours = info.lower() in {"console", "shell-session", "termy"}
            current = [opening["indent"] + marks + info]
            continue
        current.append(_uncolour(line) if marks and colours else line)
        bare = line.strip().lstrip("> ")
        if marks and len(bare) >= len(marks) and set(bare) == {marks[0]}:
            yield True, "\n".join(current)
            current, marks = [], ""
    if current:
        yield bool(marks), "\n".join(current)


def _uncolour(line: str) -> str:
    bare = re.sub(r"</?(?:font|span|b|u|i)\b[^<>]*>", "", line)
    return html.unescape(bare) if bare != line else line


def _clean_prose(text: str, *, mdx: bool) -> str:
    lines = [_clean_line(line, mdx=mdx) for line in text.split("\n")]
    prose = plain_prose(_ANCHOR.sub(r"\1", "\n".join(lines)), mdx=mdx)
    edges = ["\n" if text.startswith("\n") else "", "\n" if text.endswith("\n") else ""]
    squeezed = re.sub(r"\n[ \t]*\n\s*\n", "\n\n", prose).strip("\n")
    return f"{edges[0]}{squeezed}{edges[1]}" if squeezed else ""


def _clean_line(line: str, *, mdx: bool) -> str:
    if _NOTE_CLOSE.match(line) or _INCLUDE.match(line) or (mdx and _MDX_LINE.match(line)):
        return ""
    note = _NOTE_OPEN.match(line)
    if note:
        return _label(note["kind"] or note["kind2"], note["bar"] or note["box"] or note["rest"] or "")
    return line


def _label(kind: str, title: str) -> str:
    if kind == "tab":
        return f"**{title}**" if title else ""
    name = kind[:1].upper() + kind[1:]
    return f"**{name}: {title}**" if title else f"**{name}**"


def _dedent_notes(text: str) -> str:
    """Turn `!!! note "Title"` with an indented body, which Markdown would take for code, into a label and a body."""
    if not re.search(r"^\s*(?:!!!|\?\?\?|===)", text, re.MULTILINE):
        return text
    lines: list[str] = []
    depths: list[str] = []  # indentation of the notes that we are inside of
    fenced = False
    for line in text.split("\n"):
        while depths and line.strip() and not line.startswith(depths[-1] + "    "):
            depths.pop()
        body = line[len(depths[-1]) + 4 :] if depths and line.strip() else line
        if _FENCE.match(body):
            fenced = not fenced
        note = None if fenced else _INDENTED_NOTE.match(line)
        if note and (note["kind"] or note["title"]):
            lines += ["", _label((note["kind"] or "tab").split()[0], note["title"] or ""), ""]
            depths.append(note["indent"])
        else:
            lines.append(body)
    return "\n".join(lines)
