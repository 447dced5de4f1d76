"""What the stand-in reviewers see when they read an answer: each merit as a number from 0 to 1.

Knows the question, the answer and the passages it was given, as text; never the prompt, the automatic checks or who
wrote the answer. English and Chinese.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Words that say nothing about what a sentence is about.
_EMPTY_WORDS_TEXT = """
    a about all also am an and any are as at be been but by can could did do does doing done each else for from get
    gets give given gives had has have here how i if in into is it its just like may me more most must
    my no not of off on one only or other our out over own per put say says set shall should show shows so some such
    take tell than that the their them then there these they this those to turn type under up us use used uses using
    very want was way we were what when where which while who whose why will with without would you your
"""
_EMPTY_WORDS = frozenset(_EMPTY_WORDS_TEXT.split())
_WORD = re.compile(r"[a-z0-9_]+(?:[-'][a-z0-9_]+)*|[\u4e00-\u9fff]+", re.IGNORECASE)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CHINESE_EMPTY = re.compile(r"[的了吗呢是在有和与及请我你们这那个么什怎样如何可以一会要]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPassage:
    """A passage as a reviewer sees it beside the answer."""

    text: str
    source: str  # path of its page


def is_chinese(text: str) -> bool:
    """Tell whether a text is written in Chinese, loan words and code aside.

    >>> is_chinese("如何使用 OAuth2?"), is_chinese("How do I use OAuth2?")
    (True, False)
    """
    return len(_CHINESE.findall(text)) > len(text) / 8


def words_of(text: str) -> list[str]:
    """List the words that carry meaning, without their endings; Chinese as pairs of characters.

    >>> words_of("How do the workers install packages?")
    ['work', 'install', 'packag']
    >>> words_of("如何安装软件？")
    ['安装', '装软', '软件']
    """
    found: list[str] = []
    for match in _WORD.finditer(text.lower()):
        word = match.group()
        if _CHINESE.match(word):
            for run in _CHINESE_EMPTY.split(word):
                found += [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
        elif word not in _EMPTY_WORDS and (len(word) > 1 or word.isdigit()):
            found.append(_without_ending(word))
    return found


def _without_ending(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ers", "er", "ies", "ied", "ed", "es", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def sentences_of(text: str) -> list[str]:
    """Split into sentences and lines, without those that hold no word."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part and _WORD.search(part)]


class Reading:
    """A reviewer's understanding of one question and its passages: which words matter, which sentences answer it."""

    def __init__(self, question: str, passages: Sequence[SeenPassage]) -> None:
        self.question = question
        self.parts = question_parts(question)
        self.known = frozenset(word for passage in passages for word in words_of(passage.text))
        self._by_passage = [
            [frozenset(words_of(sentence)) for sentence in sentences_of(passage.text)] for passage in passages
        ]
        self._sentences = [words for sentences in self._by_passage for words in sentences if words]
        self._counts = Counter(word for words in self._sentences for word in words)
        self._ranked: dict[str, list[tuple[float, frozenset[str]]]] = {}
        self.asked = frozenset(words_of(question))
        self.absent = self.asked - self.known

    def weight(self, words: frozenset[str]) -> float:
        """Sum up how telling the words are: rare ones tell more."""
        n = len(self._sentences) + 1
        return sum(math.log((n + 1) / (self._counts[word] + 0.5)) for word in words)

    def share(self, of: frozenset[str], found_in: frozenset[str]) -> float:
        """Say how much of some words' weight is found in others, 0 to 1."""
        total = self.weight(of)
        return self.weight(of & found_in) / total if total > 0 else 0.0

    def targets(self, part: str) -> list[frozenset[str]]:
        """Pick the sentences of the passages that a reader would take for the answer to one part of the question."""
        return [words for closeness, words in self._ranked_for(part)[:4] if closeness >= 0.7]

    def _ranked_for(self, part: str) -> list[tuple[float, frozenset[str]]]:
        """Rank the sentences for one part: how close each comes to the best one, 0 to 1."""
        if part not in self._ranked:
            asked = frozenset(words_of(part)) & self.known
            taken = self._taken_before(part)
            shares = [(self.share(asked, words), words) for words in self._sentences if words not in taken]
            best = max((share for share, _ in shares), default=0.0)
            close = [(share / best, words) for share, words in shares if share > 0]
            self._ranked[part] = sorted(close, key=lambda pair: -pair[0])[:8]
        return self._ranked[part]

    def _taken_before(self, part: str) -> set[frozenset[str]]:
        """Pick the sentences that answer an earlier part: the same sentence seldom answers both."""
        earlier = self.parts[: self.parts.index(part)] if part in self.parts else []
        return {words for other in earlier for words in self.targets(other)[:1]}

    def relevance(self, part: str, answer: frozenset[str]) -> float:
        """Say how well an answer's words meet one part: the words asked about, and what the passages say of them."""
        asked = frozenset(words_of(part)) & self.known
        new = [(closeness, words - asked) for closeness, words in self._ranked_for(part)]
        said = max((closeness**2 * self.share(words, answer) for closeness, words in new if words), default=0.0)
        near = self.context([part]).difference(self.asked, *self._taken_before(part))
        said = max(said, min(0.4, self.share(near, answer)))
        return 0.25 * self.share(asked, answer) + 0.75 * min(1.0, said / 0.7)

    def context(self, parts: Sequence[str]) -> frozenset[str]:
        """Collect the words of the answering sentences and of their neighbours: what may be said without straying."""
        targets = {words for part in parts for words in self.targets(part)}
        near = set(self.asked)
        for sentences in self._by_passage:
            for number, words in enumerate(sentences):
                if words in targets:
                    near.update(*sentences[max(0, number - 1) : number + 2])
        return frozenset(near)


def question_parts(question: str) -> list[str]:
    """Split a question that asks two things.

    >>> question_parts("What is a chunk, and how long may it be?")
    ['What is a chunk', 'how long may it be?']
    >>> question_parts("What is the difference between dev and val?")
    ['What is the difference between dev and val?']
    """
    split = re.split(
        r",?\s+and\s+(?=(?:what|how|why|which|who|when|where|does|do|is|are|can|should|will|must)\b)"
        r"|(?<=\?)\s+(?=\w)|[，,]?(?:并且|以及|还有|又该?|同时)|(?<=？)(?=.)",
        question,
        flags=re.IGNORECASE,
    )
    parts = [part.strip() for part in split if words_of(part)]
    return parts or [question]
