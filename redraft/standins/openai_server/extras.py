"""What an answer adds when its instructions ask: a warning, the version, the page to read next."""

import re
from collections.abc import Sequence

from redraft.standins.openai_server import phrases
from redraft.standins.openai_server.selection import Candidate, Ranking

_DESTRUCTIVE = re.compile(
    r"\b(?:delet|remov|eras|drop|overwrit|purg|wip|reset|destroy|truncat|uninstall)\w*|--force\b|\brm -"
    r"|删除|清空|覆盖|重置|清除|移除|卸载",
    re.IGNORECASE,
)
_DANGER = re.compile(
    r"\b(?:cannot be (?:undone|restored|recovered|reversed)|can['’]t be undone|irreversibl\w+|permanent\w*"
    r"|(?:is|are|be) lost|back ?up"
    r"|overwrit\w+|no way back)\b|无法恢复|不可恢复|不可逆|备份|永久|丢失",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?:\b[A-Z][\w+#-]*\s+)?(?:\bversions?\s+|\bv)?(?<![\w.])\d+\.\d+(?:\.\d+)?(?![\w]|\.\d)(?:\s*(?:\+"
    r"|or (?:later|above|newer|higher)|and (?:later|above)))?"
    r"|\b(?:Community|Enterprise|Professional|Pro|Business|Free|Cloud|Open[- ]Source)\s+(?:edition|plan"
    r"|version)\b|\d+(?:\.\d+)+\s*(?:版本|及以上)|(?:社区|企业|专业)版"
)


def warning_for(question: str, used: list[Candidate], near: Sequence[Candidate], *, chinese: bool) -> str:
    """Return a warning if the question or its answer destroys something: the passages' own, else a general one."""
    if not _DESTRUCTIVE.search(question) and not _DESTRUCTIVE.search(used[0].text):
        return ""
    pages = {c.passage for c in used}
    own = next((c for c in [*used, *near] if c.passage in pages and _DANGER.search(c.text)), None)
    if own is None:
        return phrases.WARNING[chinese]
    if own not in used:
        used.append(own)
    return phrases.WARNING_FOUND[chinese].format(phrases.as_sentence(own.text, chinese=chinese))


def version_named(used: Sequence[Candidate], ranking: Ranking, *, chinese: bool) -> str:
    """Say which version or edition the used passages name, or that they name none."""
    for number in dict.fromkeys(c.passage for c in used):
        passage = ranking.passages[number]
        found = [m[0] for u in passage.units if u.kind != "code" for m in _VERSION.finditer(u.text)]
        named = sorted(found, key=lambda f: (not re.search(r"[A-Za-z版]", f), found.index(f)))
        if named:
            return phrases.VERSION[chinese].format(named[0].strip())
    return phrases.NO_VERSION[chinese]


def next_page(used: Sequence[Candidate], ranking: Ranking) -> str:
    """Return the first page that the answer did not use, else the one it did."""
    taken = {ranking.passages[c.passage].source.path for c in used}
    sources = [p.source for p in ranking.passages]
    page = next((s for s in sources if s.path not in taken), sources[0])
    return f"{page.title} ({page.path})" if page.title else page.path
