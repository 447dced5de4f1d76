from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_records import EXTRACT, SEED, answer, decision, question, rated_history, rating, variant

from redraft.errors import RecordError
from redraft.learning.dev_view import dev_view
from redraft.learning.history import History, current_variant, derive_variant, make_history, settings_of
from redraft.records import Candidate, Judgement, Overall, PlanItem, Theme, make_prompt

BETTER = make_prompt("answer", "Explain with sources.", parent_ids=(SEED.id,))


def test_within_a_review_a_later_rating_supersedes_an_earlier_one_by_reviewer_and_answer() -> None:
    given_answer = answer(variant(), question("how?"))
    first, second = rating(given_answer, 2, created=1.0), rating(given_answer, 4, created=2.0)
    other = rating(given_answer, 1, reviewer="bob", created=0.5)

    history = make_history([second, first, other, given_answer])

    assert history.ratings == (other, second)


def test_a_rating_given_again_in_another_review_stands_beside_the_first() -> None:
    given_answer = answer(variant(), question("how?"))
    first, changed = rating(given_answer, 2, created=1.0), rating(given_answer, 3, created=1.5)
    again = rating(given_answer, 4, created=2.0, review_key="r-2")

    assert make_history([again, changed, first, given_answer]).ratings == (changed, again)


def test_of_two_ratings_in_the_same_moment_the_one_that_says_it_supersedes_wins() -> None:
    given_answer = answer(variant(), question("how?"))
    first = rating(given_answer, 2, id="z")
    second = rating(given_answer, 4, id="a", supersedes="z")

    assert make_history([first, second]).ratings == make_history([second, first]).ratings == (second,)


def test_a_later_overall_supersedes_an_earlier_one() -> None:
    early = Overall(review_key="r", letter="A", reviewer="ann", score=2, created=1.0)
    late = Overall(review_key="r", letter="A", reviewer="ann", score=3, created=2.0)

    assert make_history([late, early]).overalls == (late,)


def test_ratings_of_failed_or_unknown_answers_say_nothing_of_a_variant() -> None:
    failed, unknown = answer(variant(), question("how?"), error="timeout"), answer(variant(), question("why?"))
    history = make_history([variant(), failed, rating(failed, 1), rating(unknown, 1)])

    assert history.ratings_of(variant().id) == ()


