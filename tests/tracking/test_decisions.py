"""What people decide is one event each; labels follow the log, whoever else decides in the same moment."""

from __future__ import annotations

import dataclasses
import re

import pytest
from clearml import Task
from interruptions import calls_of, interrupted
from judged_project import SEED, B, C, decide, decision, index_task, judge, tags_of
from review_world import Died

from redraft.config import load_config
from redraft.errors import InputError
from redraft.learning.labels import Standing
from redraft.tracking.decisions import Person, promote, reject, roll_back
from redraft.tracking.history import load_decisions
from redraft.tracking.published import models_of
from redraft.tracking.registry import synchronise_labels
from redraft.tracking.server import find_tasks, project_ids

CONFIG = load_config()
ANN = Person(author="Ann", now=100.0, interval=0.9, settings=CONFIG.decide)
BEN = dataclasses.replace(ANN, author="Ben")
WAITING = decision("keep", B, 1.0, current=SEED, evidence="New prompt is better; waits for your yes.")


@pytest.fixture
def waiting(project: str) -> str:
    """Name a project in which B, clearly better than the seed variant, waits for a yes; C is no better than it."""
    judge(project, {SEED: 2, B: 4, C: 2})
    decide(project, WAITING)
    return project


@pytest.fixture
def published(waiting: str) -> str:
    """Name a project in which Ann said yes to B."""
    promote(waiting, ANN)
    return waiting


def test_yes_publishes_the_variant_that_waits_and_is_kept_with_author_and_evidence(waiting: str) -> None:
    made = promote(waiting, ANN)
    assert (made.decision.kind, made.decision.variant_id, made.decision.current_id) == ("promote", B.id, SEED.id)
    assert made.decision.author == "Ann"
    assert made.decision.evidence.startswith(
        "Ann promoted it: better than the current one with probability above 0.99: +0."
    )
    assert re.search(r": \+0\.\d\d \[\+0\.\d\d, \+1\.\d\d\] on 12 ratings\.$", made.decision.evidence)
    assert made.warning == ""
    assert made.standing == Standing(B.id, SEED.id)
    assert load_decisions(waiting) == (WAITING, made.decision)
    assert tags_of(waiting) == {SEED.id: ["previous"], B.id: ["current"], C.id: ["candidate"]}


def test_what_waits_is_compared_with_what_somebody_made_current_while_people_rated(project: str) -> None:
    judge(project, {SEED: 2, B: 4, C: 2})
    decide(project, decision("promote", C, 0.5, current=SEED, author="Ben", iteration=None))
    decide(project, WAITING)
    made = promote(project, ANN)
    assert (made.decision.variant_id, made.decision.current_id) == (B.id, C.id)
    assert made.standing == Standing(B.id, C.id)


def test_a_decision_is_a_small_task_of_its_own(waiting: str) -> None:
    made = promote(waiting, ANN)
    found = list(
        find_tasks(project=project_ids(waiting), tags=["redraft-decision"], only_fields=["status", "status_message"])
    )
    assert [(task["status"], task["status_message"]) for task in found] == [("completed", made.decision.evidence[:500])]
    assert list(Task.get_task(task_id=found[0]["id"]).artifacts) == ["decisions"]


def test_any_judged_variant_can_be_promoted_by_the_beginning_of_its_id_with_a_warning(published: str) -> None:
    made = promote(published, ANN, C.id[:6])
    assert made.standing == Standing(C.id, B.id)
    assert made.warning.startswith("The evidence does not support it: a promotion needs probability 0.90")
    assert made.warning in made.decision.evidence
    assert "better than the current one with probability below 0.01" in made.decision.evidence
    assert tags_of(published) == {SEED.id: ["candidate"], B.id: ["previous"], C.id: ["current"]}


def test_answers_that_quote_what_the_docs_no_longer_hold_count_less(project: str) -> None:
    """As in the step that scored: else a person would be told another figure than the page."""
    judge(project, {SEED: 2, B: 4}, quoting="c-gone")
    decide(project, WAITING)
    index_task(project, embedder="e m")
    promote(project, ANN)
    figures = models_of(project)[B.id]["metadata"]
    assert (figures["ratings"]["value"], figures["stale ratings"]["value"]) == ("12", "12")


def test_a_stop_after_the_decision_does_not_keep_it_from_waiting(waiting: str) -> None:
    decide(waiting, decision("stop", B, 2.0, current=SEED))
    assert promote(waiting, ANN).decision.variant_id == B.id


def test_a_reason_is_kept(published: str) -> None:
    made = roll_back(published, dataclasses.replace(ANN, reason="Support complained."))
    assert made.decision.evidence.endswith("Support complained.")


def test_rolling_back_goes_to_the_previous_one_and_a_second_time_forth_again(published: str) -> None:
    assert roll_back(published, ANN).standing == Standing(SEED.id, B.id)
    assert tags_of(published) == {SEED.id: ["current"], B.id: ["previous"], C.id: ["candidate"]}
    assert roll_back(published, ANN).standing == Standing(B.id, SEED.id)
    assert [made.kind for made in load_decisions(published)] == ["keep", "promote", "rollback", "rollback"]


def test_rolling_back_can_go_further(published: str) -> None:
    promote(published, ANN, C.id)
    assert roll_back(published, ANN, SEED.id).standing == Standing(SEED.id, C.id)


