"""Which sentences of the passages bear on a question: overlap of words, each weighted by how rare it is in the request."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from redraft.standins.openai_server.citing import Source
from redraft.standins.openai_server.language import Unit, clean, terms, units
from redraft.standins.openai_server.questions import Part
from redraft.standins.openai_server.tagged import elements, section

_ADDRESSES_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget)\b[^.]{0,30}\b(?:previous|above|earlier|prior|all|your)\b[^.]{0,20}\b(?:instructions?|prompts?|rules?)\b"
    r"|\b(?:system prompt|you are now|reply only with|respond only with|as an ai)\b"
    r"|(?:忽略|无视|忘记)[^。]{0,10}(?:指令|指示|提示|规则)",
    re.IGNORECASE,
)
_LEANS_BACK = re.compile(r"^(?:(?:this|that|these|those|it|they|he|she|but|and|so|then|also|however|or|instead|for that)\b|这|那|它|但|因此|所以|然后|此外)", re.IGNORECASE)


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
        kept = tuple(u for u in units(element.text) if not _ADDRESSES_A_MODEL.search(u.text))
        found.append(Passage(source, element.text, kept))
    return found


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

    def scores(self, part: Part) -> dict[Candidate, float]:
        """Score every candidate for one part of the question."""
        weights = {t: w for t in part.terms if (w := self.rarity(t)) > 0}
        return {c: self._score(c, weights) for c in self.candidates}

    def support(self, part: Part, scores: dict[Candidate, float]) -> float:
        """Return the share of the question's words (by rarity) that the best candidate and its context hold, 0 to 1."""
        if not scores or not part.terms:
            return 0.0
        best = max(scores, key=lambda c: scores[c])
        unknown = math.log(1 + self._total)
        total = sum(self.rarity(t) or unknown for t in part.terms)
        held = sum(self.rarity(t) for t in part.terms if t in best.terms or t in best.context)
        return held / total if scores[best] > 0 else 0.0

    def _score(self, candidate: Candidate, weights: dict[str, float]) -> float:
        own = sum(w for t, w in weights.items() if t in candidate.terms)
        around = sum(w for t, w in weights.items() if t in candidate.context and t not in candidate.terms)
        score = own + 0.35 * around
        if own == 0:
            score *= 0.5
        if candidate.leans_back:
            score *= 0.75
        if len(candidate.text) < 25 and not candidate.is_code:
            score *= 0.7
        if candidate.text.endswith(("?", "？")):
            score *= 0.6
        length = len(candidate.terms)
        return score / (1 + 0.015 * length) * (1 + 0.12 / (1 + candidate.passage))


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
    return len(one & other) > 0.7 * max(1, min(len(one), len(other)))


def _candidates(number: int, passage: Passage) -> list[Candidate]:
    title = terms(passage.source.title)
    return [
        Candidate(number, position, unit, _shown(unit), terms(unit.text), title | terms(unit.heading))
        for position, unit in enumerate(passage.units)
    ]


@lru_cache(maxsize=8192)
def _shown(unit: Unit) -> str:
    return unit.text if unit.kind == "code" else clean(unit.text)
