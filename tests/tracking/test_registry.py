"""Every judged variant is one published ClearML model, and its label follows the decision log."""

from __future__ import annotations

import dataclasses
import json
import logging
from pathlib import Path

import pytest
from clearml import InputModel, Model
from interruptions import calls_of, interrupted
from judged_project import SEED, B, C, decide, decision, history_of, judge, open_task, tags_of
from review_world import Died

from redraft.learning.design import rows_of
from redraft.learning.deviations import DEFAULTS
from redraft.learning.history import History
from redraft.learning.labels import Standing
from redraft.learning.posterior import fit
from redraft.learning.protocols import Comparison, Scoreboard
from redraft.records import Decision, VariantScore
from redraft.tracking import registry
from redraft.tracking.history import find_sources, load_history, record_decision
from redraft.tracking.published import find_prompt, models_of
from redraft.tracking.registry import register_variants, synchronise_labels
from redraft.tracking.server import Refusal, call

SCORES = {SEED: 2, B: 3, C: 4}


def board_of(history: History, **means: float) -> Scoreboard:
    """Figures of SEED, B and C that a test gives, by name."""
    given = {"SEED": 2.0, "B": 3.0, "C": 4.0, **means}
    scores = [
        VariantScore(
            variant_id=each.id,
            mean=given[name],
            low=given[name] - 0.5,
            high=given[name] + 0.5,
            n_ratings=12,
            p_best=0.25,
            p_better_than_current=None if each is SEED else 0.75,
        )
        for name, each in (("SEED", SEED), ("B", B), ("C", C))
    ]
    against = Comparison(variant_id=B.id, current_id=SEED.id, difference=1.0, low=0.2, high=1.8, p_better=0.75)
    posterior = fit(rows_of(history), DEFAULTS)
    return Scoreboard(scores=tuple(scores), comparisons=(against,), interval=0.9, posterior=posterior)


def register(project: str, *decisions: Decision, scores: dict = SCORES, iteration: int = 1, **means: float) -> Standing:
    history = history_of(scores, decisions)
    return register_variants(open_task(project), project, history, board_of(history, **means), iteration=iteration)


def metadata_of(project: str, variant_id: str) -> dict[str, str]:
    return {key: item["value"] for key, item in models_of(project)[variant_id]["metadata"].items()}


def test_every_judged_variant_is_a_published_model_that_says_where_it_comes_from(project: str) -> None:
    register(project, iteration=3)
    assert tags_of(project) == {each.id: ["candidate"] for each in (SEED, B, C)}
    assert all(model["ready"] for model in models_of(project).values())
    assert metadata_of(project, B.id) == {
        "score mean": "3.0",
        "score low": "2.5",
        "score high": "3.5",
        "ratings": "12",
        "stale ratings": "0",
        "P(best)": "0.25",
        "P(better)": "0.75",
        "interval": "0.9",
        "compared with": SEED.id,
        "parent variant": SEED.id,
        "parent prompts": SEED.answer_prompt_id,
        "docs version": "dataset-1",
        "index": "i-1",
        "iteration": "3",
        "variant": B.id,
    }


def test_a_variant_that_nobody_judged_is_no_model(project: str) -> None:
    register(project, scores={SEED: 2, B: 3})
    assert set(tags_of(project)) == {SEED.id, B.id}


def test_the_promoted_one_is_current_and_the_one_before_it_previous(project: str) -> None:
    assert register(project, decision("promote", B, 1.0, current=SEED)) == Standing(B.id, SEED.id)
    assert tags_of(project) == {SEED.id: ["previous"], B.id: ["current"], C.id: ["candidate"]}


def test_scoring_again_updates_the_figures_and_makes_no_twin(project: str) -> None:
    register(project, iteration=1)
    before = {variant_id: model["id"] for variant_id, model in models_of(project).items()}
    register(project, iteration=2, B=3.5)
    assert {variant_id: model["id"] for variant_id, model in models_of(project).items()} == before
    assert metadata_of(project, B.id)["score mean"] == "3.5"
    assert metadata_of(project, B.id)["iteration"] == "1"
    assert find_prompt(project, variant_id=B.id).score.mean == 3.5


def test_the_models_are_in_the_project_itself_also_when_a_step_of_its_pipeline_makes_them(project: str) -> None:
    history = history_of(SCORES)
    register_variants(open_task(f"{project}/.pipelines/improve prompt"), project, history, board_of(history))
    assert set(tags_of(project)) == {SEED.id, B.id, C.id}


def test_two_projects_have_models_of_their_own(project: str) -> None:
    register(project, decision("promote", B, 1.0, current=SEED))
    register(f"{project}-other", decision("promote", C, 1.0, current=SEED))
    assert tags_of(project)[C.id] == ["candidate"]
    assert tags_of(f"{project}-other")[C.id] == ["current"]


def test_a_bot_finds_the_current_model_with_clearml_alone(project: str) -> None:
    register(project, decision("promote", B, 1.0, current=SEED))
    (found,) = Model.query_models(
        project_name=project, tags=["__$all", "redraft-prompt", "current"], only_published=True
    )
    body = json.loads(Path(found.get_local_copy()).read_text(encoding="utf-8"))
    assert (body["variant_id"], body["extract_prompt"], body["sampling"]) == (
        B.id,
        "Copy out what helps.",
        {"temperature": 0.0},
    )
    assert InputModel(model_id=found.id).published


def test_the_models_are_the_output_of_the_task_that_judged_them(project: str) -> None:
    history, task = history_of({SEED: 2}), open_task(project)
    register_variants(task, project, history, board_of(history))
    output = call("tasks.get_by_id", task=task)["task"]["models"]["output"]
    assert [item["model"] for item in output] == [models_of(project)[SEED.id]["id"]]


