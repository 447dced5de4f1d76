from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from made_records import decision, question, questions, rated_history, variant

from redraft.config import load_config
from redraft.learning.decide import case_by_now, decide_by_probability, make_decision
from redraft.learning.design import rows_of
from redraft.learning.deviations import DEFAULTS
from redraft.learning.expectation import expected_gain
from redraft.learning.history import History, current_variant, make_history
from redraft.learning.labels import waiting_for_yes
from redraft.learning.posterior import fit
from redraft.learning.protocols import Comparison, DecisionCase, Scoreboard
from redraft.learning.score import score_variants
from redraft.records import Decision, Variant, VariantScore, make_prompt

SEED = variant()
NEW = variant(make_prompt("answer", "Explain with sources."), parent_id=SEED.id)
ALSO_NEW = variant(make_prompt("answer", "Be brief."), parent_id=SEED.id)
OLD = variant(make_prompt("answer", "An earlier one."), parent_id=SEED.id)
SETTINGS = load_config().decide
HISTORY = make_history([SEED, NEW, ALSO_NEW, OLD])


def compared(of: Variant, **fields: Any) -> Comparison:
    """A comparison that promotes, except for what is given."""
    given = {"difference": 0.6, "low": 0.1, "high": 1.1, "p_better": 0.97, "val_difference": 0.2, "n_val_ratings": 6}
    return Comparison(variant_id=of.id, current_id=SEED.id, **{**given, **fields})


def board(*comparisons: Comparison, n_ratings: int = 24) -> Scoreboard:
    scores = [
        VariantScore(variant_id=c.variant_id, mean=3.5, low=3.0, high=4.0, n_ratings=n_ratings, p_best=0.8)
        for c in comparisons
    ]
    posterior = fit(rows_of(HISTORY, variant_ids=HISTORY.variants), DEFAULTS)
    return Scoreboard(scores=tuple(scores), comparisons=comparisons, interval=0.9, posterior=posterior)


def case(**fields: Any) -> DecisionCase:
    given = {"current_id": SEED.id, "new_ids": (NEW.id,), "promote": "auto", "settings": SETTINGS, "now": 5.0}
    return DecisionCase(**{**given, "iteration": 2, **fields})


def decide(*comparisons: Comparison, history: History = HISTORY, **fields: Any) -> Decision:
    return decide_by_probability(history, board(*comparisons), case(**fields))


def rated(scores: dict[Variant, list[int]]) -> History:
    """Ratings of one person on dev and val questions in turn."""
    asked = [q for pair in zip(*(questions(8, 8)[at:][:8] for at in (0, 8)), strict=True) for q in pair]
    return rated_history({of: {q: [s] for q, s in zip(asked, given, strict=False)} for of, given in scores.items()})


def test_a_variant_that_is_better_with_enough_probability_is_promoted() -> None:
    made = decide(compared(NEW))

    assert (made.kind, made.variant_id, made.current_id) == ("promote", NEW.id, SEED.id)
    assert (made.author, made.created, made.iteration) == ("redraft", 5.0, 2)


def test_the_sentence_says_the_probability_the_interval_and_that_it_waits() -> None:
    made = decide(compared(NEW, p_better=0.94), promote="confirm")

    assert made.evidence == (
        "New prompt is better than the current one with probability 0.94: +0.60 [+0.10, +1.10] on 24 ratings; "
        "waits for your yes."
    )


def test_an_interval_with_0_in_it_is_said_to_be_possibly_chance() -> None:
    made = decide(compared(NEW, p_better=0.93, low=-0.04))

    assert made.evidence == (
        "New prompt is better than the current one with probability 0.93: +0.60 [-0.04, +1.10] on 24 ratings "
        "(the 90 % interval includes 0: it may still be chance); promoted."
    )


def test_too_small_a_probability_keeps_and_never_looks_like_enough() -> None:
    made = decide(compared(NEW, p_better=0.8999))

    assert (made.kind, made.variant_id) == ("keep", SEED.id)
    assert made.evidence == (
        "Kept: the new prompt is better than the current one with probability 0.89: +0.60 [+0.10, +1.10] "
        "on 24 ratings; a promotion needs probability 0.90."
    )
    assert decide(compared(NEW, p_better=0.9)).kind == "promote"


def test_a_probability_is_never_shown_as_certainty() -> None:
    assert "probability above 0.99:" in decide(compared(NEW, p_better=0.99999)).evidence
    assert "probability below 0.01:" in decide(compared(NEW, p_better=0.00001)).evidence


def test_ratings_of_val_questions_that_speak_against_it_keep() -> None:
    made = decide(compared(NEW, val_difference=-0.01, n_val_ratings=1))

    assert (made.kind, made.variant_id) == ("keep", SEED.id)
    assert made.evidence.endswith(
        "; on the val questions alone, which the writer did not see, it is worse (-0.01 on 1 rating)."
    )
    assert decide(compared(NEW, val_difference=0.0)).kind == "promote"


