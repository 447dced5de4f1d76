from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import answer, question, questions, rating, review, variant

from redraft.learning.anchors import review_keys, wanted_anchors, who_had
from redraft.learning.history import History, make_history
from redraft.learning.plan import plan_review, questions_to_ask
from redraft.learning.protocols import ReviewBrief
from redraft.records import Answer, PlanItem, Question, Variant, make_prompt

SEED = variant()
OLD, NEW = (variant(make_prompt("answer", f"Explain {how}.")) for how in ("of old", "anew"))
ASKED = questions(10, 2)


def said(of: Variant, to: Question, sample: int = 0, **fields: Any) -> Answer:
    return answer(of, to, sample=sample, text=f"{of.id} says {sample} to {to.text}", **fields)


def item_of(given_answer: Answer, role: Any = "new", *, slot: int = 0, review_key: str = "r-1") -> PlanItem:
    return PlanItem(
        review_key=review_key, answer_id=given_answer.id, letter="A", reviewer_slot=slot, position=0, role=role
    )


def before(*given_answers: Answer, scores: tuple[int, ...] = (3,), reviewer: str = "ann") -> History:
    """Make a history in which answers were rated in one review, each with the next score."""
    ratings = [
        rating(each, scores[n % len(scores)], reviewer=reviewer, created=1.0) for n, each in enumerate(given_answers)
    ]
    return make_history([SEED, OLD, NEW, *ASKED, *given_answers, *ratings])


def brief(**fields: Any) -> ReviewBrief:
    return review(ASKED, SEED, NEW, **{"ratings": 20, "anchor_share": 0.1, **fields})


def plan_of(history: History, of: ReviewBrief) -> tuple[PlanItem, ...]:
    asked = {q.id: q for q in of.questions}
    by_id = {v.id: v for v in (SEED, OLD, NEW)}
    needed = questions_to_ask(history, of)
    return plan_review(history, of, [said(by_id[n.variant_id], asked[n.question_id], n.sample) for n in needed])


def anchors_of(history: History, of: ReviewBrief) -> list[Answer]:
    return [history.answers[item.answer_id] for item in plan_of(history, of) if item.role == "anchor"]


@pytest.mark.parametrize(
    ("ratings", "share", "wanted"), [(20, 0.1, 2), (24, 0.1, 2), (10, 0.04, 1), (9, 0.04, 0), (20, 0.0, 0), (3, 0.5, 1)]
)
def test_the_share_is_rounded_and_a_budget_of_ten_has_one_at_least(ratings: int, share: float, wanted: int) -> None:
    assert wanted_anchors(brief(ratings=ratings, anchor_share=share)) == wanted


def test_answers_of_an_earlier_review_are_rated_again_within_the_budget_under_a_letter_of_their_own() -> None:
    history = before(*(said(OLD, q) for q in ASKED))

    plan = plan_of(history, brief())

    again = [item for item in plan if item.role == "anchor"]
    assert len(plan) == 20
    assert len(again) == 2
    assert {item.answer_id for item in again} <= history.answers.keys()
    letters = {item.letter for item in again}
    assert len(letters) == 1
    assert letters.isdisjoint({item.letter for item in plan if item.role != "anchor"})


def test_without_an_earlier_review_the_whole_budget_goes_to_new_answers() -> None:
    assert Counter(item.role for item in plan_of(before(), brief())) == {"current": 10, "new": 10}


def test_an_anchor_of_a_compared_variant_has_that_variants_letter() -> None:
    history = before(*(said(NEW, q) for q in ASKED[:4]))
    of = brief(ratings=10)
    plan = plan_of(history, of)

    made = {said(NEW, q, sample).id for q in ASKED for sample in (0, 1)}
    letters = {item.letter for item in plan if item.answer_id in made}
    assert any(item.role == "anchor" for item in plan)
    assert len(letters) == 1


def test_scores_of_anchors_are_spread_from_the_ends() -> None:
    scores = (3, 1, 3, 5, 3, 2, 4)
    history = before(*(said(OLD, q) for q in ASKED), scores=scores)
    level = {r.answer_id: r.score for r in history.ratings}

    again = anchors_of(history, brief(anchor_share=0.25))

    assert sorted(level[a.id] for a in again) == [1, 2, 3, 4, 5]
    assert sorted(level[a.id] for a in anchors_of(history, brief())) == [1, 5]


def test_an_answer_whose_passages_are_not_all_in_the_index_is_no_anchor() -> None:
    kept = said(OLD, ASKED[0], chunk_ids=("c-1",))
    changed = said(OLD, ASKED[1], chunk_ids=("c-1", "c-2"))
    history = before(kept, changed)

    assert anchors_of(history, brief(known_chunks=frozenset({"c-1", "c-3"}))) == [kept]
    assert anchors_of(history, brief()) == []


def test_an_answer_of_another_model_is_no_anchor() -> None:
    other = variant(make_prompt("answer", "Explain of old."), model="other")

    assert anchors_of(before(said(other, ASKED[0])).add([other]), brief()) == []


