from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import EXTRACT, answer, question, questions, rated_history, rating, review, variant
from made_records import SEED as SEED_PROMPT

from redraft.errors import InputError, RunError
from redraft.learning.history import History, make_history
from redraft.learning.plan import answer_tasks, due_questions, plan_review, question_order, questions_to_ask
from redraft.learning.protocols import ReviewBrief
from redraft.records import Answer, PlanItem, Question, Variant, make_prompt

SEED = variant()
NEW = [variant(make_prompt("answer", f"Explain in way {number}.")) for number in range(3)]


def answers_to(history: History, brief: ReviewBrief, failing: Sequence[tuple[str, str]] = ()) -> list[Answer]:
    by_id = {q.id: q for q in brief.questions}
    return [
        answer(
            needed.variant_id,
            by_id[needed.question_id],
            sample=needed.sample,
            error="timeout" if (needed.question_id, needed.variant_id) in failing else None,
        )
        for needed in questions_to_ask(history, brief)
    ]


def planned(history: History, brief: ReviewBrief) -> tuple[tuple[PlanItem, ...], dict[str, Answer]]:
    answers = answers_to(history, brief)
    return plan_review(history, brief, answers), {**history.answers, **{given.id: given for given in answers}}


def asked_of(plan: Sequence[PlanItem], answers: dict[str, Answer], *roles: str) -> list[str]:
    return [answers[item.answer_id].question_id for item in plan if item.role in roles]


def reviews_of(*groups: Sequence[Question], times: int = 1) -> History:
    """Make one review a group of questions, in which the seed variant's answers were rated so many times."""
    records: list[Any] = [SEED, *(q for group in groups for q in group)]
    for number, group in enumerate(groups):
        for q in group:
            given = answer(SEED, q, sample=number)
            more = {"created": float(number), "review_key": f"r-{number}"}
            records += [given, *(rating(given, 3, reviewer=f"r{n}", **more) for n in range(times))]
    return make_history(records)


def on_record(asked: Sequence[Question], score: int = 3) -> History:
    return rated_history({SEED: {q: [score] for q in asked}})


def cells(plan: Sequence[PlanItem], answers: dict[str, Answer]) -> dict[tuple[int, str], set[str]]:
    """Which variants each slot rates on each question."""
    found = defaultdict(set)
    for item in plan:
        found[item.reviewer_slot, answers[item.answer_id].question_id].add(answers[item.answer_id].variant_id)
    return dict(found)


briefs = st.builds(
    lambda n_dev, n_val, n_new, **fields: review(questions(n_dev, n_val), SEED, *NEW[:n_new], **fields),
    st.integers(1, 12),
    st.integers(0, 4),
    st.integers(1, 3),
    ratings=st.integers(4, 40),
    reviewers=st.integers(1, 6),
    current_share=st.sampled_from([0.0, 0.2, 0.34, 0.5, 0.9]),
    second_share=st.sampled_from([0.0, 0.15, 0.5]),
    anchor_share=st.sampled_from([0.0, 0.1, 0.5]),
    seed=st.integers(0, 2**31 - 1),
)


@given(briefs, st.integers(0, 12))
@settings(deadline=None)
def test_a_plan_keeps_its_promises_whatever_the_budget_slots_and_questions(brief: ReviewBrief, n_rated: int) -> None:
    history = on_record(brief.questions[:n_rated])
    plan, answers = planned(history, brief)
    recorded = set(history.ratings_by_question(SEED.id))

    assert 0 < len(plan) <= brief.ratings
    made = answers.keys() - history.answers.keys()
    assert {item.answer_id for item in plan if item.role != "anchor"} == made
    assert {item.answer_id for item in plan if item.role == "anchor"} <= history.answers.keys()
    assert len({(item.reviewer_slot, item.answer_id) for item in plan}) == len(plan)
    first = cells([i for i in plan if i.role in ("new", "current")], answers)
    for (_, question_id), rated in first.items():
        assert rated >= set(brief.new_ids)
        assert SEED.id in rated or question_id in recorded
    hidden = {q.id for q in brief.questions if q.split == "val"}
    if hidden and len(first) > 1:  # a promotion needs ratings of a val question
        assert hidden & {question_id for _, question_id in first}
    assert brief.reviewers > 1 or not any(item.role == "second" for item in plan)
    loads = Counter(item.reviewer_slot for item in plan)
    # slots are loaded equally, to within one block
    assert max(loads.values()) - min(loads.get(slot, 0) for slot in range(brief.reviewers)) <= len(brief.new_ids) + 1
    assert len({(item.letter, answers[item.answer_id].variant_id) for item in plan}) == len({i.letter for i in plan})
    for slot in loads:
        assert sorted(i.position for i in plan if i.reviewer_slot == slot) == list(range(loads[slot]))