def test_without_ratings_of_val_questions_nothing_is_promoted_and_why_is_said() -> None:
    ending = "no ratings of val questions, which the writer did not see, and a promotion needs some."

    of_neither = decide(compared(NEW, val_difference=None, n_val_ratings=0))
    of_the_new = decide(compared(NEW, val_difference=None, n_val_ratings=3))

    assert (of_neither.kind, of_the_new.kind) == ("keep", "keep")
    assert of_neither.evidence.endswith(f"; it has {ending}")
    assert of_the_new.evidence.endswith(f"; the current prompt has {ending}")


def test_the_best_of_those_that_may_be_promoted_wins() -> None:
    made = decide(
        compared(NEW, difference=0.5),
        compared(ALSO_NEW, difference=0.7),
        compared(OLD, difference=0.9, p_better=0.85),
        new_ids=(NEW.id, ALSO_NEW.id),
    )

    assert (made.kind, made.variant_id) == ("promote", ALSO_NEW.id)
    assert made.evidence.startswith(f"New prompt {ALSO_NEW.id} is better")


def test_equals_are_settled_the_same_way_every_time() -> None:
    comparisons = compared(NEW), compared(ALSO_NEW)

    made = {decide(*order, new_ids=(NEW.id, ALSO_NEW.id)).variant_id for order in (comparisons, comparisons[::-1])}

    assert made == {max(NEW.id, ALSO_NEW.id)}


def test_an_earlier_variant_that_turned_out_better_wins_too() -> None:
    made = decide(compared(NEW, p_better=0.5), compared(OLD))

    assert (made.kind, made.variant_id) == ("promote", OLD.id)
    assert made.evidence.startswith(f"Earlier prompt {OLD.id} is better than the current one")


def test_a_variant_under_other_settings_never_wins() -> None:
    other = variant(make_prompt("answer", "Explain with sources."), model="other")

    made = decide(compared(NEW, p_better=0.5), compared(other), history=HISTORY.add([other]))

    assert made.kind == "keep"
    assert made.evidence.startswith("Kept: the new prompt is better than the current one with probability 0.50")


def test_a_variant_that_is_not_on_record_never_wins() -> None:
    assert decide(compared(variant(make_prompt("answer", "Lost.")))).kind == "keep"


def test_without_a_new_variant_that_is_said_and_an_earlier_one_can_still_win() -> None:
    assert decide(new_ids=()).evidence == ("Kept: no candidate was accepted, so the current prompt was rated alone.")
    assert decide(compared(OLD), new_ids=()).variant_id == OLD.id


def test_a_new_variant_without_ratings_keeps_and_is_said_to_have_none() -> None:
    made = decide(compared(OLD, p_better=0.3))

    assert (made.kind, made.evidence) == ("keep", "Kept: the new prompt has no ratings.")
    assert decide(new_ids=(NEW.id, ALSO_NEW.id)).evidence == "Kept: the new prompts have no ratings."


def test_the_figures_are_of_the_variant_that_the_sentence_is_about() -> None:
    promoted, kept = decide(compared(NEW)).figures, decide(compared(NEW, p_better=0.4, difference=-0.1)).figures

    assert promoted is not None
    assert kept is not None
    assert (promoted.p_better, promoted.difference, promoted.n_ratings, promoted.interval) == (0.97, 0.6, 24, 0.9)
    assert (promoted.val_difference, promoted.n_val_ratings, promoted.p_best) == (0.2, 6, 0.8)
    assert (kept.p_better, kept.difference) == (0.4, -0.1)


@pytest.mark.parametrize("kind", ["reject", "rollback"])
def test_what_a_person_decided_against_is_not_promoted_again_by_itself(kind: str) -> None:
    said_no = (
        decision("reject", OLD.id, 1.0, current_id=SEED.id)
        if kind == "reject"
        else decision("rollback", SEED.id, 1.0, current_id=OLD.id)
    )
    history = HISTORY.add([said_no])

    made = decide(compared(OLD), new_ids=(), history=history)
    in_the_same_iteration = decide(compared(OLD), new_ids=(OLD.id,), history=history)

    assert (made.kind, in_the_same_iteration.kind) == ("keep", "keep")
    assert in_the_same_iteration.evidence.endswith(
        "; a person decided against it before, so only a person can promote it."
    )
    assert decide(compared(OLD), compared(NEW, difference=0.4), history=history).variant_id == NEW.id


def test_confirm_waits_for_a_yes_and_a_yes_is_another_decision() -> None:
    waits = decide(compared(NEW), promote="confirm")
    history = HISTORY.add([waits])

    assert (waits.kind, waits.variant_id, waits.current_id) == ("keep", NEW.id, SEED.id)
    assert waiting_for_yes(history) == waits
    assert current_variant(history, SEED) == SEED
    history = history.add([make_decision(case(now=6.0, author="ann"), "promote", NEW.id, "Ann said yes.")])
    assert waiting_for_yes(history) is None
    assert current_variant(history, SEED) == NEW