@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_history_does_not_depend_on_how_its_parts_were_cut_ordered_or_repeated(
    chance: random.Random, n_parts: int
) -> None:
    records = _conflicting_records()
    parts = [make_history(chance.sample(records, chance.randrange(len(records)))) for _ in range(n_parts)]
    parts.append(make_history(records[: len(records) // 2]))
    parts.append(make_history(records[len(records) // 2 :]))
    chance.shuffle(parts)

    assert parts[0].merge(*parts[1:]) == make_history(records)


def _conflicting_records() -> list:
    ask, hidden = question("how?"), question("how?", split="val")
    seed, moved = variant(), variant(parent_id="v-x")
    given_answer, failed = answer(seed, ask), answer(seed, ask, error="timeout")
    scores = [rating(given_answer, 1 + n % 5, created=float(n % 3), id=f"id-{n}") for n in range(6)]
    return [
        *(ask, hidden, seed, moved, given_answer, failed, SEED, EXTRACT, BETTER, *scores),
        make_prompt("answer", BETTER.text),
        decision("promote", seed.id, 1.0),
        decision("rollback", moved.id, 2.0),
        Candidate(prompt=BETTER, accepted=True),
        Candidate(prompt=BETTER, accepted=False, reasons=("too long",)),
        Overall(review_key="r", letter="A", reviewer="ann", score=2),
        Overall(review_key="r", letter="A", reviewer="ann", score=3),
        PlanItem(review_key="r", answer_id=given_answer.id, letter="A", reviewer_slot=0, position=0, role="new"),
        Theme(id="t", text="Cite.", comment_ids=("id-1",)),
    ]


def test_a_question_that_was_val_anywhere_stays_val() -> None:
    dev, val = question("how?"), question("how?", split="val")

    assert make_history([dev, val]).questions[dev.id].split == "val"


def test_a_good_answer_is_kept_where_another_run_failed_to_give_it() -> None:
    good, failed = answer(variant(), question("how?")), answer(variant(), question("how?"), error="timeout")

    assert make_history([failed, good]).answers == {good.id: good}


def test_accepted_candidates_bring_their_prompts_and_rejected_ones_do_not() -> None:
    rejected = Candidate(prompt=make_prompt("answer", ""), accepted=False)

    history = make_history([Candidate(prompt=BETTER, accepted=True), rejected])

    assert set(history.prompts) == {BETTER.id}


def test_an_accepted_candidate_is_not_hidden_by_its_rejected_duplicate() -> None:
    accepted = Candidate(prompt=BETTER, accepted=True)
    duplicate = Candidate(prompt=BETTER, accepted=False, reasons=("a duplicate",))

    assert make_history([duplicate, accepted]).candidates == (accepted,)


def test_the_current_variant_is_the_seed_until_something_was_promoted() -> None:
    assert current_variant(History(), variant()) == variant()
    assert current_variant(make_history([decision("keep", "v-2", 1.0)]), variant()) == variant()


def test_the_current_variant_is_the_last_promoted_or_rolled_back_to_by_time() -> None:
    better = variant(BETTER)
    history = make_history(
        [variant(), better, decision("rollback", variant().id, 2.0), decision("promote", better.id, 1.0)]
    )

    assert history.current_variant_id == variant().id
    assert history.add([decision("promote", better.id, 3.0)]).current_variant_id == better.id


def test_a_promoted_variant_that_is_lost_is_an_error_that_names_it() -> None:
    with pytest.raises(RecordError, match="v-lost"):
        current_variant(make_history([decision("promote", "v-lost", 1.0)]), variant())


def test_a_change_of_model_keeps_the_current_prompts_in_a_new_variant_without_ratings() -> None:
    better = variant(BETTER)
    history = rated_history({better: {question("how?"): [5]}}).add([BETTER, decision("promote", better.id, 1.0)])

    current = current_variant(history, variant(model="other"))

    assert (current.answer_prompt_id, current.chat_model, current.parent_id) == (BETTER.id, "other", better.id)
    assert history.ratings_of(current.id) == ()


def test_a_change_of_model_and_back_makes_no_circle_of_parents() -> None:
    seed, other = variant(), variant(model="other")
    moved = derive_variant(other, SEED.id, EXTRACT.id, parent_id=seed.id)
    history = make_history([seed, moved, decision("promote", moved.id, 1.0)])

    assert current_variant(history, seed) == seed
    assert history.add([variant(parent_id=moved.id)]).variants[seed.id].parent_id is None


def test_a_derived_variant_has_the_settings_of_its_base() -> None:
    assert settings_of(derive_variant(variant(model="x"), "p-1", "p-2", parent_id=None)) == settings_of(
        variant(model="x")
    )


def test_samples_are_counted_by_variant_question_and_index() -> None:
    ask = question("how?")
    history = make_history([answer(variant(), ask), answer(variant(), ask, sample=1), answer("v-2", ask)])

    assert history.next_sample(variant().id, ask.id, "i-1") == 2
    assert history.next_sample(variant().id, ask.id, "i-2") == 0


def test_judgements_are_kept_by_id_and_a_writer_sees_none_of_val_answers() -> None:
    dev, val = question("dev?"), question("val?", split="val")
    of_dev, of_val = (
        Judgement(id=f"j-{asked.id}", answer_id=answer(variant(), asked).id, judge="judge", score=4.0)
        for asked in (dev, val)
    )
    history = make_history([dev, val, answer(variant(), dev), answer(variant(), val), of_dev, of_val])

    assert sorted(history.merge(make_history([of_val])).judgements, key=lambda j: j.id) == sorted(
        [of_dev, of_val], key=lambda j: j.id
    )
    assert dev_view(history, ()).judgements == (of_dev,)
