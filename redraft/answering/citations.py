"""Which sources an answer cites: a list after "Sources:" or 来源：, [a.md], (source: a.md), [1], links, file names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from redraft.answering.language import without_code
from redraft.records import Chunk

_LABEL = (
    r"(?:sources?(?: used| cited)?|references?|citations?|cited from|see also"
    r"|来源|资料来源|信息来源|参考来源|参考资料|参考文档|参考文献|参考|出处|引用)"
)
_ROW = r"[ \t]*(?:[-*•]|\d+[.)])[ \t]+[^\n]*"
_LIST = re.compile(
    rf"(?:^|(?<=[.!?。！？)\]\s]))(?:[-*>#]{{1,6}}[ \t]{{0,4}})?[*_(（\[]{{0,3}}{_LABEL}[*_]{{0,3}}[ \t]*[:：]"
    rf"[*_]{{0,3}}(?P<items>[^\n]*(?:\n+{_ROW})*)",
    re.IGNORECASE,
)
_HEADED_LIST = re.compile(
    rf"^[ \t]*(?:#+[ \t]*|\*\*){_LABEL}(?:\*\*)?[ \t]*[:：]?(?:\*\*)?[ \t]*\n+(?P<items>(?:[ \t]*\S[^\n]*\n?)+)",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(rf"[(（\[【]\s*{_LABEL}(?:\s*[:：]\s*|\s+)(?P<items>[^()（）\[\]【】\n]+)[)）\]】]", re.IGNORECASE)
_LINK = re.compile(r"\[(?P<label>[^\[\]\n]{0,200})\]\((?P<target>[^()\s]{1,500})(?:\s\"[^\"\n]{0,200}\")?\)")
_BRACKETS = re.compile(r"(?<![A-Za-z0-9_`])[\[【](?P<items>[^\[\]【】\n]{1,200})[\]】](?!\()")
_PASSAGE = re.compile(r"(?:\b(?:passage|excerpt|extract)s?\s+#?|段落\s*|片段\s*)(\d{1,2})\b", re.IGNORECASE)
_FILE = r"[\w.\-/\u3400-\u9fff]+\.(?:mdx?|markdown|rst|txt|html?|pdf|jsonl?|csv)"
_FILE_NAME = re.compile(rf"(?<![\w/.\-]){_FILE}(?:#[\w\-./%]*)?(?![\w/])", re.IGNORECASE)
_FILE_ONLY = re.compile(rf"^{_FILE}(?:#\S*)?$", re.IGNORECASE)
_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_SEPARATOR = re.compile(r"\s{0,8}(?:[,，;；、\n]|\s\|\s|\s(?:and|&)\s|和|以及)\s{0,8}")
_NO_SOURCE = re.compile(r"^(?:none|n/?a|no sources?.*|not applicable|unknown|-+|无|没有|暂无)\W*$", re.IGNORECASE)
_DECORATION = " \t*_`\"'“”<>()（）[]【】.。:："
_HIGHEST_NUMBER = 50  # [2024] is a year, not a citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Citations:
    """What an answer cites."""

    sources: tuple[str, ...]  # retrieved document paths that are cited, in order of first mention
    unknown: tuple[str, ...]  # cited, but not among the retrieved
    body: str  # the answer without its list of sources

    @property
    def valid_share(self) -> float | None:
        """Share of the cited sources that were retrieved; None: none cited."""
        total = len(self.sources) + len(self.unknown)
        return len(self.sources) / total if total else None


def find_citations(text: str, chunks: Sequence[Chunk]) -> Citations:
    r"""Find what an answer cites.

    >>> chunk = Chunk(id="c", document_path="guide/a.md", heading_path="A", text="", ordinal=0)
    >>> find_citations("So it is [1].\n\nSources: a.md, b.md", [chunk])
    Citations(sources=('guide/a.md',), unknown=('b.md',), body='So it is [1].')
    """
    resolver = _Resolver(chunks)
    body = text
    for form in (_HEADED_LIST, _LIST):
        for match in form.finditer(body):
            for item in _items(match["items"]):
                resolver.add(item, certain=True)
        body = form.sub("", body)
    for item, certain in _inline(body):
        resolver.add(item, certain=certain)
    return Citations(sources=tuple(resolver.sources), unknown=tuple(resolver.unknown), body=body.strip())


def _inline(body: str) -> Iterator[tuple[str, bool]]:
    """What is cited between the words, and whether it is certain that a source is meant."""
    prose = without_code(body)
    for match in _INLINE.finditer(prose):
        yield from ((item, True) for item in _items(match["items"]))
    prose = _INLINE.sub(" ", prose)
    for match in _LINK.finditer(prose):
        yield match["target"], _FILE_ONLY.match(match["target"]) is not None
    for match in _BRACKETS.finditer(prose):
        for item in _items(match["items"]):
            yield item, item.isdigit() or _FILE_ONLY.match(item) is not None
    yield from ((match[1], False) for match in _PASSAGE.finditer(prose))
    for part in (prose, *_CODE_SPAN.findall(body)):
        yield from ((match[0], False) for match in _FILE_NAME.finditer(part))


def _items(text: str) -> list[str]:
    """Split a list of sources."""
    links = [match["target"] for match in _LINK.finditer(text)]
    rest = re.sub(r"(?m)^[ \t]*(?:[-*•]|\d+[.)])[ \t]+", "\n", _LINK.sub("\n", text))
    items = [part.strip(_DECORATION) for part in _SEPARATOR.split(rest)]
    return [item for item in (*links, *items) if item and not _NO_SOURCE.match(item)]


class _Resolver:
    """Tells retrieved sources from others."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._numbered = [chunk.document_path for chunk in chunks]
        self._titles = {
            title.strip().casefold(): chunk.document_path
            for chunk in reversed(chunks)
            for title in (chunk.heading_path, chunk.heading_path.split(" > ")[0], chunk.heading_path.split(" > ")[-1])
        }
        self.sources: dict[str, None] = {}
        self.unknown: dict[str, None] = {}

    def add(self, item: str, *, certain: bool) -> None:
        """Note a citation; what cannot be resolved counts only if it is certain that a source is meant."""
        number = re.fullmatch(r"(?:passage|source|段落)?\s*#?(\d{1,4})", item, re.IGNORECASE)
        if number:
            self._add_number(int(number[1]), certain=certain)
            return
        path = self._resolve(item)
        if path is not None:
            self.sources[path] = None
        elif certain:
            self.unknown[item] = None

    def _add_number(self, number: int, *, certain: bool) -> None:
        if 1 <= number <= len(self._numbered):
            self.sources[self._numbered[number - 1]] = None
        elif certain and number <= _HIGHEST_NUMBER:
            self.unknown[f"[{number}]"] = None

    def _resolve(self, item: str) -> str | None:
        title = self._titles.get(item.casefold())
        if title is not None:
            return title
        wanted = _path_parts(item)
        if not wanted:
            return None
        for path in dict.fromkeys(self._numbered):
            parts = _path_parts(path)
            if parts[-len(wanted) :] == wanted or (_is_url(item) and wanted[-len(parts) :] == parts):
                return path
        named = [name for name in _FILE_NAME.findall(item) if name != item]
        return self._resolve(named[0]) if named else None


def _is_url(item: str) -> bool:
    return item.lower().startswith(("http://", "https://"))


def _path_parts(item: str) -> list[str]:
    """`./Guide/install.md#linux` -> guide, install; so a link to the published page counts as well."""
    try:
        path = unquote(urlsplit(item).path if _is_url(item) else item.split("#")[0])
    except ValueError:
        return []
    parts = [part for part in path.strip("/").casefold().split("/") if part not in {"", "."}]
    if parts:
        parts[-1] = PurePosixPath(parts[-1]).stem if "." in parts[-1] else parts[-1]
    return parts
