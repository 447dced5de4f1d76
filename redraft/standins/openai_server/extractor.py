"""Plays the extractor: copies out of the passages, verbatim, the sentences and code that bear on the question."""

import re
from typing import Any

from redraft.standins.openai_server.instructions import Instructions, read_instructions
from redraft.standins.openai_server.questions import Part, read_question
from redraft.standins.openai_server.selection import (
    ACTION,
    Candidate,
    Passage,
    Ranking,
    distinct,
    in_reading_order,
    read_passages,
)
from redraft.standins.openai_server.tagged import section

_ONLY_HELPFUL = re.compile(
    r"\bonly\b[^.;]{0,40}\b(?:relevant|help|answer|needed|necessary|bear|useful)|\b(?:leave out|omit|skip"
    r"|drop)\b[^.;]{0,30}\b(?:not|irrelevant|unrelated)|\b(?:nothing|no)\b[^.;]{0,20}\b(?:irrelevant"
    r"|unrelated|else)\b"
    r"|(?:只|仅)[^。；]{0,16}(?:相关|有用|有助|需要|回答)|无关",
    re.IGNORECASE,
)
_MAY_BE_EMPTY = re.compile(
    r"\b(?:copy|return|give|extract|output)\b[^.;]{0,20}\b(?:nothing|none|empty|no extracts?)\b"
    r"|\bempty list\b|(?:返回空|不要摘录|什么都不)",
    re.IGNORECASE,
)
_DEFAULT_LIMIT = 10
_LEAST_SUPPORT = 0.25


def extract(system: str, user: str) -> list[dict[str, Any]]:
    """Return the extracts, in reading order: `{"passage": id, "text": verbatim}`."""
    passages = read_passages(user)
    instructions = read_instructions(system)
    ranking = Ranking(passages)
    question = read_question(section(user, "question") or "")
    strict = bool(_ONLY_HELPFUL.search(system))
    limit = min(instructions.max_sentences or _DEFAULT_LIMIT, 20)
    chosen: list[Candidate] = []
    for part in question.parts:
        scores = ranking.scores(part, how_to=question.how_to)
        if _MAY_BE_EMPTY.search(system) and ranking.support(part, scores) < _LEAST_SUPPORT:
            continue
        best = _best(scores, 0.45 if strict else 0.25, max(2, limit // len(question.parts)))
        chosen += best + _for_words_left(part, scores, best)
    chosen += _rest_of_lists(ranking, chosen)
    if not strict:
        chosen += _openings(ranking, chosen)
    spans = [_span(c, ranking, instructions) for c in in_reading_order(set(chosen))]
    return [_row(passages[number], start, end) for number, start, end in _merged(spans)]


def _best(scores: dict[Candidate, float], share: float, limit: int) -> list[Candidate]:
    ordered = sorted(scores, key=lambda c: -scores[c])
    if not ordered or scores[ordered[0]] <= 0:
        return []
    least = share * scores[ordered[0]]
    return distinct((c for c in ordered if scores[c] >= least), limit)


def _for_words_left(part: Part, scores: dict[Candidate, float], chosen: list[Candidate]) -> list[Candidate]:
    """For a word of the question that nothing chosen holds, the best unit that does."""
    held = frozenset[str]().union(*(c.terms | c.context for c in chosen))
    added: dict[Candidate, None] = {}
    for term in sorted(part.terms - held):
        holders = [c for c in scores if term in c.terms]
        if holders and part.weight(term) == 1:
            added[max(holders, key=lambda c: scores[c])] = None
    return list(added)[:4]


def _rest_of_lists(ranking: Ranking, chosen: list[Candidate]) -> list[Candidate]:
    """The other steps of a procedure of which a step was chosen."""
    by_place = {(c.passage, c.position): c for c in ranking.candidates}
    added = []
    for candidate in (c for c in chosen if c.unit.kind == "item" and ACTION.match(c.text)):
        for way in (-1, 1):
            place = candidate.position + way
            while (
                (near := by_place.get((candidate.passage, place)))
                and near.unit.kind == "item"
                and ACTION.match(near.text)
            ):
                added.append(near)
                place += way
    return added[:12]


def _openings(ranking: Ranking, chosen: list[Candidate]) -> list[Candidate]:
    """A careless extractor also takes how the leading passages begin, whether that helps or not."""
    taken = {c.passage for c in chosen}
    firsts = [c for c in ranking.candidates if c.position == 0 and not c.is_code and c.passage not in taken]
    return firsts[:2]


def _span(candidate: Candidate, ranking: Ranking, instructions: Instructions) -> tuple[int, int, int]:
    """Where the extract begins and ends: with the sentence it leans on, and with the code that it introduces."""
    kept = ranking.passages[candidate.passage].units
    first = last = candidate.position
    if candidate.leans_back and first > 0 and kept[first - 1].kind != "code":
        first -= 1
    introduces = last + 1 < len(kept) and kept[last + 1].kind == "code" and not candidate.is_code
    if introduces and not instructions.forbids("code"):
        last += 1
    return candidate.passage, kept[first].start, kept[last].end


def _merged(spans: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Join spans that overlap or all but touch."""
    merged: list[tuple[int, int, int]] = []
    for number, start, end in sorted(spans):
        if merged and merged[-1][0] == number and start <= merged[-1][2] + 2:
            merged[-1] = (number, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((number, start, end))
    return merged


def _row(passage: Passage, start: int, end: int) -> dict[str, Any]:
    number = passage.source.id
    return {"passage": int(number) if number.isdigit() else number, "text": passage.text[start:end]}