@given(briefs)
@settings(deadline=None)
def test_in_the_first_iteration_every_slot_rates_all_variants_on_each_of_its_questions(brief: ReviewBrief) -> None:
    plan, answers = planned(History(), brief)

    for (slot, question_id), rated in cells(plan, answers).items():
        singles = [i for i in plan if i.reviewer_slot == slot and answers[i.answer_id].question_id == question_id]
        assert rated == {SEED.id, *brief.new_ids} or all(item.role == "second" for item in singles)


def test_the_first_iteration_rates_seed_and_new_equally_on_the_same_questions() -> None:
    plan, answers = planned(History(), review(questions(10, 2), SEED, NEW[0], ratings=16))

    assert Counter(item.role for item in plan) == {"current": 8, "new": 8}
    assert all(rated == {SEED.id, NEW[0].id} for rated in cells(plan, answers).values())


def test_a_current_variant_with_ratings_on_record_gets_its_share_and_the_new_one_the_rest() -> None:
    asked = questions(10, 2)

    plan, _ = planned(on_record(asked), review(asked, SEED, NEW[0], ratings=16))

    assert Counter(item.role for item in plan) == {"current": 5, "new": 11}


def test_two_new_variants_and_the_current_one_get_a_third_each_on_the_same_questions() -> None:
    asked = questions(10, 2)

    plan, answers = planned(on_record(asked), review(asked, SEED, *NEW[:2], ratings=24, reviewers=3))

    assert Counter(answers[i.answer_id].variant_id for i in plan) == {SEED.id: 8, NEW[0].id: 8, NEW[1].id: 8}
    assert all(len(rated) == 3 for rated in cells(plan, answers).values())


def test_a_new_variant_is_rated_alone_only_where_the_current_one_has_ratings_on_record() -> None:
    asked = questions(12)

    plan, answers = planned(on_record(asked[:2]), review(asked, SEED, NEW[0], ratings=16))

    alone = [question_id for (_, question_id), rated in cells(plan, answers).items() if SEED.id not in rated]
    assert set(alone) <= {q.id for q in asked[:2]}
    assert len(plan) == 16


@pytest.mark.parametrize("start", range(10))
def test_every_question_is_rated_within_any_three_iterations_if_a_third_of_them_fits_into_one(start: int) -> None:
    asked, current, history, rated = questions(9, 3), SEED, make_history([SEED]), []
    for iteration in range(9):
        new = variant(make_prompt("answer", f"Iteration {iteration}."))
        plan, answers = planned(history, review(asked, current, new, ratings=8, seed=100 * start + iteration))
        rated.append({answers[item.answer_id].question_id for item in plan})
        given_ratings = [
            rating(answers[item.answer_id], 3, created=float(iteration), review_key=item.review_key) for item in plan
        ]
        history = history.add([new, *asked, *answers.values(), *plan, *given_ratings])
        current = new if (start + iteration) % 2 else current  # some are promoted

    for first in range(7):
        assert set.union(*rated[first : first + 3]) == {q.id for q in asked}


def test_questions_that_were_not_asked_in_the_last_two_reviews_come_first() -> None:
    asked = questions(9)
    history = reviews_of(asked[:3], asked[3:6], asked[2:4])

    assert due_questions(history, asked) == {q.id for q in (*asked[:2], *asked[6:])}
    for seed in range(5):
        plan, answers = planned(history, review(asked, SEED, NEW[0], ratings=8, seed=seed))
        assert set(asked_of(plan, answers, "new")) == due_questions(history, asked)