def test_tags_of_people_stay(project: str) -> None:
    register(project)
    model = models_of(project)[B.id]
    call("models.edit", model=model["id"], tags=[*model["tags"], "liked by support"])
    register(project, decision("promote", B, 1.0, current=SEED))
    assert tags_of(project)[B.id] == ["current", "liked by support"]


def test_labels_follow_what_people_decided_while_the_run_was_going(project: str) -> None:
    """The step's own history was fixed when the run was launched."""
    judge(project, SCORES)
    decide(project, decision("promote", C, 5.0, current=SEED))
    assert register(project, decision("keep", B, 9.0, current=SEED)) == Standing(C.id, SEED.id)
    assert tags_of(project)[C.id] == ["current"]


def test_labels_follow_the_log_through_promotions_and_roll_backs(project: str) -> None:
    register(project)
    for number, (kind, chosen, current, previous) in enumerate(
        [
            ("promote", B, B, SEED),
            ("promote", C, C, B),
            ("rollback", B, B, C),
            ("promote", C, C, B),
            ("rollback", SEED, SEED, C),
        ],
        start=1,
    ):
        decide(project, decision(kind, chosen, float(number), current=SEED))
        assert synchronise_labels(project) == Standing(current.id, previous.id)
        wanted = {each.id: ["candidate"] for each in (SEED, B, C)}
        assert tags_of(project) == {**wanted, current.id: ["current"], previous.id: ["previous"]}


def test_whoever_dies_between_two_calls_leaves_what_the_next_one_completes(project: str) -> None:
    promoted = decision("promote", B, 1.0, current=SEED)
    made = calls_of(lambda: register(project, promoted))
    written = [number for number, action in enumerate(made) if not action.endswith((".get_all", ".get_by_id"))]
    assert len(written) > 16
    for number in written:
        died = f"{project}-{number}"
        with pytest.raises(Died):
            interrupted(lambda died=died: register(died, promoted), number, die)
        register(died, promoted)
        assert tags_of(died) == {SEED.id: ["previous"], B.id: ["current"], C.id: ["candidate"]}, made[number]
        assert all(model["ready"] for model in models_of(died).values())
        assert metadata_of(died, C.id)["score mean"] == "4.0"


def test_a_reader_who_comes_between_two_labels_gets_what_the_log_says(project: str) -> None:
    register(project)
    promoted = decision("promote", B, 1.0, current=SEED)
    judge(project, SCORES)
    decide(project, promoted)
    model = models_of(project)[C.id]
    call("models.edit", model=model["id"], tags=["redraft-prompt", "current"])
    model = models_of(project)[B.id]
    call("models.edit", model=model["id"], tags=["redraft-prompt", "current"])
    assert find_prompt(project).variant_id == B.id
    for each in (B, C):
        call("models.edit", model=models_of(project)[each.id]["id"], tags=["redraft-prompt"])
    assert find_prompt(project).variant_id == B.id


def test_of_two_who_registered_at_once_the_older_model_stays_and_the_twin_is_archived(project: str) -> None:
    register(project)
    old = models_of(project)[B.id]
    call("models.create", name=f"prompt {B.id}", uri=old["uri"], project=project_id(project), tags=old["tags"])
    decide(project, decision("promote", B, 1.0, current=SEED))
    synchronise_labels(project)
    assert tags_of(project)[B.id] == ["current"]
    assert models_of(project)[B.id]["id"] == old["id"]
    assert len(models_of(project)) == 3
    twins = call("models.get_all", name=f"^prompt {B.id}$", project=[project_id(project)])["models"]
    assert [twin["system_tags"] for twin in twins if twin["id"] != old["id"]] == [["archived"]]


def test_an_archived_model_is_found_again_not_made_again(project: str) -> None:
    register(project)
    call("models.archive_many", ids=[models_of(project)[B.id]["id"]])
    register(project, decision("promote", B, 1.0, current=SEED))
    assert tags_of(project)[B.id] == ["current"]


def test_a_server_that_takes_no_figures_of_a_published_model_is_told_about_but_no_reason_to_fail(
    project: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refusing(action: str, **fields: object) -> object:
        if action == "models.add_or_update_metadata":
            raise Refusal(action, 400, 203, "Model is published")
        return call(action, **fields)

    register(project)
    monkeypatch.setattr(registry, "call", refusing)
    with caplog.at_level(logging.WARNING, logger="redraft"):
        assert register(project, decision("promote", B, 1.0, current=SEED), B=3.5).current == B.id
    assert "stay as they were" in caplog.text
    assert find_prompt(project).score.mean == 3.0


def test_a_rated_variant_whose_prompts_are_lost_is_told_about(project: str, caplog: pytest.LogCaptureFixture) -> None:
    history = history_of(SCORES)
    lost = {key: prompt for key, prompt in history.prompts.items() if key != C.answer_prompt_id}
    history = dataclasses.replace(history, prompts=lost)
    with caplog.at_level(logging.WARNING, logger="redraft"):
        register_variants(open_task(project), project, history, board_of(history))
    assert set(tags_of(project)) == {SEED.id, B.id}
    assert C.id in caplog.text


def test_a_decision_event_is_in_the_log_only_once_it_is_complete(project: str) -> None:
    seen: list[tuple[Decision, ...]] = []

    def look(_task: str) -> None:
        seen.append(load_history(find_sources(project)).decisions)

    made = decision("promote", B, 1.0)
    record_decision(project, made, meanwhile=look)
    assert seen == [()]
    assert load_history(find_sources(project)).decisions == (made,)


def die() -> None:
    raise Died


def project_id(project: str) -> str:
    return str(call("projects.get_all", name=f"^{project}$", only_fields=["id"])["projects"][0]["id"])
