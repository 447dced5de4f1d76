"""Which sentences of the passages bear on a question: the words they share, weighted by how rare each is."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from redraft.standins.openai_server.citing import Source
from redraft.standins.openai_server.language import as_prose, clean, terms
from redraft.standins.openai_server.questions import Part
from redraft.standins.openai_server.sentences import Unit, units
from redraft.standins.openai_server.tagged import elements, section

_ADDRESSES_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget)\b[^.]{0,30}\b(?:previous|above|earlier|prior|all"
    r"|your)\b[^.]{0,20}\b(?:instructions?|prompts?|rules?)\b"
    r"|\b(?:system prompt|you are now|reply only with|respond only with|as an ai)\b"
    r"|(?:忽略|无视|忘记)[^。]{0,10}(?:指令|指示|提示|规则)",
    re.IGNORECASE,
)
_LEANS_BACK = re.compile(
    r"^(?:(?:this|that|these|those|it|they|he|she|but|and|so|then|also|however|or|instead|for that)\b|这"
    r"|那|它|但|因此|所以|然后|此外)",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"[^.]{1,50}?(?:\b(?:is|are|means?|refers to)\b|是|指)", re.IGNORECASE)
_ENDS = (".", "!", "。", "！", ":", "：")
_ASIDE = re.compile(
    r"\b(?:as a convenience|you could also use|let['’]s say|imagine|as you might|in the next chapters?"
    r"|i['’]ll)\b|只是为了方便|为了开发者方便|假设",
    re.IGNORECASE,
)
_DONE_BY = re.compile(r"\b(?:is|are) \w+ed (?:with|by) `|(?:通过|使用|运行)\s*`", re.IGNORECASE)
ACTION = re.compile(
    r"[\"'“`*]*(?:(?:first|then|next|finally|after that|now|to \w+[^.]{0,60},)[,\s]*)*(?:you (?:can|need"
    r"|must|should|have to|could)\b|(?:add|apply|call|change|check|choose|"
    r"click|configure|copy|create|declare|define|delete|download|edit|enable|enter|export|fill|give|import"
    r"|install|keep|make|mount|open|pass|pick|put|"
    r"read|remove|replace|restart|return|run|save|select|set|start|stop|type|update|upload|use|wait|write)\b)"
    r"|[\"'“`*]*(?:先|首先|然后|接着|最后|请)*(?:你?(?:可以|需要|要)|导入|安装|运行|创建|添加|设置|打开"
    r"|使用|启动|编辑|删除|点击|选择|声明|定义|将|把)",
    re.IGNORECASE,
)
"""The beginning of a sentence that tells what to do."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the request."""

    source: Source
    text: str
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A unit that may enter the answer."""

    passage: int
    position: int
    unit: Unit
    text: str
    """As shown: cleaned, or the code block as it stands."""
    terms: frozenset[str]
    context: frozenset[str]
    """Terms of its heading and of the page's title."""

    @property
    def is_code(self) -> bool:
        """Whether it is a code block."""
        return self.unit.kind == "code"

    @property
    def leans_back(self) -> bool:
        """Whether it opens with a word that needs the sentence before it."""
        return bool(_LEANS_BACK.match(self.text))


def read_passages(user: str) -> list[Passage]:
    """Read the passages of a request, leaving out sentences that speak to a model instead of a reader."""
    inside = section(user, "passages") or user
    found = []
    for number, element in enumerate(elements(inside, "passage"), start=1):
        a = element.attributes
        source = Source(a.get("id", str(number)), a.get("source") or f"passage {number}", a.get("title", ""))
        found.append(Passage(source, element.text, _for_readers(element.text)))
    return found


@lru_cache(maxsize=512)
def _for_readers(text: str) -> tuple[Unit, ...]:
    return tuple(u for u in units(text) if not _ADDRESSES_A_MODEL.search(u.text))


