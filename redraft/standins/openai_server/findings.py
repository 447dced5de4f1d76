"""What the passages have to say about one part of a question, and whether they name what it asks about."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from redraft.standins.openai_server.questions import Part, absent_phrase
from redraft.standins.openai_server.selection import Candidate, Ranking

_LEAST_SUPPORT = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """The study of one part of a question."""

    part: Part
    scores: dict[Candidate, float]
    support: float
    """Share of the question's words, by rarity, in the best sentence and its headings."""
    absent: str | None
    """What the question names and no passage does: the sign of a false premise."""

    @property
    def unanswered(self) -> bool:
        """Whether the passages hold next to nothing about it."""
        return self.support < _LEAST_SUPPORT

    def without(self, used: Collection[Candidate]) -> "Finding":
        """The same, for an answer that holds some of the candidates already."""
        left = {c: s for c, s in self.scores.items() if c not in used}
        return Finding(self.part, left or self.scores, self.support, self.absent)

    def is_near(self, candidate: Candidate) -> bool:
        """Whether a sentence is worth telling although it does not answer: it shares the topic, not just a word."""
        shared = [t for t in self.part.terms & candidate.terms if self.part.weight(t) == 1]
        return len(shared) >= 2 or (bool(shared) and self.support >= 0.45)

    def best_first(self) -> list[Candidate]:
        """Return the sentences and items, best first."""
        return sorted((c for c in self.scores if not c.is_code), key=lambda c: -self.scores[c])


def study(part: Part, ranking: Ranking, known: AbstractSet[str], *, how_to: bool) -> Finding:
    """Study one part; `known` holds the words of the instructions, which name the product."""
    scores = ranking.scores(part, how_to=how_to)
    absent = absent_phrase(part.text, ranking.vocabulary, known)
    return Finding(part, scores, ranking.support(part, scores), absent)