def test_in_the_second_review_no_more_than_a_third_of_the_questions_costs_the_new_variant_ratings() -> None:
    """Eight of 18 questions wait for their first review, where only both variants together tell anything."""
    asked = questions(18)
    brief = review(asked, SEED, NEW[0], ratings=20)

    second, _ = planned(reviews_of(asked[:10]), brief)
    third, _ = planned(reviews_of(asked[:5], asked[5:10]), brief)

    assert Counter(item.role for item in second) == {"new": 13, "current": 7}
    assert Counter(item.role for item in third) == {"new": 12, "current": 8}


def test_an_answer_that_was_only_rated_again_gives_its_question_no_turn() -> None:
    asked = questions(2)
    old, again = answer(SEED, asked[0]), {"created": 1.0, "review_key": "r-1"}
    anchor = PlanItem(review_key="r-1", answer_id=old.id, letter="A", reviewer_slot=0, position=0, role="anchor")
    records = [SEED, *asked, old, rating(old, 3, review_key="r-0"), rating(old, 3, **again), anchor]
    others = [answer(SEED, asked[1], sample=n) for n in range(2)]
    records += [*others, *(rating(o, 3, created=2.0 + n, review_key=f"r-{2 + n}") for n, o in enumerate(others[:1]))]

    assert due_questions(make_history(records), asked) == {asked[0].id}


def test_without_any_rating_the_seed_draws_which_questions_are_asked() -> None:
    asked = questions(8)
    drawn = set()
    for seed in range(10):
        plan, answers = planned(History(), review(asked, SEED, NEW[0], ratings=6, seed=seed))
        drawn.add(frozenset(asked_of(plan, answers, "new")))

    assert len(drawn) > 5


def test_questions_with_fewer_ratings_come_first_and_equals_in_an_order_drawn_by_the_seed() -> None:
    asked = questions(4)
    history = rated_history({SEED: {q: [3] * n for n, q in enumerate(asked[1:])}})

    assert question_order(history, asked, seed=1)[2:] == [q.id for q in asked[2:]]
    assert len({tuple(question_order(history, asked, seed=seed)) for seed in range(10)}) == 2


def test_a_new_variant_is_rated_alone_where_most_is_known_of_the_current_one() -> None:
    """Variance of a difference: what the current variant is worth on the question counts as much as the new one."""
    asked = questions(6)
    for well_known in asked:
        ratings = {q: [3] * (6 if q == well_known else 1) for q in asked}
        plan, answers = planned(rated_history({SEED: ratings}), review(asked, SEED, NEW[0], ratings=1))
        assert asked_of(plan, answers, "new") == [well_known.id]


def test_dev_and_val_questions_are_asked_in_proportion() -> None:
    asked = questions(12, 6)
    split = {q.id: q.split for q in asked}
    for seed in range(5):
        plan, answers = planned(History(), review(asked, SEED, NEW[0], ratings=18, seed=seed))
        assert Counter(split[q] for q in asked_of(plan, answers, "new")) == {"dev": 6, "val": 3}


def test_a_val_question_is_asked_even_when_it_is_no_val_questions_turn() -> None:
    asked = questions(8, 1)
    history = reviews_of(asked[8:], asked[8:])

    plan, answers = planned(history, review(asked, SEED, NEW[0], ratings=4))

    assert asked[8].id in asked_of(plan, answers, "new")
    assert len(set(asked_of(plan, answers, "new"))) > 1


def test_second_readers_get_their_share_in_whole_blocks_that_another_slot_has() -> None:
    plan, answers = planned(History(), review(questions(20), SEED, NEW[0], ratings=24, reviewers=3, second_share=0.15))

    second = [item for item in plan if item.role == "second"]
    assert len(second) == 4
    assert all(rated == {SEED.id, NEW[0].id} for rated in cells(second, answers).values())
    for item in second:
        assert {i.reviewer_slot for i in plan if i.answer_id == item.answer_id} > {item.reviewer_slot}


