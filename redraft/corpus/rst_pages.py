"""reStructuredText made into Markdown, by docutils' own parser.

Nothing in a document is executed: directives that read files or pass raw output are off. What only Sphinx knows
(its directives and roles) comes out of the parser as an error that holds the source; the text in it is kept.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree

from redraft.corpus.html_pages import fence
from redraft.corpus.pages import Page

_SETTINGS = {
    "file_insertion_enabled": False,  # include, csv-table :file:, raw :file:
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 6,
    "_disable_config": True,  # a docutils.conf beside the document could turn the above on again
    "syntax_highlight": "none",
    "smart_quotes": False,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "line_length_limit": 1_000_000,
}
_CODE = {"code-block", "sourcecode", "code", "prompt", "literalinclude", "parsed-literal", "testcode", "doctest"}
_SPOKEN = {"versionadded", "versionchanged", "deprecated", "seealso", "todo", "glossary", "rubric", "centered", "topic"}
_SPOKEN |= {
    "tab",
    "tabs",
    "tab-item",
    "tab-set",
    "dropdown",
    "function",
    "class",
    "method",
    "option",
    "confval",
    "envvar",
}
_SPOKEN |= {f"py:{name}" for name in ("function", "class", "method", "attribute", "data", "exception", "module")}


def rst_page(text: str) -> Page:
    r"""Convert one reStructuredText file.

    >>> rst_page("Run\n===\n\nUse :code:`go`.\n\n.. raw:: html\n\n   <b>x</b>\n").text
    '# Run\n\nUse `go`.'
    """
    tree = publish_doctree(text, settings_overrides={**_SETTINGS, "warning_stream": io.StringIO()})
    heading = next(iter(tree.findall(nodes.title)), None)
    return Page(title=heading.astext().strip() if heading else None, text="\n\n".join(_blocks(tree.children, 0)))


def _blocks(children: Sequence[nodes.Node], level: int) -> list[str]:
    return [block for child in children for block in _block(child, level) if block.strip()]


def _block(node: nodes.Node, level: int) -> list[str]:
    if isinstance(node, nodes.section):
        return _blocks(node.children, level + 1)
    if isinstance(node, nodes.title | nodes.subtitle):
        return [f"{'#' * min(max(level, 1), 6)} {_inline(node)}"]
    if isinstance(node, nodes.system_message):
        return _from_sphinx(node, level)
    for kind, render in _RENDER:
        if isinstance(node, kind):
            return render(node, level)
    if isinstance(node, nodes.Invisible | nodes.Text):
        return []
    if isinstance(node, nodes.TextElement):
        return [_inline(node)]
    return _blocks(node.children, level)


def _literal(node: Any, _level: int) -> list[str]:
    language = next((str(name) for name in node["classes"] if name != "code"), "")
    return [fence(node.astext(), language)]


def _list(node: Any, level: int) -> list[str]:
    bullet = "1. " if isinstance(node, nodes.enumerated_list) else "- "
    return ["\n".join(_hang(_blocks(item.children, level), bullet) for item in node.children)]


def _hang(blocks: Sequence[str], bullet: str) -> str:
    return bullet + textwrap.indent("\n\n".join(blocks), " " * len(bullet)).lstrip(" ")


def _definition(node: Any, level: int) -> list[str]:
    term = " ".join(_inline(child) for child in node.children if isinstance(child, nodes.term))
    return [f"**{term}**", *_blocks([child for child in node.children if not isinstance(child, nodes.term)], level)]


def _field(node: Any, level: int) -> list[str]:
    body = " ".join(_blocks(node.children[1].children, level))
    return [f"**{_inline(node.children[0])}**: {body}"]


def _quote(node: Any, level: int) -> list[str]:
    return [textwrap.indent("\n\n".join(_blocks(node.children, level)), "> ", lambda _line: True)]


def _note(node: Any, level: int) -> list[str]:
    if isinstance(node.children[0] if node.children else None, nodes.title):
        return [f"**{_inline(node.children[0])}**", *_blocks(node.children[1:], level)]
    return [f"**{type(node).__name__.capitalize()}**", *_blocks(node.children, level)]


def _table(node: Any, level: int) -> list[str]:
    rows = [
        "| " + " | ".join(" ".join(_blocks(entry.children, level)).replace("\n", " ") for entry in row.children) + " |"
        for row in node.findall(nodes.row)
    ]
    if rows:
        rows.insert(1, "|" + " --- |" * len(next(iter(node.findall(nodes.row))).children))
    titles = [f"**{_inline(child)}**" for child in node.children if isinstance(child, nodes.title)]
    return [*titles, "\n".join(rows)]


def _image(node: Any, _level: int) -> list[str]:
    return [str(node.get("alt", ""))]


def _nothing(_node: Any, _level: int) -> list[str]:
    return []


_RENDER: Sequence[tuple[type[Any], Callable[[Any, int], list[str]]]] = (
    (nodes.literal_block, _literal),
    (nodes.doctest_block, _literal),
    (nodes.bullet_list, _list),
    (nodes.enumerated_list, _list),
    (nodes.definition_list_item, _definition),
    (nodes.field, _field),
    (nodes.block_quote, _quote),
    (nodes.Admonition, _note),
    (nodes.topic, _note),
    (nodes.table, _table),
    (nodes.image, _image),
    (nodes.comment, _nothing),
    (nodes.substitution_definition, _nothing),
    (nodes.target, _nothing),
)


def _from_sphinx(message: nodes.system_message, level: int) -> list[str]:
    """Recover the text of a directive that docutils does not know, from the source in its error."""
    source = next((block.astext() for block in message.findall(nodes.literal_block)), "")
    head = re.match(r"\.\. ([\w:-]+)::[ \t]*(.*)\n?", source)
    if head is None:
        return []
    body = textwrap.dedent(source[head.end() :])
    body = re.sub(r"\A(?::[\w-]+:.*\n?)+", "", body).strip("\n")
    if head[1] in _CODE:
        return [fence(body, head[2].strip())] if body else []
    if head[1] in _SPOKEN:
        label = f"**{head[1].rpartition(':')[2].capitalize()}: {head[2].strip()}**" if head[2].strip() else ""
        return [label, *_blocks(_nested(body).children, level)]
    return []


def _nested(text: str) -> nodes.document:
    return publish_doctree(text, settings_overrides={**_SETTINGS, "warning_stream": io.StringIO()})


def _inline(node: nodes.Node) -> str:
    if isinstance(node, nodes.Text):
        return str(node.astext()).replace("\n", " ")
    if isinstance(node, nodes.problematic):
        return _unknown_role(node.astext())
    if isinstance(node, nodes.image):
        return str(node.get("alt", ""))
    text = "".join(_inline(child) for child in node.children)
    if isinstance(node, nodes.literal):
        return f"`{text}`"
    if isinstance(node, nodes.reference) and str(node.get("refuri", "")).startswith(("http://", "https://")):
        return text if text == node["refuri"] else f"[{text}]({node['refuri']})"
    mark = "**" if isinstance(node, nodes.strong) else "*" if isinstance(node, nodes.emphasis) else ""
    return f"{mark}{text}{mark}"


def _unknown_role(source: str) -> str:
    """Read a role that docutils does not know: ``:ref:`text <target>` `` is its text, ``:func:`~a.b` `` is code."""
    role = re.fullmatch(r":([\w:+-]+):`(.*)`", source, re.S)
    if role is None:
        return source.strip("`|*_")
    text = re.sub(r"\s*<[^<>]*>$", "", role[2]).strip()
    if role[1].rpartition(":")[2] in {"ref", "doc", "term", "abbr", "guilabel", "menuselection", "numref", "dfn"}:
        return text
    return f"`{text.rpartition('.')[2] if text.startswith('~') else text}`"