def test_what_somebody_made_current_while_people_rated_is_compared_with_and_not_promoted_over_without_a_yes() -> None:
    history = rated({SEED: [2, 3, 2, 3, 2, 3], OLD: [2, 3, 3, 2, 2, 3], NEW: [4, 4, 5, 4, 4, 5]})
    by_ann = dataclasses.replace(decision("promote", OLD.id, 4.0, current_id=SEED.id), author="Ann")

    now = case_by_now(case(promote="auto"), history, [by_ann])
    scored = score_variants(history, current_id=now.current_id, interval=0.9)
    made = decide_by_probability(history.add([by_ann]), scored, now)

    assert (now.current_id, now.new_ids) == (OLD.id, (NEW.id,))
    assert (made.kind, made.variant_id, made.current_id) == ("keep", NEW.id, OLD.id)
    assert made.evidence.endswith(f"; waits for your yes (somebody made {OLD.id} current meanwhile).")
    assert waiting_for_yes(history.add([by_ann, made])) == made


def test_what_another_run_made_current_and_this_one_does_not_know_is_not_promoted_over_without_a_yes() -> None:
    strange = decision("promote", "v-of-another-run", 4.0, current_id=SEED.id)

    now = case_by_now(case(promote="auto"), HISTORY, [strange])

    assert (now.promote, now.current_id) == ("confirm", SEED.id)
    made = decide_by_probability(HISTORY, board(compared(NEW)), now)
    assert made.evidence.endswith(
        "; waits for your yes (somebody made v-of-another-run current meanwhile, which it was not compared with)."
    )


@pytest.mark.parametrize("kind", ["keep", "reject", "stop"])
def test_what_makes_nothing_current_leaves_the_case_as_it_is(kind: str) -> None:
    known = HISTORY.add([decision("promote", OLD.id, 1.0, current_id=SEED.id)])
    log = [*known.decisions, decision(kind, OLD.id, 4.0, current_id=OLD.id)]

    assert case_by_now(case(), known, log) == case()
    assert case_by_now(case(), HISTORY, [decision("promote", NEW.id, 4.0, current_id=SEED.id)]) == case()


def test_the_same_case_gives_the_same_decision() -> None:
    assert decide(compared(NEW)) == decide(compared(NEW))


def _from_ratings(scores: dict[Variant, list[int]]) -> Decision:
    history = rated(scores)
    return decide_by_probability(history, score_variants(history, current_id=SEED.id, interval=0.9), case())


def test_clearly_better_ratings_are_promoted_and_clearly_worse_ones_are_not() -> None:
    better = _from_ratings({SEED: [2, 3, 2, 3, 2, 3], NEW: [4, 4, 5, 4, 4, 5]})
    worse = _from_ratings({SEED: [4, 4, 5, 4, 4, 5], NEW: [2, 3, 2, 3, 2, 3]})

    assert (better.kind, better.variant_id) == ("promote", NEW.id)
    assert (worse.kind, worse.variant_id) == ("keep", SEED.id)
    assert better.figures is not None
    assert better.figures.expected_gain is not None


def test_the_expected_gain_is_what_a_further_iteration_adds_to_the_winner_also_while_that_waits_for_a_yes() -> None:
    """It was what one adds to the variant before: most of it was just gained."""
    history = rated({SEED: [2, 3, 2, 3, 2, 3], NEW: [4, 4, 5, 4, 4, 5]})
    scored = score_variants(history, current_id=SEED.id, interval=0.9)

    def gain(promote: str) -> float | None:
        figures = decide_by_probability(history, scored, case(promote=promote)).figures
        return figures.expected_gain if figures else None

    assert gain("auto") == expected_gain(history, scored, NEW.id)
    assert gain("confirm") == gain("auto")  # a yes is enough to have what the winner brings
    assert (gain("auto") or 0.0) < (expected_gain(history, scored, SEED.id) or 0.0) - 0.5


def test_one_lucky_rating_promotes_nothing() -> None:
    assert _from_ratings({SEED: [3, 3], NEW: [5]}).kind == "keep"


def test_equal_ratings_keep_the_current_variant() -> None:
    assert _from_ratings({SEED: [3, 4, 3, 4], NEW: [3, 4, 3, 4]}).kind == "keep"


def test_without_any_rating_the_current_variant_is_kept() -> None:
    made = _from_ratings({SEED: [], NEW: []})

    assert (made.kind, made.variant_id, made.evidence) == ("keep", SEED.id, "Kept: the new prompt has no ratings.")


def test_a_project_without_val_questions_promotes_nothing() -> None:
    asked = [question(f"dev {n}?") for n in range(8)]
    history = rated_history({SEED: {q: [1] for q in asked}, NEW: {q: [5] for q in asked}})
    scored = score_variants(history, current_id=SEED.id, interval=0.9)

    made = decide_by_probability(history, scored, case())

    assert made.kind == "keep"
    assert "it has no ratings of val questions" in made.evidence


def test_a_higher_threshold_needs_more_probability() -> None:
    strict = dataclasses.replace(SETTINGS, promote_at=0.99)

    assert decide(compared(NEW), settings=strict).kind == "keep"