def test_one_slot_has_no_second_reader() -> None:
    plan, _ = planned(History(), review(questions(20), SEED, NEW[0], ratings=24, second_share=0.5))

    assert Counter(item.role for item in plan) == {"current": 12, "new": 12}


def test_what_is_left_beyond_the_second_readers_share_goes_to_further_questions_first() -> None:
    asked = questions(12)
    for n_questions, n_second in ((12, 4), (10, 4), (9, 6)):
        brief = review(asked[:n_questions], SEED, NEW[0], ratings=24, reviewers=3, second_share=0.15)
        plan, _ = planned(History(), brief)
        assert Counter(item.role for item in plan)["second"] == n_second


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    asked = questions(10, 2)
    plans = [planned(History(), review(asked, SEED, NEW[0], seed=seed, reviewers=2))[0] for seed in (1, 1, 2)]

    assert plans[0] == plans[1] != plans[2]
    assert plans[0][0].review_key == plans[1][0].review_key != plans[2][0].review_key


def test_the_order_in_which_answers_arrive_does_not_matter() -> None:
    brief = review(questions(10, 2), SEED, NEW[0], reviewers=2)
    answers = answers_to(History(), brief)

    assert plan_review(History(), brief, answers) == plan_review(History(), brief, answers[::-1])


def test_the_letter_of_the_current_variant_is_drawn_anew_for_each_review() -> None:
    letters = Counter()
    for seed in range(40):
        plan, answers = planned(History(), review(questions(6), SEED, NEW[0], seed=seed))
        letters[next(i.letter for i in plan if answers[i.answer_id].variant_id == SEED.id)] += 1

    assert set(letters) == {"A", "B"}
    assert min(letters.values()) >= 10


def test_the_order_of_items_does_not_give_away_which_is_new() -> None:
    first = Counter()
    for seed in range(40):
        plan, _ = planned(History(), review(questions(6), SEED, NEW[0], seed=seed))
        first[next(item.role for item in plan if item.position == 0)] += 1

    assert min(first.values()) >= 10


def test_failed_answers_are_never_planned_and_their_question_is_left_out_for_all_variants() -> None:
    asked = questions(6)
    brief = review(asked, SEED, NEW[0], ratings=12)
    failed = asked[0].id
    answers = answers_to(History(), brief, failing=[(failed, NEW[0].id)])

    plan = plan_review(History(), brief, answers)

    by_id = {given.id: given for given in answers}
    assert failed not in {by_id[item.answer_id].question_id for item in plan}
    assert len(plan) == 10


def test_when_the_current_answer_failed_a_question_on_record_still_gets_its_new_answer_rated() -> None:
    asked = questions(6)
    history, brief = on_record(asked), review(asked, SEED, NEW[0], ratings=6)
    answers = answers_to(history, brief, failing=[(q.id, SEED.id) for q in asked])

    plan = plan_review(history, brief, answers)

    assert {item.role for item in plan} == {"new"}


def test_when_every_answer_failed_the_error_says_so_and_why() -> None:
    asked = questions(3)
    brief = review(asked, SEED, NEW[0])
    answers = answers_to(History(), brief, failing=[(q.id, SEED.id) for q in asked])

    with pytest.raises(RunError, match="3 of 6 answers failed, the first: timeout"):
        plan_review(History(), brief, answers)


def test_a_budget_of_one_cannot_compare_and_the_error_names_the_setting() -> None:
    with pytest.raises(InputError, match=r"run.ratings must be >= 2"):
        questions_to_ask(History(), review(questions(3), SEED, NEW[0], ratings=1))


def test_a_budget_of_one_rates_the_new_variant_where_the_current_one_is_on_record() -> None:
    asked = questions(3)

    plan, _ = planned(on_record(asked), review(asked, SEED, NEW[0], ratings=1))

    assert [item.role for item in plan] == ["new"]


def test_a_plan_for_nobody_is_refused_and_the_error_names_the_setting() -> None:
    with pytest.raises(InputError, match=r"plan.reviewers must be >= 1, got 0"):
        questions_to_ask(History(), review(questions(3), SEED, NEW[0], reviewers=0))