def test_no_keeps_the_current_one_and_nothing_waits_any_more(waiting: str) -> None:
    made = reject(waiting, dataclasses.replace(ANN, reason="It is rude."))
    assert (made.decision.kind, made.decision.variant_id) == ("reject", B.id)
    assert made.standing == Standing(None, None)
    with pytest.raises(InputError, match="no promotion waits"):
        promote(waiting, ANN)
    assert promote(waiting, ANN, B.id).standing.current == B.id


@pytest.mark.parametrize("author", ["", "  "])
def test_nobody_decides_without_a_name(waiting: str, author: str) -> None:
    nobody = dataclasses.replace(ANN, author=author, reason="So.")
    for act in (promote, roll_back, reject):
        with pytest.raises(InputError, match=r"must know who decides. Give --author NAME"):
            act(waiting, nobody)
    assert load_decisions(waiting) == (WAITING,)


def test_an_unknown_variant_is_refused_with_the_known_ones(published: str) -> None:
    with pytest.raises(InputError, match=rf"'v-no' is no judged variant. People judged .*{B.id} \(current\)"):
        promote(published, ANN, "v-no")
    with pytest.raises(InputError, match="'v-' is the beginning of several variants"):
        roll_back(published, ANN, "v-")


def test_what_is_current_cannot_be_made_current(published: str) -> None:
    with pytest.raises(InputError, match=f"{B.id} is current already"):
        promote(published, ANN, B.id)
    with pytest.raises(InputError, match=f"{B.id} is current already"):
        roll_back(published, ANN, B.id)


def test_nothing_to_roll_back_to_is_said(waiting: str, project: str) -> None:
    with pytest.raises(InputError, match="has published no prompt yet: there is nothing to roll back"):
        roll_back(waiting, ANN)
    first = f"{project}-first"
    judge(first, {SEED: 3})
    decide(first, decision("promote", SEED, 1.0))
    with pytest.raises(InputError, match=f"no prompt was current before {SEED.id}. Give --to VARIANT"):
        roll_back(first, ANN)


def test_a_rejection_needs_a_reason_and_something_that_waits(waiting: str) -> None:
    with pytest.raises(InputError, match=r"must say why. Give --reason TEXT"):
        reject(waiting, ANN)
    promote(waiting, ANN)
    with pytest.raises(InputError, match="there is nothing to reject"):
        reject(waiting, dataclasses.replace(ANN, reason="Late."))


def test_a_decision_comes_after_all_that_its_author_saw_even_if_the_clock_is_slow(published: str) -> None:
    slow = dataclasses.replace(BEN, now=5.0)
    assert roll_back(published, slow).standing == Standing(SEED.id, B.id)


def test_a_project_without_ratings_says_so(project: str) -> None:
    with pytest.raises(InputError, match=r"'v-1' is no judged variant. People have judged no variant yet"):
        promote(project, ANN, "v-1")


def test_two_who_decide_at_the_same_moment_end_with_the_later_decision_of_the_log(project: str) -> None:
    """Ben promotes C in the middle of Ann's promotion of B, before each of her calls that count."""

    def world(name: str) -> str:
        judge(name, {SEED: 2, B: 4, C: 3})
        decide(name, WAITING)
        return name

    world(project)
    calls = calls_of(lambda: promote(project, ANN, B.id))
    decided = calls.index("tasks.completed")
    assert len(calls) > decided + 10
    later = dataclasses.replace(BEN, now=100.5)
    for number in range(decided - 1, len(calls)):
        name = world(f"{project}-{number}")
        assert interrupted(
            lambda name=name: promote(name, ANN, B.id), number, lambda name=name: promote(name, later, C.id)
        )
        log = load_decisions(name)
        assert [made.kind for made in log] == ["keep", "promote", "promote"]
        last, before = log[-1].variant_id, log[-2].variant_id
        labelled = {label: variant for variant, (label, *_) in tags_of(name).items() if label != "candidate"}
        assert labelled == {"current": last, "previous": before}, calls[number]


def test_who_is_overruled_is_told(published: str) -> None:
    said: list[str] = []

    def ann() -> None:
        said.append(promote(published, ANN, C.id).warning)

    calls = calls_of(lambda: roll_back(published, ANN))  # as many calls as below, or more
    later = dataclasses.replace(BEN, now=1000.0)
    number = calls.index("tasks.completed")
    interrupted(ann, number, lambda: promote(published, later, B.id))
    assert "Meanwhile Ben decided otherwise" in said[0]


def test_labels_that_a_dead_process_left_are_mended_by_whoever_decides_next(waiting: str) -> None:
    promote(waiting, ANN)
    calls = calls_of(lambda: roll_back(waiting, ANN))  # one task less to read than below
    number = calls.index("tasks.completed") + 2

    def die() -> None:
        raise Died

    with pytest.raises(Died):
        interrupted(lambda: promote(waiting, BEN, C.id), number, die)
    assert load_decisions(waiting)[-1].variant_id == C.id
    assert tags_of(waiting)[C.id] == ["candidate"]
    with pytest.raises(InputError, match="current already"):
        promote(waiting, BEN, C.id)
    assert tags_of(waiting)[C.id] == ["current"]
    assert synchronise_labels(waiting) == Standing(C.id, SEED.id)
