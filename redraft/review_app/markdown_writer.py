"""Markdown written out again from what it was parsed to, with nothing in it but what is known to be harmless.

Kept: paragraphs, emphasis, lists, block quotes, tables, code, and links that lead where they may. Headings become bold
lines (Streamlit would give them addresses), images their words, HTML what it is: text. Definitions of links stay
visible. What is nested deeper than anyone means is not parsed at all. Parts that are quoted stand on a background.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from redraft.review_app.inert_text import inert, kept_spaces, visible, web_address
from redraft.review_app.quoted_parts import Marks, Part, quoted_parts, split_at

ResolveLink = Callable[[str], str | None]
"""What a link's target is at: an http(s) address, or None if this target is not known."""

MAX_DEPTH = 20

_SHOWN_ADDRESS = 200  # characters
_LANGUAGES = re.compile(
    "bash|c|cpp|css|diff|dockerfile|go|html|ini|java|javascript|js|json|jsx|kotlin|makefile|python|py|rust|scss|sh|shell"
    "|sql|toml|ts|tsx|typescript|xml|ya?ml"
)  # without mermaid and math, which would be drawn


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 - the name is markdown-it's
        """Parse every link: it is here that targets are judged."""
        return True


def rewritten(text: str, resolve: ResolveLink, quotes: Iterable[str] = ()) -> str | None:
    """Write Markdown so that it can do no harm.

    Args:
        text: Of a model, or of the docs.
        resolve: Says where links lead.
        quotes: Parts of the text that are to stand on a background.

    Returns:
        `None`: it is nested deeper than is read, or a quote is not found in it.
    """
    try:
        tree, quoted = _parsed(text), [_parsed(quote) for quote in quotes]
        parts = None if tree is None else quoted_parts(tree, [quote for quote in quoted if quote is not None])
        if tree is None or parts is None or None in quoted:
            return None
        return _Writer(resolve, parts).blocks(tree.children)
    except RecursionError:
        return None


def _parsed(text: str) -> SyntaxTreeNode | None:
    options = {"html": False, "maxNesting": MAX_DEPTH}  # what is deeper the parser would leave out
    parser = _Parser("commonmark", options).enable(["table", "strikethrough"]).disable("reference")
    tokens = parser.parse(text)
    within = (child.level for token in tokens for child in token.children or ())
    deep = max([*(token.level for token in tokens), *within], default=0) >= MAX_DEPTH - 1
    return None if deep else SyntaxTreeNode(tokens)


class _Writer:
    def __init__(self, resolve: ResolveLink, quoted: Marks) -> None:
        self._resolve, self._quoted = resolve, quoted

    def blocks(self, nodes: Iterable[SyntaxTreeNode], *, tight: bool = False) -> str:
        """Write blocks one below the other, with an empty line between them where one might run into the next."""
        written = ""
        for node in nodes:
            block = self._block(node)
            close = tight and re.match(r"```|> |(?:-|1\.) \S", block)
            written += ("\n" if close else "\n\n") * bool(written and block) + block
        return written

    def _block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "paragraph":
                return self._text(node.children)
            case "heading":
                text = self._text(node.children, bold=True)
                return f"**{text}**" if text else ""
            case "fence" | "code_block":
                parts = self._quoted.get(id(node))
                return _quoted_lines(node.content, parts) if parts else _fence(node.content, node.info)
            case "blockquote":
                return _prefixed(self.blocks(node.children), "> ", "> ")
            case "bullet_list" | "ordered_list":
                return self._list(node)
            case "table":
                return self._table(node)
            case "hr":
                return "***"
        return inert(node.content)

    def _list(self, node: SyntaxTreeNode) -> str:
        number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        items = []
        tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
        for place, item in enumerate(node.children):
            marker = "- " if number is None else f"{min(number + place, 999_999_999)}. "
            items.append(_prefixed(self.blocks(item.children, tight=tight), marker, " " * len(marker)))
        return ("\n" if tight else "\n\n").join(items)

    def _table(self, node: SyntaxTreeNode) -> str:
        rows = [row for part in node.children for row in part.children]
        lines = [[self._text(cell.children, cell=True) for cell in row.children] for row in rows]
        sides = [str(cell.attrs.get("style", "")) for cell in rows[0].children]
        rule = [{"text-align:right": "--:", "text-align:center": ":-:"}.get(side, "---") for side in sides]
        return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])

    def _text(self, nodes: Iterable[SyntaxTreeNode], *, bold: bool = False, cell: bool = False) -> str:
        """Write what stands in a line; no line of it may begin with spaces, which would make it code."""
        text = self._joined(nodes, bold=bold, cell=cell)
        return "\n".join(line.lstrip(" \t") for line in text.strip(" \t\n").split("\n"))

    def _joined(self, nodes: Iterable[SyntaxTreeNode], **within: bool) -> str:
        """Write one after the other; two codes that touch would both end, and what is in them begin to act."""
        text = ""
        for node in nodes:
            piece = self._inline(node, **within)
            text += "&#8203;" * (text.endswith("`") and piece.startswith("`")) + piece
        return text

    def _inline(self, node: SyntaxTreeNode, *, bold: bool, cell: bool) -> str:
        match node.type:
            case "inline" | "strong" | "em" | "s":
                inner = self._joined(node.children, bold=bold or node.type == "strong", cell=cell)
                mark = {"strong": "" if bold else "**", "em": "*", "s": "~~"}.get(node.type, "")
                return f"{mark}{inner}{mark}" if inner else ""
            case "softbreak":
                return "\n"
            case "hardbreak":
                return "\\\n"
            case "code_inline":
                code = _code(node.content, cell=cell)
                return _on_background(node.content, code) if id(node) in self._quoted else code
            case "link":
                return self._link(node, self._joined(node.children, bold=bold, cell=cell))
            case "image":
                return _with_address(inert(_one_line(node.content)), str(node.attrs.get("src", "")))
        return _marked(_one_line(node.content), self._quoted.get(id(node), ()))

    def _link(self, node: SyntaxTreeNode, label: str) -> str:
        target = str(node.attrs.get("href", ""))
        known = self._resolve(target)
        address = web_address(known or target)
        if address is None:
            return label if node.info == "auto" else _with_address(label, target)
        host = address.split("/")[2]
        told = "" if known or node.info == "auto" else f" ({inert(host)})"  # whatever the label says
        return f"[{label or inert(host)}](<{address.replace('&', '&amp;')}>){told}"


