from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from made_records import SEED as SEED_PROMPT
from made_records import answer, decision, questions, rating, variant

from redraft.config import load_config
from redraft.learning.design import rows_of
from redraft.learning.deviations import DEFAULTS
from redraft.learning.history import History, make_history
from redraft.learning.posterior import fit
from redraft.learning.protocols import DecisionCase, Scoreboard
from redraft.learning.stop import stop_when_settled
from redraft.records import Candidate, Decision, Evidence, VariantScore, make_prompt

SEED = variant()
SETTINGS = load_config().decide
CASE = DecisionCase(current_id=SEED.id, new_ids=(), promote="auto", settings=SETTINGS, now=9.0)


def figures(gain: float | None) -> Evidence:
    return Evidence(
        difference=0.1, low=-0.4, high=0.6, interval=0.9, p_better=0.6, p_best=0.4, n_ratings=8, expected_gain=gain
    )


def decided(*given: Evidence | None, kind: Any = "keep") -> list[Decision]:
    """A decision an iteration; `None`: a person's."""
    return [
        dataclasses.replace(decision(kind, SEED.id, float(number), current_id=SEED.id), figures=one)
        for number, one in enumerate(given)
    ]


def stop(*given: Evidence | None, p_best: float | None = 0.5) -> str | None:
    return stop_in(make_history(decided(*given)), p_best)


def stop_in(history: History, p_best: float | None = 0.5) -> str | None:
    score = VariantScore(variant_id=SEED.id, mean=3.5, low=3.0, high=4.0, n_ratings=8, p_best=p_best)
    posterior = fit(rows_of(History()), DEFAULTS)
    return stop_when_settled(
        history, Scoreboard(scores=(score,), comparisons=(), interval=0.9, posterior=posterior), CASE
    )


def test_without_a_decision_that_rests_on_figures_the_loop_goes_on() -> None:
    assert stop() is None
    assert stop(None) is None


def test_as_long_as_an_iteration_is_expected_to_bring_something_the_loop_goes_on() -> None:
    assert stop(figures(0.3), figures(0.05), p_best=1.0) is None


def test_one_expectation_of_little_is_not_enough() -> None:
    assert stop(figures(0.04)) is None
    assert stop(figures(0.3), figures(0.04)) is None


def test_two_in_a_row_are() -> None:
    assert stop(figures(0.3), figures(0.04), figures(0.03)) == (
        "one more iteration is expected to bring 0.03 points, less than 0.05 for the second time"
    )


def test_two_that_are_not_in_a_row_are_not() -> None:
    assert stop(figures(0.04), figures(0.3), figures(0.04)) is None
    assert stop(figures(0.04), figures(0.04), figures(0.3)) is None


def test_one_is_when_the_current_prompt_is_the_best_with_enough_probability() -> None:
    assert stop(figures(0.04), p_best=0.95) == (
        "one more iteration is expected to bring 0.04 points, and the current prompt is the best of all with "
        "probability 0.95"
    )
    assert stop(figures(0.04), p_best=0.89) is None
    assert stop(figures(0.04), p_best=None) is None


def test_a_probability_of_being_best_is_no_certainty() -> None:
    assert (stop(figures(0.04), p_best=1.0) or "").endswith("probability above 0.99")


def test_being_the_best_known_prompt_alone_is_no_reason() -> None:
    assert stop(figures(0.2), p_best=0.99) is None


def rated_again(*changes: int) -> History:
    """Answers that one person rated 3, and in a later review otherwise, by these changes."""
    asked = questions(len(changes))
    given = [answer(SEED, to) for to in asked]
    first = [rating(each, 3, review_key="r-1", created=1.0) for each in given]
    later = [
        rating(each, 3 + change, review_key="r-2", created=2.0) for each, change in zip(given, changes, strict=True)
    ]
    return make_history([SEED_PROMPT, SEED, *asked, *given, *first, *later, *decided(figures(0.3))])


@pytest.mark.parametrize(("change", "direction"), [(1, "higher"), (-1, "lower")])
def test_reviewers_who_surely_drift_stop_the_loop(change: int, direction: str) -> None:
    assert stop_in(rated_again(*[change] * 8)) == (
        f"reviewers rate the same answers 1.00 points {direction} than before (8 answers rated again; surely more than "
        "0.50): let them talk about the rubric first"
    )


def test_a_few_answers_that_were_rated_otherwise_by_chance_do_not() -> None:
    """Three answers rated again, 0.67 higher on average: that happens to people who do not drift."""
    assert stop_in(rated_again(1, 1, 0)) is None
    assert stop_in(rated_again(1, -1, 0, 1, -1, 0, 1, 1)) is None


def test_an_iteration_whose_gain_is_not_known_goes_on_and_breaks_the_row() -> None:
    assert stop(figures(0.04), figures(None), p_best=1.0) is None
    assert stop(figures(0.04), figures(None), figures(0.04)) is None


def test_what_people_and_earlier_stops_decided_is_passed_over() -> None:
    low = decided(figures(0.04), None, figures(0.04))
    stopped = dataclasses.replace(decision("stop", SEED.id, 1.5), figures=figures(0.3))

    assert stop_in(make_history(low)) is not None
    assert stop_in(make_history([*low, stopped])) is not None


def proposed(run_id: str, *, accepted: bool) -> Candidate:
    prompt = make_prompt("answer", f"Proposed in {run_id}.", run_id=run_id)
    return Candidate(prompt=prompt, accepted=accepted)


def decided_in(*run_ids: str) -> list[Decision]:
    return [
        dataclasses.replace(one, run_id=run) for one, run in zip(decided(*[figures(0.3)] * 9), run_ids, strict=False)
    ]


def test_a_writer_that_proposes_nothing_acceptable_twice_stops_the_loop() -> None:
    refused = [proposed("run-2", accepted=False), proposed("run-3", accepted=False)]
    history = make_history([*decided_in("run-1", "run-2", "run-3"), proposed("run-1", accepted=True), *refused])
    assert stop_in(history) == (
        "no candidate was accepted, for the second time: the writer model has nothing new to propose"
    )


def test_once_is_not_enough_and_neither_is_twice_with_a_success_between() -> None:
    runs = decided_in("run-1", "run-2", "run-3")
    last = [proposed("run-2", accepted=True), proposed("run-3", accepted=False)]
    assert stop_in(make_history([*runs, proposed("run-1", accepted=False), *last])) is None
    assert stop_in(make_history([*decided_in("run-1"), proposed("run-1", accepted=False)])) is None


def test_a_run_of_which_no_candidate_is_on_record_says_nothing_of_the_writer() -> None:
    assert stop_in(make_history(decided_in("run-1", "run-2"))) is None
