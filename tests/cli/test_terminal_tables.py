from __future__ import annotations

import dataclasses

import pytest
from rich.table import Table

from redraft.cli.prompt_views import log_table
from redraft.cli.tables import iterations_table, show
from redraft.learning.decision_words import came_of
from redraft.learning.edit_words import effect_words
from redraft.records import Decision, DecisionKind, EditEffect, Evidence, IterationResult


def result_of(iteration: int, variant_id: str, prompt: str) -> IterationResult:
    return IterationResult(
        iteration=iteration, variant_id=variant_id, mean=3.0, low=2.5, high=3.5, n_ratings=8, citations_valid=None,
        refusals_right=None, tokens=1, seconds=1.0, task_id="t", decision="", published_id=variant_id, prompt=prompt,
    )  # fmt: skip


def decided(kind: DecisionKind, variant_id: str, at: float, *, figures_of: str | None = None) -> Decision:
    figures = Evidence(difference=0.1, low=-0.1, high=0.3, interval=0.9, p_better=0.7, p_best=0.5, n_ratings=8)
    return Decision(
        id=f"d-{at}", kind=kind, variant_id=variant_id, current_id="v-seed", evidence="Said.", author="Ann", created=at,
        figures=dataclasses.replace(figures, variant_id=figures_of) if figures_of else None,
    )  # fmt: skip


def cells(table: Table, column: str) -> list[object]:
    return list(next(found for found in table.columns if found.header == column).cells)


def test_what_people_and_models_wrote_is_no_mark_up(capsys: pytest.CaptureFixture[str]) -> None:
    """`[/b]` in a reason ended `redraft prompt log` with a traceback, each time."""
    said = "Ann said no. Reason: see [/b] and [red]x[/red] :smile:"
    decision = Decision(
        id="d-1", kind="reject", variant_id="v-1", current_id=None, evidence=said, author="Ann", created=0.0
    )
    show(log_table([decision]))
    assert said in capsys.readouterr().out

    show(iterations_table([result_of(1, "v-1", "Use [/quote].")], []))
    assert "Use [/quote]." in capsys.readouterr().out


def test_published_is_what_the_log_made_current_by_now() -> None:
    """The column said "no" of what a person said yes to later, and "yes" of the seed while nothing was published."""
    results = [result_of(number, name, "Be short.") for number, name in enumerate(("v-seed", "v-1", "v-2"), 1)]
    log = [decided("keep", "v-seed", 1.0), decided("promote", "v-1", 2.0), decided("keep", "v-2", 3.0)]
    assert cells(iterations_table(results, log), "published") == ["previous", "current", "waits"]


def test_published_says_what_is_so_now_and_what_was_once() -> None:
    """After a rollback two rows said "yes", and nobody could tell which prompt the bot answers with."""
    results = [result_of(number, f"v-{number}", "Be short.") for number in (1, 2, 3)]
    log = [decided("promote", f"v-{number}", float(number)) for number in (1, 2, 3)]
    assert cells(iterations_table(results, log), "published") == ["once", "previous", "current"]
    log.append(decided("rollback", "v-1", 4.0))
    assert cells(iterations_table(results, log), "published") == ["current", "once", "previous"]


def test_a_row_shows_what_the_row_above_has_not() -> None:
    """Prompts grow at their end: the first line of each was the same in every row."""
    texts = ("Be short. Cite.", "Be short. Never guess. Cite.", "Be short. Never guess. Cite.")
    table = iterations_table([result_of(number, f"v-{number}", text) for number, text in enumerate(texts)], [])
    assert cells(table, "new in the prompt") == ["Be short. Cite.", "... Never guess. ...", texts[2]]


def test_the_log_tells_what_was_compared_and_a_proposal_from_a_decision() -> None:
    log = [decided("keep", "v-seed", 1.0, figures_of="v-1"), decided("keep", "v-2", 2.0, figures_of="v-2")]
    table = log_table(log)
    assert cells(table, "decision") == ["keep", "propose"]
    assert cells(table, "variant") == ["v-seed\nvs v-1", "v-2\nvs v-seed"]


def test_a_proposal_that_waits_no_more_says_what_became_of_it() -> None:
    """`redraft status` went on saying "waits for your yes" of what people had answered long ago."""
    asked = [dataclasses.replace(decided("keep", f"v-{n}", float(n)), iteration=n) for n in (1, 2, 3)]
    log = [*asked, decided("promote", "v-2", 4.0), decided("reject", "v-3", 5.0)]
    said = [came_of(iteration, log) for iteration in (1, 2, 3, 4)]
    assert said == [" (nobody answered; something else was decided since)", " (Ann said yes)", " (Ann said no)", ""]


@pytest.mark.parametrize(("n_ratings", "verdict"), [(3, "too few ratings to tell"), (4, "ratings rose")])
def test_three_ratings_are_too_few_to_say_that_an_edit_helped(n_ratings: int, verdict: str) -> None:
    effect = EditEffect(
        variant_id="v", parent_id="p", theme_id=None, sentence="Cite.", question_ids=("q",), difference=2.1, low=1.0,
        high=3.2, n_ratings=n_ratings,
    )  # fmt: skip
    assert effect_words(effect).endswith(verdict)