def _marked(text: str, parts: Iterable[Part]) -> str:
    pieces = split_at(text, parts)
    return "".join(_on_background(piece, inert(piece)) if quoted else inert(piece) for piece, quoted in pieces)


def _on_background(text: str, written: str) -> str:
    """Put something on the background; code as text where its brackets would end the background before its time."""
    if not text.strip():
        return written
    shown = inert(text) if written.startswith("`") and set("[]") & set(written) else written
    return f":yellow-background[{re.sub(r'^ | $', '&#32;', shown)}]"  # spaces at its ends would be dropped


def _quoted_lines(content: str, parts: Sequence[Part]) -> str:
    """Write a block of code of which parts are quoted line by line: a block can have no background."""
    written, at = [], 0
    for line in content.removesuffix("\n").split("\n"):
        shown, quoted = kept_spaces(line), any(start < at + len(line) and at < stop for start, stop in parts)
        code = "&#160;" if not line.strip() else inert(shown) if ":material/" in shown else _ticked(shown)
        written.append(_on_background(shown, code) if quoted else code)
        at += len(line) + 1
    return "\\\n".join(written)


def _with_address(words: str, address: str) -> str:
    """Write words, and the address that nothing leads to."""
    shown = _one_line(address)
    shown = shown if len(shown) <= _SHOWN_ADDRESS else f"{shown[:_SHOWN_ADDRESS]}…"
    return f"{words} ({inert(shown)})" if words and shown else words or inert(shown)


def _fence(content: str, info: str) -> str:
    ticks = "`" * max(3, 1 + _longest_run(content))
    language = info.split()[0].lower() if info.strip() else ""
    body = visible(content).removesuffix("\n")
    return f"{ticks}{language if _LANGUAGES.fullmatch(language) else ''}\n{body}\n{ticks}"


def _code(content: str, *, cell: bool) -> str:
    """Write code in a line: but as text where Streamlit would change it, or a `|` would end a cell and the code."""
    if ":material/" in content or (cell and "|" in content):
        return inert(content)
    return _ticked(visible(_one_line(content)))


def _ticked(code: str) -> str:
    ticks = "`" * (1 + _longest_run(code))
    space = " " * bool(re.match("[ `]", code) or re.search("[ `]$", code))
    return f"{ticks}{space}{code}{space}{ticks}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _one_line(text: str) -> str:
    return re.sub(r"\s", " ", text)


def _prefixed(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"{others if place else first}{line}".rstrip(" ") for place, line in enumerate(lines))
