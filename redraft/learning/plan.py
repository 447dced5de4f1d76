"""The rating plan, in blocks: a reviewer who rates a new variant on a question rates the current one on it too.

Two steps, because answers are made after questions are chosen: `questions_to_ask` chooses by history, `plan_review`
plans what was answered. Both lay out the same blocks (`redraft.learning.blocks`), beside the same number of old answers
that are rated again (`redraft.learning.anchors`). The plan names slots, not people: `redraft.learning.dealing` says who
rates what once they are there.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from redraft.answering.answer import AnswerTask
from redraft.errors import InputError, RunError
from redraft.learning.anchors import Anchor, choose_anchors, find_candidates, review_keys, wanted_anchors, who_had
from redraft.learning.blocks import Block, Choice, lay_out, planning_posterior
from redraft.learning.chance import shuffled
from redraft.learning.history import History
from redraft.learning.imported import own_part
from redraft.learning.protocols import NeededAnswer, ReviewBrief
from redraft.learning.threads import one_thread
from redraft.records import Answer, PlanItem, Question, Role, content_id

RESTS = 2  # reviews after which a question's turn comes again: every one is rated within three iterations

Made = Mapping[tuple[str, str], Answer]
"""Answers by question and variant."""


@dataclass(frozen=True, slots=True)
class BlockedPlan:
    """The `PlanReview` policy of this module."""

    def ask(self, history: History, brief: ReviewBrief) -> tuple[NeededAnswer, ...]:
        """See `questions_to_ask`."""
        return questions_to_ask(history, brief)

    def plan(self, history: History, brief: ReviewBrief, answers: Sequence[Answer]) -> tuple[PlanItem, ...]:
        """See `plan_review`."""
        return plan_review(history, brief, answers)


@one_thread
def questions_to_ask(history: History, brief: ReviewBrief) -> tuple[NeededAnswer, ...]:
    """Choose which variant has to answer which question, before anything is answered.

    Raises:
        InputError: There is no question or no reviewer, or the budget is too small for one comparison.
    """
    history = own_part(history)
    if not brief.questions:
        raise InputError("there is no example question to rate answers to", remedy="add some to the questions file")
    if brief.reviewers < 1:
        raise InputError(f"plan.reviewers must be >= 1, got {brief.reviewers}")
    asked = {question.id for question in brief.questions}
    blocks, _ = _lay_out(
        history, brief, whole=asked, new_only=asked & history.ratings_by_question(brief.current_id).keys()
    )
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


def answer_tasks(needed: Iterable[NeededAnswer], history: History, questions: Iterable[Question]) -> list[AnswerTask]:
    """Put together what the answers are made from: prompts from the history, questions as this iteration has them."""
    asked = {question.id: question for question in questions}
    pairs = [(each, history.variant(each.variant_id)) for each in needed]
    return [
        AnswerTask(
            question=asked[each.question_id],
            variant=variant,
            answer_prompt=history.prompt(variant.answer_prompt_id),
            extract_prompt=history.prompt(variant.extract_prompt_id),
            sample=each.sample,
        )
        for each, variant in pairs
    ]


@one_thread
def plan_review(history: History, brief: ReviewBrief, answers: Sequence[Answer]) -> tuple[PlanItem, ...]:
    """Plan who rates which answer, blind, in an order drawn for each slot.

    A question that some new variant failed to answer is left out for all of them; one that the current variant failed
    to answer is rated without it where it has ratings on record. What that leaves of the budget is spent otherwise.

    Raises:
        RunError: Nothing can be compared, because too many answers failed.
    """
    history = own_part(history)
    made = {(a.question_id, a.variant_id): a for a in sorted(answers, key=lambda a: a.sample) if a.error is None}
    answered = {q.id for q in brief.questions if all((q.id, variant_id) in made for variant_id in brief.new_ids)}
    whole = {question_id for question_id in answered if (question_id, brief.current_id) in made}
    on_record = history.ratings_by_question(brief.current_id).keys() if brief.new_ids else set()
    blocks, anchors = _lay_out(history, brief, whole=whole, new_only=(answered - whole) & on_record, made=made)
    if not blocks:
        raise RunError(
            f"no question was answered by every variant to compare ({_failures(answers)})",
            remedy="look at the errors in answers.jsonl, then run the iteration again",
        )
    return _with_key(_items(blocks, anchors, made, brief))


def question_order(history: History, questions: Iterable[Question], *, seed: int) -> list[str]:
    """Order questions by their number of ratings, fewest first; equals in an order drawn by the seed."""
    rated = history.ratings_by_question()
    drawn = shuffled({question.id for question in questions}, "question", seed)
    return sorted(drawn, key=lambda question_id: len(rated.get(question_id, ())))


def due_questions(history: History, questions: Iterable[Question]) -> frozenset[str]:
    """Return the questions whose turn it is: not asked in the last two reviews, anchors not counted.

    If a third of the questions fits into a review, every one is rated at least once in three iterations.
    """
    recent = set(review_keys(history)[-RESTS:])
    again = {(item.review_key, item.answer_id) for item in history.plan if item.role == "anchor"}
    rested = {
        answer.question_id
        for rating, answer in history.rated()
        if rating.review_key in recent and (rating.review_key, answer.id) not in again
    }
    return frozenset(question.id for question in questions if question.id not in rested)


def _lay_out(
    history: History, brief: ReviewBrief, *, whole: set[str], new_only: set[str], made: Made | None = None
) -> tuple[list[Block], list[Anchor]]:
    """Lay out blocks, and anchors beside them: as many as are wanted, or as there are.

    A current variant that is rated alone, and was rated before, gets a third of the budget: its ratings compare
    nothing, and what they are good for, comments, does not take many.
    """
    if not brief.new_ids and history.ratings_of(brief.current_id):
        brief = dataclasses.replace(brief, ratings=math.ceil(brief.ratings / 3))
    due = due_questions(history, brief.questions)
    late = len(review_keys(history)) >= RESTS  # before, what was not asked yet has not waited for so long
    choice = Choice(
        order=tuple(question_order(history, brief.questions, seed=brief.seed)),
        due=due,
        pressing=len(due) if late else math.ceil(len(brief.questions) / (RESTS + 1)),
        val=frozenset(question.id for question in brief.questions if question.split == "val"),
        whole=frozenset(whole),
        new_only=frozenset(new_only),
        answered=made is not None,
    )
    said = {(answer.question_id, answer.text) for answer in (made or {}).values()}
    candidates = [c for c in find_candidates(history, brief) if (c.answer.question_id, c.answer.text) not in said]
    posterior, people = planning_posterior(history, brief), who_had(history)
    # What can be an anchor depends on the blocks, and how many blocks there are on the number of anchors.
    for n in range(min(wanted_anchors(brief), len(candidates)), 0, -1):
        blocks = lay_out(brief, choice, posterior, brief.ratings - n)
        anchors = choose_anchors(candidates, n, blocks, brief=brief, people=people)
        if len(anchors) == n:
            return blocks, anchors
    return lay_out(brief, choice, posterior, brief.ratings), []


def _items(blocks: Sequence[Block], anchors: Sequence[Anchor], made: Made, brief: ReviewBrief) -> list[PlanItem]:
    cells: dict[int, dict[str, tuple[str, Role]]] = {}  # slot -> answer -> its variant and role
    for block in blocks:
        for variant_id in block.variant_ids:
            role: Role = "second" if block.second else "current" if variant_id == brief.current_id else "new"
            cells.setdefault(block.slot, {})[made[block.question_id, variant_id].id] = (variant_id, role)
    for anchor in anchors:
        cells.setdefault(anchor.slot, {})[anchor.answer.id] = (anchor.answer.variant_id, "anchor")
    # The answers are part of the draw: the current variant must not be the same letter in every review.
    draw = (brief.seed, sorted({answer_id for cell in cells.values() for answer_id in cell}))
    variant_ids = {variant_id for cell in cells.values() for variant_id, _ in cell.values()}
    letters = dict(zip(shuffled(variant_ids, "letter", *draw), _letters(), strict=False))
    return [
        PlanItem(
            review_key="", answer_id=answer_id, letter=letters[cell[answer_id][0]], reviewer_slot=slot,
            position=position, role=cell[answer_id][1],
        )
        for slot, cell in sorted(cells.items())
        for position, answer_id in enumerate(shuffled(cell, "order", slot, *draw))
    ]  # fmt: skip


def _letters() -> Iterator[str]:
    """A to Z, then AA, AB and so on.

    >>> list(itertools.islice(_letters(), 25, 28))
    ['Z', 'AA', 'AB']
    """
    for length in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_uppercase, repeat=length))


def _with_key(items: Sequence[PlanItem]) -> tuple[PlanItem, ...]:
    rows = [(item.answer_id, item.letter, item.reviewer_slot, item.position, item.role) for item in items]
    key = content_id("r", sorted({item.answer_id for item in items}), rows)
    return tuple(dataclasses.replace(item, review_key=key) for item in items)


def _failures(answers: Sequence[Answer]) -> str:
    failed = [answer.error for answer in answers if answer.error is not None]
    first = f", the first: {failed[0]}" if failed else ""
    return f"{len(failed)} of {len(answers)} answers failed{first}"
