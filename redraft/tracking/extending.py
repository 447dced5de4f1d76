"""More to rate for somebody who has time left: the answers whose ratings tell most (`redraft.learning.extension`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redraft.learning.dealing import People
from redraft.learning.design import rows_of
from redraft.learning.extension import Reader, extend
from redraft.learning.history import History
from redraft.learning.protocols import ReviewBrief
from redraft.learning.variances import estimate_deviations
from redraft.records import Answer, PlanItem
from redraft.tracking.watching import Contents, Look, shares_of


def more_to_rate(
    contents: Contents, look: Look, history: History, people: People, reviewer: str, n: int
) -> tuple[PlanItem, ...]:
    """Choose at most `n` more answers of a review for one person; none when they have seen all.

    Args:
        contents: Of the review.
        look: What was handed in so far.
        history: Everything before this review.
        people: Who came, and who is there.
        reviewer: The person; they have arrived.
        n: Answers that they have time for.
    """
    shares = shares_of(contents, look, people)
    seen = {item.answer_id for item in shares.get(reviewer, ())}
    seen |= {answer_id for _, answer_id in look.last_ratings(reviewer)}
    known = history.add([*contents.answers.values(), *contents.questions.values(), *look.ratings])
    reader = Reader(name=reviewer, slot=people.came.index(reviewer), seen=frozenset(seen))
    return extend([*contents.plan, *look.added], known, _brief(contents, known), n, reader)


def _brief(contents: Contents, history: History) -> ReviewBrief:
    judged = [item for item in contents.plan if item.role != "anchor"]
    current = _variants([item for item in judged if item.role == "current"], contents.answers)
    others = [variant for variant in _variants(judged, contents.answers) if variant not in current]
    [first, *new] = [*current, *others]
    return ReviewBrief(
        questions=tuple(contents.questions.values()),
        current_id=first,
        new_ids=tuple(new),
        index_id=contents.answers[judged[0].answer_id].index_id,
        ratings=0,
        reviewers=1,
        current_share=0.0,
        seed=contents.review.iteration,
        deviations=estimate_deviations(rows_of(history)),
    )


def _variants(items: Sequence[PlanItem], answers: Mapping[str, Answer]) -> list[str]:
    return list(dict.fromkeys(answers[item.answer_id].variant_id for item in items))
