"""Markdown as documentation generators write it, made into plain Markdown.

What is not prose goes: front matter, comments, HTML and MDX marks, includes of files that are not here. What carries
meaning stays as text: an image's description, an abbreviation's long form, the kind and title of a note. Code is never
touched, but for the colours in `console` blocks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import yaml

from redraft.corpus.pages import Page

_FENCE = re.compile(r"^(?P<indent>[ \t>]*(?:[-*+] +|\d+[.)] +)?)(?P<marks>`{3,}|~{3,})(?P<info>[^`]*|.*)$")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_INCLUDE = re.compile(r"^\s*(?:\{[*!].*[*!]\}|(?:-+8<-+|--8<--).*|:::\s+[\w.]+|%\[[^\]]*\]\(.*\))\s*$")
_MDX_LINE = re.compile(
    r"^(?:import\s.+\sfrom\s+['\"].+['\"];?|import\s+['\"].+['\"];?|export\s+(?:const|default)\s.*)$"
)
_COMMENT = re.compile(r"<!--.*?-->|\{/\*.*?\*/\}", re.S)
_NOTE_OPEN = re.compile(
    r"^\s*(?:/{3,}|:{3,})[ \t]*(?P<kind>[a-zA-Z][\w-]*)[ \t]*(?:\|\s*(?P<bar>.*?)|\[(?P<box>.*?)\]|(?P<rest>\S.*?))?\s*$"
)
_NOTE_CLOSE = re.compile(r"^\s*(?:/{3,}|:{3,})\s*$")
_INDENTED_NOTE = re.compile(r"^(?P<indent>\s*)(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+(?P<head>\S.*?)\s*$")
_FIRST_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+?)[ \t]*#*[ \t]*$|^(\S.*)\n=+[ \t]*$", re.M)
_ANCHOR = re.compile(r"^(#{1,6}\s.*?)\s*\{\s*[#.:][^}]*\}\s*(#*)\s*$")
_TAGS = [
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "big",
    "blockquote",
    "br",
    "button",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "li",
    "main",
    "mark",
    "nav",
    "noscript",
    "ol",
    "option",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "path",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
]
_TAG = re.compile(rf"</?(?:{'|'.join(_TAGS)})\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.I)
_COMPONENT = re.compile(r"</?[A-Z][\w.]*(?:[^<>\"'{}]|\"[^\"]*\"|'[^']*'|\{[^{}]*\})*>|</?>")
_ATTRIBUTE = r"""\b{name}\s*=\s*["']([^"']*)["']"""
_CODE_SPAN = re.compile(r"(`+)(?:(?!`).)+?\1(?!`)|(?<=\S)`[^`]+`")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+[\"'][^\"']*[\"'])?\s*\)(?:\{[^}]*\})?")


def markdown_page(text: str, *, mdx: bool = False) -> Page:
    r"""Clean one Markdown file.

    >>> markdown_page("---\ntitle: Setup\n---\n/// tip | Fast\n\nUse ![a plug](p.png) <kbd>C</kbd>.\n\n///\n").text
    '**Tip: Fast**\n\nUse a plug C.'
    """
    title, body = _front_matter(text)
    pieces = [
        (is_code, piece if is_code else _clean_prose(piece, mdx)) for is_code, piece in _pieces(_dedent_notes(body))
    ]
    headings = (_FIRST_HEADING.search(piece) for is_code, piece in pieces if not is_code)
    heading = next((heading_name(found[1] or found[2]) for found in headings if found), None)
    squeezed = [piece if is_code else re.sub(r"\n{3,}", "\n\n", piece) for is_code, piece in pieces]
    return Page(title=title or heading or None, text="\n".join(squeezed).strip("\n"))


def heading_name(source: str) -> str:
    r"""Read a heading without its marks.

    >>> heading_name("Use **`Path`** with [types](x.md) { #use-path }")
    'Use `Path` with types'
    """
    name = re.sub(r"\s*\{\s*[#.:][^}]*\}\s*$", "", source)
    name = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", name)
    name = re.sub(r"(\*\*|__)(.+?)\1", r"\2", name)
    return " ".join(re.sub(r"\\([#*_`\[\]<>])", r"\1", name).split())


def _front_matter(text: str) -> tuple[str | None, str]:
    match = _FRONT.match(text)
    if match is None:
        return None, text
    try:
        fields = yaml.safe_load(match[1])
    except yaml.YAMLError:
        fields = None
    if fields is not None and not isinstance(fields, dict):
        return None, text  # a rule, text, another rule: not front matter
    title = fields.get("title") if fields else None
    return (str(title).strip() or None if title is not None else None), text[match.end() :]


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Split a text into code (fences with their marks) and prose."""
    current: list[str] = []
    opened: str | None = None
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if opened is None and match and not ("`" in match["info"] and match["marks"][0] == "`"):
            if current:
                yield False, "\n".join(current)
            opened, current = match["marks"], [line]
            console = match["info"].strip().lower() in {"console", "shell-session", "termy"}
        elif opened is not None:
            current.append(_uncolour(line) if console else line)
            bare = line.strip().lstrip("> ")
            if bare and set(bare) == {opened[0]} and len(bare) >= len(opened):
                yield True, "\n".join(current)
                opened, current = None, []
        else:
            current.append(line)
    if current:
        yield opened is not None, "\n".join(current)