def test_answers_are_made_from_the_questions_as_this_iteration_has_them() -> None:
    before = question("How?", answerable=False)
    now = question("How?", answerable=True)
    history = make_history([SEED, before, EXTRACT, SEED_PROMPT])
    needed = questions_to_ask(history, review([now], SEED, ratings=2))

    assert [(task.question, task.variant, task.sample) for task in answer_tasks(needed, history, [now])] == [
        (now, SEED, 0)
    ]


def test_without_a_question_the_error_says_what_to_do() -> None:
    with pytest.raises(InputError, match="no example question"):
        questions_to_ask(History(), review([], SEED, NEW[0]))


def test_without_a_new_variant_the_current_one_is_rated_alone() -> None:
    plan, _ = planned(History(), review(questions(3), SEED, ratings=2))

    assert [item.role for item in plan] == ["current", "current"]


def test_more_reviewers_than_items_leaves_slots_empty() -> None:
    plan, _ = planned(History(), review(questions(5), SEED, NEW[0], ratings=4, reviewers=9))

    assert Counter(item.reviewer_slot for item in plan) == {0: 2, 1: 2}


def test_with_one_question_what_is_left_goes_to_second_readers_one_a_slot() -> None:
    plan, _ = planned(History(), review(questions(1), SEED, NEW[0], ratings=16, reviewers=3))

    assert Counter(item.role for item in plan) == {"current": 1, "new": 1, "second": 4}
    assert Counter(item.reviewer_slot for item in plan) == {0: 2, 1: 2, 2: 2}


def test_with_one_question_and_one_reviewer_the_rest_of_the_budget_is_left() -> None:
    plan, _ = planned(History(), review([question("how?")], SEED, NEW[0], ratings=16))

    assert len(plan) == 2


def test_an_odd_rating_goes_to_a_second_reader_of_a_new_answer() -> None:
    plan, answers = planned(History(), review(questions(8), SEED, NEW[0], ratings=5, reviewers=2))

    second = [answers[item.answer_id].variant_id for item in plan if item.role == "second"]
    assert second == [NEW[0].id]


def test_the_current_variant_answers_again_with_the_next_sample() -> None:
    asked = questions(4)

    needed = questions_to_ask(on_record(asked), review(asked, SEED, NEW[0], ratings=6))

    assert {n.sample for n in needed if n.variant_id == SEED.id} == {1}
    assert {n.sample for n in needed if n.variant_id == NEW[0].id} == {0}


def test_no_answer_is_asked_for_that_is_not_planned() -> None:
    asked = questions(10, 2)
    for history in (History(), on_record(asked)):
        plan, answers = planned(history, review(asked, SEED, NEW[0], reviewers=3))
        assert {item.answer_id for item in plan} == answers.keys() - history.answers.keys()


def test_a_plan_from_records_that_were_read_twice_is_the_same() -> None:
    asked = questions(6)
    history = on_record(asked)
    brief = review(asked, SEED, NEW[0])

    assert planned(history, brief) == planned(make_history([*history.records(), *history.records()]), brief)


def variants(plan: Sequence[PlanItem], answers: dict[str, Answer]) -> set[str]:
    return {answers[item.answer_id].variant_id for item in plan}


def test_a_variant_listed_as_new_and_current_is_compared_once() -> None:
    fields: Variant = NEW[0]
    plan, answers = planned(History(), review(questions(4), SEED, SEED, fields))

    assert variants(plan, answers) == {SEED.id, fields.id}
    assert len({item.answer_id for item in plan}) == len(plan)


def test_a_current_prompt_that_is_rated_alone_again_costs_people_a_third() -> None:
    """There is nothing to compare it with: before its first ratings all of the budget is for comments to learn from."""
    asked = questions(9)
    first, _ = planned(History(), review(asked, SEED, ratings=24))
    again, _ = planned(on_record(asked), review(asked, SEED, ratings=24, anchor_share=0.0))

    assert len(first) == 9
    assert len(again) == 8