def test_an_answer_to_a_question_that_is_not_asked_any_more_is_no_anchor() -> None:
    assert anchors_of(before(said(OLD, question("retired?"))), brief()) == []


def test_a_failed_answer_and_one_that_nobody_rated_are_no_anchors() -> None:
    failed, unrated = answer(OLD, ASKED[0], error="timeout"), said(OLD, ASKED[1])

    assert anchors_of(before(failed).add([unrated]), brief()) == []


def test_an_answer_that_was_an_anchor_in_the_last_review_rests_for_one() -> None:
    first, second = said(OLD, ASKED[0]), said(OLD, ASKED[1])
    history = before(first).add([item_of(first, "anchor")])

    assert anchors_of(history, brief()) == []
    later = history.add([second, rating(second, 3, created=2.0, review_key="r-2")])
    assert {a.id for a in anchors_of(later, brief())} == {first.id, second.id}


def test_an_answer_that_says_the_same_as_a_new_one_is_not_shown_beside_it() -> None:
    asked = ASKED[:6]
    twins = [answer(OLD, q, text=f"{NEW.id} says 0 to {q.text}") for q in asked]

    assert anchors_of(before(*twins), review(asked, SEED, NEW, ratings=14, anchor_share=0.1)) == []


def test_a_variant_never_answers_a_question_twice_in_one_review() -> None:
    history = before(*(said(SEED, q) for q in ASKED))
    for seed in range(10):
        plan = plan_of(history, brief(seed=seed, anchor_share=0.5))
        cells = Counter(
            (a.variant_id, a.question_id)
            for item in plan
            for a in [history.answers.get(item.answer_id) or _made(item.answer_id)]
        )
        assert max(cells.values()) == 1
        assert any(item.role == "anchor" for item in plan)


def _made(answer_id: str) -> Answer:
    return next(a for v in (SEED, NEW) for q in ASKED for n in (0, 1) if (a := said(v, q, n)).id == answer_id)


def test_answers_that_many_rated_are_preferred() -> None:
    many = said(OLD, ASKED[3])
    history = before(*(said(OLD, q) for q in ASKED)).add([rating(many, 3, reviewer=name) for name in ("ben", "cy")])

    assert anchors_of(history, brief(ratings=10)) == [many]


def test_an_anchor_goes_to_the_slot_of_somebody_who_rated_it() -> None:
    """Only a person who rates an answer a second time can show drift."""
    of_ann, of_ben = [said(OLD, q) for q in ASKED[:6]], [said(OLD, q) for q in ASKED[6:]]
    history = before(*of_ann).merge(before(*of_ben, reviewer="ben"))
    history = history.add([*(item_of(a, slot=0) for a in of_ann), *(item_of(a, slot=1) for a in of_ben)])
    slot_of = {a.id: slot for slot, answers in enumerate((of_ann, of_ben)) for a in answers}

    for seed in range(5):
        again = [i for i in plan_of(history, brief(reviewers=2, anchor_share=0.2, seed=seed)) if i.role == "anchor"]
        assert len(again) == 4
        assert all(item.reviewer_slot == slot_of[item.answer_id] for item in again)


def test_who_had_a_slot_is_who_rated_most_of_it_in_the_last_review() -> None:
    one, two, three = (said(OLD, q) for q in ASKED[:3])
    history = make_history(
        [
            *(one, two, three, item_of(one), item_of(two), item_of(three, slot=1)),
            *(rating(one, 3, reviewer="ann"), rating(two, 3, reviewer="ann"), rating(one, 3, reviewer="ben")),
            rating(three, 3, reviewer="ben"),
            rating(three, 3, reviewer="cy", review_key="r-0", created=0.5),
        ]
    )

    assert review_keys(history) == ["r-0", "r-1"]
    assert who_had(history) == {0: "ann", 1: "ben"}
    assert who_had(History()) == {}


@given(st.integers(2, 40), st.integers(1, 5), st.sampled_from([0.0, 0.1, 0.5]), st.integers(0, 12), st.integers(0, 9))
@settings(deadline=None, max_examples=50)
def test_anchors_never_cost_more_than_their_share_and_never_unbalance_the_slots(
    ratings: int, reviewers: int, share: float, n_old: int, seed: int
) -> None:
    history = before(*(said(OLD, q) for q in ASKED[:n_old]), scores=(1, 3, 5))
    of = brief(ratings=ratings, reviewers=reviewers, anchor_share=share, seed=seed)

    plan = plan_of(history, of)

    again = [item for item in plan if item.role == "anchor"]
    assert len(again) == min(n_old, wanted_anchors(of))
    assert len(plan) <= ratings
    loads = Counter(item.reviewer_slot for item in plan)
    assert max(loads.values()) - min(loads.get(slot, 0) for slot in range(reviewers)) <= 2
    assert plan == plan_of(history, of)
