"""The rating plan, in blocks: a reviewer who rates a new variant on a question rates the current one on it too.

Two steps, because answers are made after questions are chosen: `questions_to_ask` chooses by history, `plan_review`
deals what was answered. Both lay out the same blocks (`redraft.learning.blocks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redraft.errors import InputError, RunError
from redraft.learning.blocks import Block, lay_out
from redraft.learning.chance import shuffled
from redraft.learning.history import History
from redraft.learning.protocols import NeededAnswer, ReviewBrief
from redraft.records import Answer, PlanItem, Question, Role, content_id


@dataclass(frozen=True, slots=True)
class BlockedPlan:
    """The `PlanReview` policy of this module."""

    def ask(self, history: History, brief: ReviewBrief) -> tuple[NeededAnswer, ...]:
        """See `questions_to_ask`."""
        return questions_to_ask(history, brief)

    def plan(self, history: History, brief: ReviewBrief, answers: Sequence[Answer]) -> tuple[PlanItem, ...]:
        """See `plan_review`."""
        return plan_review(history, brief, answers)


def questions_to_ask(history: History, brief: ReviewBrief) -> tuple[NeededAnswer, ...]:
    """Choose which variant has to answer which question, before anything is answered.

    Raises:
        InputError: There is no question, or the budget is too small for one comparison.
    """
    if not brief.questions:
        raise InputError("there is no example question to rate answers to", remedy="add some to the questions file")
    order = question_order(history, brief.questions, seed=brief.seed)
    on_record = history.ratings_by_question(brief.current_id)
    blocks = lay_out(brief, whole=order, new_only=[question for question in order if question in on_record])
    if not blocks:
        needed = len(set(brief.new_ids)) + 1
        raise InputError(
            f"run.ratings must be >= {needed} to compare {needed - 1} new variant(s) with the current one, "
            f"got {brief.ratings}"
        )
    pairs = dict.fromkeys((block.question_id, variant_id) for block in blocks for variant_id in block.variant_ids)
    return tuple(
        NeededAnswer(
            question_id=question_id,
            variant_id=variant_id,
            sample=history.next_sample(variant_id, question_id, brief.index_id),
        )
        for question_id, variant_id in pairs
    )


def plan_review(history: History, brief: ReviewBrief, answers: Sequence[Answer]) -> tuple[PlanItem, ...]:
    """Deal the answers to reviewer slots, blind, in an order drawn for each slot.

    A question that some variant failed to answer is left out for all of them; its ratings go to other questions.

    Raises:
        RunError: Nothing can be compared, because too many answers failed.
    """
    made = {(a.question_id, a.variant_id): a for a in sorted(answers, key=lambda a: a.sample) if a.error is None}
    order = question_order(history, brief.questions, seed=brief.seed)
    on_record = history.ratings_by_question(brief.current_id)
    answered = [q for q in order if all((q, variant_id) in made for variant_id in brief.new_ids)]
    blocks = lay_out(
        brief,
        whole=[question for question in answered if (question, brief.current_id) in made],
        new_only=[question for question in answered if question in on_record] if brief.new_ids else [],
    )
    if not blocks:
        raise RunError(
            f"no question was answered by every variant to compare ({_failures(answers)})",
            remedy="look at the errors in answers.jsonl, then run the iteration again",
        )
    items = _items(blocks, {key: answer.id for key, answer in made.items()}, brief)
    return _with_key(items)


def question_order(history: History, questions: Iterable[Question], *, seed: int) -> list[str]:
    """Order questions by their turn: never rated first, then the longest ago, then the fewest ratings.

    So every question has its turn within three iterations if a third of them fits into one. Equals are in an order
    drawn by the seed, dev and val in proportion.
    """
    split = {question.id: question.split for question in questions}
    turns = _turns(history)
    groups: dict[tuple[int, int, str], list[str]] = {}
    for question_id in shuffled(split, "question", seed):
        groups.setdefault((*turns.get(question_id, (-1, 0)), split[question_id]), []).append(question_id)
    # Each question stands in the middle of its share of its group: 4 dev and 2 val are dealt d, v, d, d, v, d.
    places = {
        question_id: (review, count, (place + 0.5) / len(group), kind)
        for (review, count, kind), group in groups.items()
        for place, question_id in enumerate(group)
    }
    return sorted(places, key=lambda question_id: places[question_id])


def _turns(history: History) -> dict[str, tuple[int, int]]:
    """Return for each rated question the number of the last review that it was rated in, and its number of ratings."""
    began: dict[str, float] = {}
    for rating in history.ratings:
        began[rating.review_key] = min(rating.created, began.get(rating.review_key, rating.created))
    number = {key: place for place, key in enumerate(sorted(began, key=lambda key: (began[key], key)))}
    return {
        question_id: (max(number[rating.review_key] for rating in ratings), len(ratings))
        for question_id, ratings in history.ratings_by_question().items()
    }


def _items(blocks: Sequence[Block], answer_ids: dict[tuple[str, str], str], brief: ReviewBrief) -> list[PlanItem]:
    used = {(b.question_id, v): answer_ids[b.question_id, v] for b in blocks for v in b.variant_ids}
    # The answers are part of the draw: the current variant must not be the same letter in every review.
    draw = (brief.seed, sorted(used.values()))
    letters = dict(zip(shuffled({v for _, v in used}, "letter", *draw), _letters(), strict=False))
    role: dict[str, Role] = {brief.current_id: "current"}
    cells: dict[int, dict[str, tuple[str, Role]]] = {}
    for block in blocks:
        for variant_id in block.variant_ids:
            answer_id = used[block.question_id, variant_id]
            item_role: Role = "second" if block.second else role.get(variant_id, "new")
            cells.setdefault(block.slot, {})[answer_id] = (letters[variant_id], item_role)
    return [
        PlanItem(
            review_key="", answer_id=answer_id, letter=cell[answer_id][0], reviewer_slot=slot, position=position,
            role=cell[answer_id][1],
        )
        for slot, cell in sorted(cells.items())
        for position, answer_id in enumerate(shuffled(cell, "order", slot, *draw))
    ]  # fmt: skip


def _letters() -> list[str]:
    return [chr(ord("A") + number) for number in range(26)]


def _with_key(items: Sequence[PlanItem]) -> tuple[PlanItem, ...]:
    rows = [(item.answer_id, item.letter, item.reviewer_slot, item.position, item.role) for item in items]
    key = content_id("r", sorted({item.answer_id for item in items}), rows)
    return tuple(
        PlanItem(review_key=key, answer_id=answer_id, letter=letter, reviewer_slot=slot, position=position, role=role)
        for answer_id, letter, slot, position, role in rows
    )


def _failures(answers: Sequence[Answer]) -> str:
    failed = [answer.error for answer in answers if answer.error is not None]
    first = f", the first: {failed[0]}" if failed else ""
    return f"{len(failed)} of {len(answers)} answers failed{first}"
