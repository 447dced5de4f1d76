"""What a question asks: its parts, whether it asks for a procedure, and which of its words no passage holds."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from redraft.standins.openai_server.common_words import COMMON, HAN_COMMON
from redraft.standins.openai_server.language import is_chinese, terms

_ASK = r"(?:how|what|which|where|when|why|who|can|could|does|do|is|are|should|will)\b"
_NEXT_PART = re.compile(rf"\?\s+|[,;]?\s+and\s+(?:also\s+)?(?=(?:if so,?\s+)?{_ASK})|;\s+(?={_ASK})", re.IGNORECASE)
_ASK_HAN = r"(?:如何|怎么|怎样|什么|哪|是否|能否|能不能|可以|可不可以|多少|为什么|有没有)"
_NEXT_PART_HAN = re.compile(
    rf"[？?]\s*|[，,；;]?(?:以及|并且|另外|还有|同时|又)(?=.{{0,8}}{_ASK_HAN})|[，,；;](?=.{{0,6}}{_ASK_HAN})"
)
_HOW_TO = re.compile(
    r"\bhow (?:do|can|should|would|to|could|might)\b|\bsteps?\b|\bwhat (?:do|must) i (?:need to )?do\b"
    r"|如何|怎么|怎样|步骤",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"what (?:is|are|does .+ mean)\b|什么是|.{1,12}是什么", re.IGNORECASE)
_TOKEN = re.compile(r"`[^`]+`|[A-Za-z0-9_]+(?:[.\-'’][A-Za-z0-9_]+)*|[\u3400-\u9fff]+|[?？.,;:，。；：!]")
_NAMES_THE_PRODUCT = re.compile(r"\b(?:in|within|inside|does|can|will|do|did)$", re.IGNORECASE)
_VERB_FOLLOWS = re.compile(r"\b(?:i|we|you|to|it|they|and|one)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a question asks."""

    text: str
    terms: frozenset[str]

    @property
    def asks_definition(self) -> bool:
        """Whether it asks what something is."""
        return bool(_DEFINITION.match(self.text))

    def weight(self, term: str) -> float:
        """How much of the question's topic the term carries, from 0 to 1."""
        return 0.6 if term in COMMON else 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question, taken apart."""

    text: str
    chinese: bool
    how_to: bool
    parts: tuple[Part, ...]


def read_question(text: str) -> Question:
    """Take a question apart; a part without a word of its own belongs to the part before."""
    text = " ".join(text.split())
    chinese = is_chinese(text)
    pieces = [p.strip(" ?？。.") for p in (_NEXT_PART_HAN if chinese else _NEXT_PART).split(text)]
    parts: list[Part] = []
    for piece in pieces:
        found = terms(piece)
        if found:
            parts.append(Part(piece, found))
    return Question(text, chinese, bool(_HOW_TO.search(text)), tuple(parts) or (Part(text, frozenset()),))


def absent_phrase(part: str, vocabulary: AbstractSet[str], instructions: AbstractSet[str]) -> str | None:
    """Return the words of the question that name something no passage mentions, if they carry the question.

    Args:
        part: one part of a question.
        vocabulary: the terms of all passages, their titles and paths.
        instructions: the terms of the instructions, which name the product.

    """
    if is_chinese(part) and (found := _absent_han(part, vocabulary)):
        return found
    words = _words(part, vocabulary | instructions)
    missing = [w for w in words if w.strangeness > 0]
    content = [w for w in words if w.strangeness >= 0]
    strength = sum(w.strangeness for w in missing)
    if not missing or (strength < 2 and strength / len(content) < 0.34):
        return None
    return _phrase(part, words)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question."""

    text: str
    start: int
    end: int
    strangeness: int
    """-2: function word or sign; -1: no topic; 0: known to the passages; 1: not known; 2: a name not known."""


def _words(part: str, known: AbstractSet[str]) -> list[_Word]:
    matches = list(_TOKEN.finditer(part))
    return [_Word(m[0], m.start(), m.end(), _strangeness(part, m, known, is_last=m is matches[-1])) for m in matches]


def _strangeness(part: str, match: re.Match[str], known: AbstractSet[str], *, is_last: bool) -> int:
    bare = re.sub(r"['’]s$", "", match[0].strip("`"))
    found = terms(bare)
    if not found or ord(bare[0]) >= 0x3400:
        return -2
    if bare.isdigit() or found <= COMMON:
        return -1
    if all(_known(t, known) for t in found if t not in COMMON):
        return 0
    is_name = match[0][0] == "`" or any(c.isupper() or c in "_0123456789" for c in bare[0 if match.start() else 1 :])
    if is_name and _is_product(part, match.start(), match.end()):
        return -1
    if is_name or is_chinese(part):
        return 2
    return -1 if _VERB_FOLLOWS.search(part[: match.start()]) and not is_last else 1


def _is_product(part: str, start: int, end: int) -> bool:
    """Whether a name stands where the product's own name stands: "in X", "does X", "X 支持"."""
    before, after = part[:start].rstrip(), part[end:].lstrip()
    if before.endswith("在") or re.match("(?:中|里|是否|能否|能|可以|如何|怎么|支持|内置|自带)", after):
        return True
    return bool(_NAMES_THE_PRODUCT.search(before))


def _known(term: str, known: AbstractSet[str]) -> bool:
    if term in known:
        return True
    if len(term) < 5 or ord(term[0]) >= 0x3400:
        return False
    if any(term[:cut] in known for cut in range(max(5, len(term) - 3), len(term))):
        return True
    return any(k.startswith(term) and len(k) - len(term) <= 3 for k in known)


def _phrase(part: str, words: list[_Word]) -> str:
    """Return the run of neighbouring words that holds most of what is strange, cut to what names something."""
    runs: list[list[_Word]] = [[]]
    for word in words:
        apart = runs[-1] and part[runs[-1][-1].end : word.start].strip(" ") != ""
        if word.strangeness == -2 or apart:
            runs.append([])
        if word.strangeness > -2:
            runs[-1].append(word)
    run = max(runs, key=lambda r: sum(max(0, w.strangeness) for w in r))
    first = next(i for i, w in enumerate(run) if w.strangeness > 0)
    last = max(i for i, w in enumerate(run) if w.strangeness > 0)
    if first > 1 and run[first - 1].strangeness == 0:  # not the run's first word: that is often a verb
        first -= 1
    if last + 1 < len(run) and last - first < 3:
        last += 1
    return re.sub(r"['’]s$", "", part[run[first].start : run[last].end].replace("`", ""))


def _absent_han(part: str, vocabulary: AbstractSet[str]) -> str | None:
    """Return the longest Chinese topic of the question most of whose pieces no passage holds."""
    topics = [w for run in re.findall("[\u3400-\u9fff]+", part) for w in HAN_COMMON.split(run) if len(w) >= 2]
    absent = []
    for topic in topics:
        pieces = [topic[i : i + 2] for i in range(len(topic) - 1)]
        if sum(p not in vocabulary for p in pieces) * 5 >= len(pieces) * 3:
            absent.append(topic)
    length = sum(len(a) for a in absent)
    if not absent or (max(len(a) for a in absent) < 3 and length * 2 < sum(len(t) for t in topics)):
        return None
    return max(absent, key=len)
