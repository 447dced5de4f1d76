"""HTML made into Markdown: headings, paragraphs, lists, tables, code with its language; without the page's frame."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PageElement, PreformattedString
from bs4.exceptions import ParserRejectedMarkup

from redraft.corpus.pages import Page, Unreadable, clean_text, decode_text

# What surrounds a page, or cannot be read in it.
_FRAME = re.compile("script|style|template|noscript|svg|iframe|nav|header|footer|aside|form|button|head|title")
_BLOCK = re.compile(
    "address|article|blockquote|body|center|dd|details|div|dl|dt|fieldset|figcaption|figure|h[1-6]|hr|html|li|main|ol|p|"
    "pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_BULLETS = {"ul": "- ", "ol": "1. "}


def html_page(data: bytes) -> Page:
    r"""Convert one HTML file.

    >>> html_page(b"<title>T</title><nav>x</nav><h1>Run</h1><pre><code class='language-sh'>a\nb</code></pre>").text
    '# Run\n\n```sh\na\nb\n```'
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bs4 on markup that looks like something else
        try:
            soup = BeautifulSoup(_decode(data), "html.parser")
        except ParserRejectedMarkup as error:
            raise Unreadable(f"not HTML that can be read: {error}") from None
    head = soup.find("title")
    for link in soup.select("a.headerlink, a.hash-link, a.anchor, [hidden]"):
        link.decompose()
    heading = soup.find("h1") or head
    shown = " ".join(_inline(heading).split()) if heading else ""
    for frame in soup.find_all(_is_frame):
        if not frame.decomposed and not (frame.name == "header" and frame.find("h1")):
            frame.decompose()  # but the header of an article, which holds its heading
    body = soup.find("main") or soup.select_one("[role=main]") or soup.find("article") or soup.body or soup
    return Page(title=shown or None, text="\n\n".join(_blocks(body)) if isinstance(body, Tag) else "")


def _decode(data: bytes) -> str:
    try:
        return decode_text(data)
    except Unreadable as problem:
        declared = EncodingDetector.find_declared_encoding(data, is_html=True)
        if declared is None or "zero bytes" in str(problem):
            raise
        try:
            return clean_text(data.decode(declared))
        except (UnicodeDecodeError, LookupError):
            raise Unreadable(f"neither UTF-8 nor {declared}, which it says it is") from None


def _is_frame(tag: Tag) -> bool:
    return _FRAME.fullmatch(tag.name) is not None


def _is_block(tag: Tag) -> bool:
    return _BLOCK.fullmatch(tag.name) is not None


def _blocks(node: Tag) -> list[str]:
    blocks: list[str] = []
    run: list[PageElement] = []

    def flush() -> None:
        text = _tidy("".join(_inline(element) for element in run))
        if text:
            blocks.append(text)
        run.clear()

    for child in node.children:
        if isinstance(child, Tag) and (_is_block(child) or child.find(_is_block) is not None):
            flush()
            blocks += [block for block in _block(child) if block.strip()]
        else:
            run.append(child)
    flush()
    return blocks


def _block(tag: Tag) -> list[str]:
    name = tag.name
    if re.fullmatch("h[1-6]", name):
        return [f"{'#' * int(name[1])} {' '.join(_inline(tag).split())}"] if tag.get_text(strip=True) else []
    if name == "pre":
        return [fence(tag.get_text().strip("\n"), _language(tag))]
    if name in _BULLETS:
        items = [child for child in tag.children if isinstance(child, Tag)]
        return ["\n".join(_indent(_blocks(item), _BULLETS[name]) for item in items if item.get_text(strip=True))]
    if name == "table" and tag.find("tr"):
        return [_table(tag)]
    if name == "blockquote":
        return ["\n".join(f"> {line}".rstrip() for line in "\n\n".join(_blocks(tag)).split("\n"))]
    if name in {"dt", "summary"}:
        return [f"**{' '.join(_inline(tag).split())}**"]
    return _blocks(tag)


def _indent(blocks: Iterable[str], bullet: str) -> str:
    lines = "\n\n".join(blocks).split("\n")
    pad = " " * len(bullet)
    return bullet + "\n".join([lines[0], *(pad + line if line else "" for line in lines[1:])])


def _table(tag: Tag) -> str:
    rows = []
    for row in tag.find_all("tr"):
        cells = [" ".join(_inline(cell).split()).replace("|", "\\|") for cell in row.find_all(["td", "th"])]
        if cells:
            rows.append("| " + " | ".join(cells) + " |")
    if rows:
        rows.insert(1, "|" + " --- |" * (rows[0].count(" | ") + 1))
    return "\n".join(rows)


def _inline(node: PageElement) -> str:
    if isinstance(node, PreformattedString):
        return ""  # comments and the like
    if isinstance(node, NavigableString):
        return re.sub(r"\s+", " ", str(node))
    if not isinstance(node, Tag):
        return ""
    if node.name == "br":
        return "\n"
    if node.name == "img":
        return str(node.get("alt") or "")
    if node.name in {"code", "tt", "samp"}:
        code = node.get_text().strip()
        return f"`{code}`" if code and "`" not in code else code
    text = "".join(_inline(child) for child in node.children)
    if node.name == "a":
        return _link(text, str(node.get("href") or ""))
    mark = {"strong": "**", "b": "**", "em": "*", "i": "*"}.get(node.name, "")
    return f"{mark}{text.strip()}{mark}" if mark and text.strip() else text


def _link(text: str, target: str) -> str:
    return f"[{text.strip()}]({target})" if target.startswith(("http://", "https://")) and text.strip() else text


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in re.sub(r"[ \t]+", " ", text).split("\n")).strip()


def _language(tag: Tag) -> str:
    code = tag.find("code")
    near = [code if isinstance(code, Tag) else None, tag, *list(tag.parents)[:3]]
    for element in near:
        for name in (element.get("class") or []) if element is not None else []:
            found = re.fullmatch(r"(?:language|lang|highlight|brush:?)-(?:source-)?([\w+#-]+)", str(name))
            if found:
                return "" if found[1] in {"default", "none", "text"} else found[1]
    return ""


def fence(code: str, language: str = "") -> str:
    r"""Put code into a fence that the code itself cannot close.

    >>> fence("a\n```\nb", "md")
    '````md\na\n```\nb\n````'
    """
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{code}\n{marks}"