class Ranking:
    """The candidates of a request, and how well each fits a part of the question."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self.candidates = [c for number, passage in enumerate(passages) for c in _candidates(number, passage)]
        counts = Counter(t for c in self.candidates for t in c.terms)
        self._total = len(self.candidates)
        self._counts = counts
        outside = (terms(f"{p.source.title} {p.source.path}") for p in passages)
        self.vocabulary = frozenset(counts).union(*(c.context for c in self.candidates), *outside)

    def rarity(self, term: str) -> float:
        """Inverse document frequency over the request's units; 0 for a word that none holds."""
        count = self._counts.get(term, 0)
        if count == 0:
            return 0.5 if term in self.vocabulary else 0.0
        return math.log(1 + self._total / count)

    def scores(self, part: Part, *, how_to: bool = False) -> dict[Candidate, float]:
        """Score every candidate for one part of the question."""
        weights = {t: w for t in part.terms if (w := self.rarity(t) * part.weight(t)) > 0}
        pages = self._pages(weights)
        manner = {c: _manner(c, how_to=how_to) * _definition(c, part) for c in self.candidates}
        return {c: self._score(c, weights, pages[c.passage]) * manner[c] for c in self.candidates}

    def _pages(self, weights: dict[str, float]) -> list[float]:
        """How much of the question each passage as a whole speaks of."""
        held: list[set[str]] = [set() for _ in self.passages]
        for candidate in self.candidates:
            held[candidate.passage] |= candidate.terms | candidate.context
        return [sum(w for t, w in weights.items() if t in terms_held) for terms_held in held]

    def support(self, part: Part, scores: dict[Candidate, float]) -> float:
        """Return the share of the question that the best sentence holds, 0 to 1; the rest of its page counts less."""
        best = max(scores, key=lambda c: scores[c], default=None)
        if best is None or scores[best] <= 0:
            return 0.0
        near = best.terms | best.context
        page = frozenset[str]().union(*(c.terms for c in self.candidates if c.passage == best.passage))
        held = total = 0.0
        for term in part.terms:
            unknown = math.log(1 + self._total) * (0.3 if ord(term[0]) >= 0x3400 else 1.0)
            weight = (self.rarity(term) or unknown) * part.weight(term)
            total += weight
            held += weight * (1.0 if term in near else 0.6 if term in page else 0.0)
        return held / total

    def _score(self, candidate: Candidate, weights: dict[str, float], page: float) -> float:
        own = sum(w for t, w in weights.items() if t in candidate.terms)
        around = sum(w for t, w in weights.items() if t in candidate.context and t not in candidate.terms)
        score = own + 0.35 * around + 0.25 * page
        return score / (1 + 0.012 * len(candidate.terms)) * (1 + 0.12 / (1 + candidate.passage))


def _definition(candidate: Candidate, part: Part) -> float:
    """Prefer "An X is ..." if the question is what an X is."""
    opening = _DEFINES.match(candidate.text) if part.asks_definition else None
    topic = {t for t in part.terms if part.weight(t) == 1}
    said = {t for t in terms(opening[0]) if part.weight(t) == 1} if opening else set()
    return 1.5 if topic and said == topic else 1.0


def _manner(candidate: Candidate, *, how_to: bool) -> float:
    """How well the sentence stands alone, and whether it tells what to do when that was asked."""
    factor = 0.75 if candidate.leans_back else 1.0
    if candidate.is_code:
        return factor
    if candidate.unit.text.startswith("|"):
        return factor * 0.7  # a row of a table reads badly alone
    if how_to:
        factor *= 1.35 if ACTION.match(candidate.text) or _DONE_BY.search(candidate.text) else 0.95
    if len(candidate.text) < 40 and not candidate.text.endswith(_ENDS) and "`" not in candidate.text:
        factor *= 0.6  # a heading-like item
    if candidate.text.endswith(("?", "？")) or _ASIDE.search(candidate.text):
        factor *= 0.6
    return factor


def distinct(candidates: Iterable[Candidate], limit: int) -> list[Candidate]:
    """Return the first `limit` candidates that do not say again what one before them said."""
    chosen: list[Candidate] = []
    for candidate in candidates:
        if len(chosen) == limit:
            break
        if not any(_same(candidate.terms, c.terms) for c in chosen):
            chosen.append(candidate)
    return chosen


def in_reading_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Order candidates as a reader meets them."""
    return sorted(candidates, key=lambda c: (c.passage, c.position))


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) > 0.7 * max(1, len(one | other))


def _candidates(number: int, passage: Passage) -> list[Candidate]:
    title = terms(passage.source.title)
    return [
        Candidate(number, position, unit, _shown(unit), terms(unit.text), title | terms(unit.heading))
        for position, unit in enumerate(passage.units)
        if any(c.isalnum() for c in _shown(unit))  # an image alone, say, shows nothing
    ]


@lru_cache(maxsize=8192)
def _shown(unit: Unit) -> str:
    if unit.kind == "code":
        return unit.text
    return as_prose(unit.text) if unit.text.startswith("|") else clean(unit.text)
