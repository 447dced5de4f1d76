"""Which sentences, steps and code enter an answer, and in which order: focused if told to be, else rambling."""

from collections.abc import Sequence
from random import Random

from redraft.standins.openai_server.findings import Finding
from redraft.standins.openai_server.instructions import Instructions
from redraft.standins.openai_server.selection import ACTION, Candidate, Ranking, distinct, in_reading_order


def focused(finding: Finding, limit: int, *, prefer_code: bool) -> list[Candidate]:
    """Choose the best sentences: the best first, then what supports it in reading order."""
    ordered = finding.best_first()
    if not ordered:
        return []

    page = ordered[0].passage

    def value(candidate: Candidate) -> float:
        bonus = 1.2 if prefer_code and "`" in candidate.text else 1.0
        return finding.scores[candidate] * bonus * (1.15 if candidate.passage == page else 1.0)

    ordered.sort(key=lambda c: -value(c))
    best = ordered[0]  # not always of that page: code weighs more
    if ACTION.match(best.text):
        procedure = _items_of(best, [c for c in ordered if c.passage == best.passage])
        if len(procedure) >= 2:
            return procedure[:limit]
    least = 0.45 * value(best)
    chosen = (
        distinct((c for c in ordered if value(c) >= least and not _hangs(c, with_code=prefer_code)), limit)
        or ordered[:1]
    )
    return [chosen[0], *in_reading_order(chosen[1:])]


def plain(finding: Finding, limit: int) -> list[Candidate]:
    """Choose what is related, in reading order: no tangents, but the answer is not in front either."""
    ordered = [c for c in finding.best_first() if not _hangs(c, with_code=False)] or finding.best_first()
    if not ordered:
        return []
    least = 0.2 * finding.scores[ordered[0]]
    return in_reading_order(distinct((c for c in ordered if finding.scores[c] >= least), limit))


def rambling(finding: Finding, ranking: Ranking, random: Random) -> list[Candidate]:
    """Choose a few sentences that fit and several that do not, with the answer somewhere in the middle."""
    fitting = distinct((c for c in finding.best_first() if not _hangs(c, with_code=False)), 3)
    taken = set(fitting)
    main = fitting[0].passage if fitting else -1
    others = [
        c
        for c in ranking.candidates
        if c not in taken and not c.is_code and len(c.text) > 20 and not _hangs(c, with_code=False)
    ]
    aside = [c for c in others if c.passage != main]
    along = [c for c in others if c.passage == main]
    before = distinct(aside, random.randint(1, 2))
    after = distinct([*along[:2], *aside[::-1]], random.randint(2, 3))
    return [*before, *in_reading_order(fitting), *(c for c in after if c not in before)]


def steps(finding: Finding, limit: int) -> list[Candidate]:
    """Choose what one does, in the page's order; nothing if the passages show no procedure."""
    ordered = finding.best_first()
    if not ordered:
        return []
    best = ordered[0]
    scores = finding.scores
    page = [c for c in scores if c.passage == best.passage and not c.is_code]
    runs = _items_of(best, page)
    actions = [c for c in page if ACTION.match(c.text) and scores[c] >= 0.25 * scores[best]]
    chosen = runs if len(runs) >= 2 else actions
    if best not in chosen and ACTION.match(best.text) and not best.text.endswith((":", "：")):
        chosen = [*chosen, best]
    strongest = sorted(distinct(chosen, len(chosen)), key=lambda c: -scores[c])[:limit]
    return in_reading_order(strongest if runs != chosen else runs[:limit])


def code_for(chosen: Sequence[Candidate], finding: Finding, limit: int) -> list[Candidate]:
    """Choose code blocks: one that a chosen sentence introduces, else the one that fits the question best."""
    blocks = [c for c in finding.scores if c.is_code]
    places = {(c.passage, c.position + 1) for c in chosen} | {(c.passage, c.position + 2) for c in chosen[:1]}
    pages = {c.passage for c in chosen}

    def value(block: Candidate) -> float:
        near = 2.0 if (block.passage, block.position) in places else 1.0
        return (finding.scores[block] + 0.5) * near * (1.3 if block.passage in pages else 1.0)

    topic = {t for t in finding.part.terms if finding.part.weight(t) == 1}
    fit = (
        b for b in blocks if not pages or (b.passage, b.position) in places or (b.passage in pages and topic & b.terms)
    )
    return sorted(fit, key=lambda b: -value(b))[:limit]


def with_antecedents(chosen: Sequence[Candidate], ranking: Ranking, limit: int) -> list[Candidate]:
    """Put the sentence that an opening "This ..." refers to before it, where there is room."""
    complete: list[Candidate] = []
    by_place = {(c.passage, c.position): c for c in ranking.candidates}
    for index, candidate in enumerate(chosen):
        before = by_place.get((candidate.passage, candidate.position - 1))
        room = len(complete) + (len(chosen) - index) < limit
        if candidate.leans_back and before and not before.is_code and before not in chosen and room:
            complete.append(before)
        complete.append(candidate)
    return complete


def sentence_budget(instructions: Instructions) -> int:
    """How many sentences the answer may have."""
    if instructions.max_sentences:
        return instructions.max_sentences
    if instructions.wants("concise"):
        return 3
    if instructions.max_words:
        return 8
    return 8 if instructions.wants("detailed") else 4 if instructions.wants("answer_first") else 6


def _hangs(candidate: Candidate, *, with_code: bool) -> bool:
    """Whether the sentence only introduces something that the answer will not show."""
    return candidate.text.endswith((":", "：")) and not with_code


def _items_of(best: Candidate, page: Sequence[Candidate]) -> list[Candidate]:
    """Return the list that the best unit belongs to or introduces."""
    page = in_reading_order(page)
    place = next(i for i, c in enumerate(page) if c is best)
    start = place + 1 if best.text.endswith((":", "：")) else place
    if start >= len(page) or page[start].unit.kind != "item":
        return []
    first = start
    while (
        first > 0 and page[first - 1].unit.kind == "item" and page[first - 1].unit.heading == page[start].unit.heading
    ):
        first -= 1
    last = start
    while (
        last + 1 < len(page)
        and page[last + 1].unit.kind == "item"
        and page[last + 1].unit.heading == page[start].unit.heading
    ):
        last += 1
    return [c for c in page[first : last + 1] if ACTION.match(c.text)]