def _uncolour(line: str) -> str:
    bare = re.sub(r"</?(?:font|span|b|u|i)\b[^<>]*>", "", line)
    return html.unescape(bare) if bare != line else line


def _clean_prose(text: str, mdx: bool) -> str:
    text = _COMMENT.sub("", text)
    lines = []
    for line in text.split("\n"):
        if _NOTE_CLOSE.match(line) or _INCLUDE.match(line) or (mdx and _MDX_LINE.match(line)):
            lines.append("")
        elif note := _NOTE_OPEN.match(line):
            lines.append(_note_heading(note["kind"], note["bar"] or note["box"] or note["rest"] or ""))
        else:
            lines.append(_ANCHOR.sub(r"\1", line))
    return _outside_code_spans("\n".join(lines), mdx)


def _note_heading(kind: str, title: str) -> str:
    label = kind[:1].upper() + kind[1:]
    if kind == "tab":
        return f"**{title}**" if title else ""
    return f"**{label}: {title}**" if title else f"**{label}**"


def _outside_code_spans(text: str, mdx: bool) -> str:
    done: list[str] = []
    position = 0
    for span in _CODE_SPAN.finditer(text):
        done += [text[position : span.start()], span.group()]
        position = span.end()
    done.append(text[position:])
    marks: list[str] = []  # code spans wait here while tags that may enclose them are removed

    def put_away(span: str) -> str:
        marks.append(span)
        return f"\x00{len(marks) - 1}\x00"

    joined = "".join(part if number % 2 == 0 else put_away(part) for number, part in enumerate(done))
    joined = _IMAGE.sub(lambda m: m[1], joined)
    joined = _long_forms(joined)
    joined = _TAG.sub(_tag_text, joined)
    if mdx:
        joined = _COMPONENT.sub(_component_text, joined)
    return re.sub("\x00(\\d+)\x00", lambda m: marks[int(m[1])], joined)


def _long_forms(text: str) -> str:
    """Write an abbreviation's title behind it: `<abbr title="Application Programming Interface">API</abbr>`."""
    pattern = re.compile(r"<(abbr|dfn)\b([^<>]*)>(.*?)</\1>", re.S | re.I)

    def replace(match: re.Match[str]) -> str:
        title = _attribute(match[2], "title")
        return f"{match[3]} ({title})" if title and title.lower() != match[3].lower() else match[3]

    return pattern.sub(replace, text)


def _tag_text(match: re.Match[str]) -> str:
    tag = match.group()
    name = re.match(r"</?(\w+)", tag)
    if name and name[1].lower() == "img":
        return _attribute(tag, "alt")
    return "\n" if name and name[1].lower() in {"br", "tr", "li", "p"} else ""


def _component_text(match: re.Match[str]) -> str:
    label = _attribute(match.group(), "label") or _attribute(match.group(), "title")
    return f"\n**{label}**\n" if label else ""


def _attribute(tag: str, name: str) -> str:
    found = re.search(_ATTRIBUTE.format(name=name), tag)
    return html.unescape(found[1]).strip() if found else ""


def _dedent_notes(text: str) -> str:
    """Turn `!!! note "Title"` with an indented body, which Markdown would take for code, into a label and a body."""
    if "!!!" not in text and "???" not in text and "=== " not in text:
        return text
    lines, depth, fenced = [], None, False
    for line in text.split("\n"):
        head = None if fenced else _INDENTED_NOTE.match(line)
        if depth is not None and line.strip() and not line.startswith(depth + "    "):
            depth = None
        body = line[4 + len(depth) :] if depth is not None and line.strip() else line
        if _FENCE.match(body):
            fenced = not fenced
        if head and _is_note(head["head"]):
            lines += [_quoted_heading(head["head"]), ""]
            depth = head["indent"]
        else:
            lines.append(body)
    return "\n".join(lines)


def _is_note(head: str) -> bool:
    return re.match(r"(?:[\w-]+\s*)*(?:\"[^\"]*\")?$", head) is not None


def _quoted_heading(head: str) -> str:
    quoted = re.search(r'"([^"]*)"', head)
    kind = re.match(r"[\w-]+", head)
    if kind is None or head.startswith('"'):
        return f"**{quoted[1]}**" if quoted else ""
    return _note_heading(kind.group(), quoted[1] if quoted else "")
