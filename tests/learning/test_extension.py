from __future__ import annotations

from made_records import answer, questions, rating, review, variant

from redraft.learning.dealing import People, deal
from redraft.learning.extension import Reader, extend
from redraft.learning.history import History, make_history
from redraft.learning.plan import plan_review, questions_to_ask
from redraft.learning.protocols import ReviewBrief
from redraft.records import Answer, PlanItem, make_prompt

SEED = variant()
NEW = variant(make_prompt("answer", "Explain anew."))
ASKED = questions(6, 2)


def planned(brief: ReviewBrief, before: History | None = None) -> tuple[tuple[PlanItem, ...], History]:
    history = (before or History()).add([SEED, NEW, *ASKED])
    asked = {q.id: q for q in brief.questions}
    answers = [answer(n.variant_id, asked[n.question_id], sample=n.sample) for n in questions_to_ask(history, brief)]
    plan = plan_review(history, brief, answers)
    return plan, history.add([*answers, *plan])


def seen_by(plan: tuple[PlanItem, ...], slot: int) -> frozenset[str]:
    return frozenset(item.answer_id for item in plan if item.reviewer_slot == slot)


def about(items: tuple[PlanItem, ...], history: History) -> list[Answer]:
    return [history.answers[item.answer_id] for item in items]


BRIEF = review(ASKED, SEED, NEW, ratings=12, reviewers=2)


def test_an_extension_has_the_reviews_key_and_letters_and_comes_after_the_slots_last_position() -> None:
    plan, history = planned(BRIEF)
    letters = {item.answer_id: item.letter for item in plan}

    more = extend(plan, history, BRIEF, 2, Reader(name="ann", slot=0, seen=seen_by(plan, 0)))

    assert {item.review_key for item in more} == {plan[0].review_key}
    assert [(item.reviewer_slot, item.position) for item in more] == [(0, 6), (0, 7)]
    assert all(item.letter == letters[item.answer_id] and item.role == "second" for item in more)


def test_nobody_is_given_an_answer_that_they_saw_and_there_is_an_end() -> None:
    plan, history = planned(BRIEF)
    reader = Reader(name="ann", slot=0, seen=seen_by(plan, 0))

    more = extend(plan, history, BRIEF, 100, reader)

    assert {item.answer_id for item in more} == seen_by(plan, 1)
    assert len(more) == 6
    assert extend(plan, history, BRIEF, 3, Reader(name="ann", slot=0, seen=frozenset(history.answers))) == ()


def test_two_more_ratings_compare_both_variants_on_one_question() -> None:
    plan, history = planned(BRIEF)

    more = about(extend(plan, history, BRIEF, 2, Reader(name="ann", slot=0, seen=seen_by(plan, 0))), history)

    assert {each.variant_id for each in more} == {SEED.id, NEW.id}
    assert len({each.question_id for each in more}) == 1


def test_what_others_will_still_rate_counts_as_if_it_were_rated() -> None:
    """A question that three more people are going to read is not the one that a further person should read."""
    plan, history = planned(BRIEF)
    reader = Reader(name="ann", slot=0, seen=seen_by(plan, 0))
    first = about(extend(plan, history, BRIEF, 1, reader), history)[0]
    crowd = [
        PlanItem(
            review_key=plan[0].review_key, answer_id=item.answer_id, letter=item.letter, reviewer_slot=slot, position=0,
            role="second",
        )
        for slot in (2, 3, 4)
        for item in plan
        if item.reviewer_slot == 1 and history.answers[item.answer_id].question_id == first.question_id
    ]  # fmt: skip

    again = about(extend((*plan, *crowd), history, BRIEF, 1, reader), history)[0]

    assert again.question_id != first.question_id


def test_an_anchor_is_not_read_by_further_people() -> None:
    old = variant(make_prompt("answer", "Explain of old."))
    earlier = answer(old, ASKED[0], text="old")
    before = make_history([old, earlier, rating(earlier, 3, review_key="r-0")])
    brief = review(ASKED, SEED, NEW, ratings=12, reviewers=2, anchor_share=0.1)
    plan, history = planned(brief, before)
    assert [item.answer_id for item in plan if item.role == "anchor"] == [earlier.id]

    more = extend(plan, history, brief, 100, Reader(name="cy", slot=2, seen=frozenset()))

    assert {item.answer_id for item in more} == {item.answer_id for item in plan} - {earlier.id}


def test_an_extension_is_dealt_to_the_person_that_it_was_made_for() -> None:
    plan, history = planned(BRIEF)
    rated = [
        rating(history.answers[item.answer_id], 3, reviewer=f"p{item.reviewer_slot}", review_key=item.review_key)
        for item in plan
    ]
    question_of = {each.id: each.question_id for each in history.answers.values()}
    for name, slot in (("p0", 0), ("p1", 1), ("late", 2)):
        people = People(came=("p0", "p1", "late"))
        seen = frozenset(item.answer_id for item in deal(plan, question_of, people, rated)[name])
        more = extend(plan, history.add(rated), BRIEF, 2, Reader(name=name, slot=slot, seen=seen))
        shares = deal(plan, question_of, people, rated, more)
        assert len(more) == 2
        assert shares[name][-2:] == more


def test_the_same_extension_is_made_twice() -> None:
    plan, history = planned(BRIEF)
    reader = Reader(name="ann", slot=5, seen=frozenset())

    assert extend(plan, history, BRIEF, 4, reader) == extend(plan, history, BRIEF, 4, reader)
