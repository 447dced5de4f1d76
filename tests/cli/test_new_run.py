"""Install, NEW RUN with changed parameters, two runs at once, abort and continue: through real agents and the SDK."""

from __future__ import annotations

import json

import pytest
from installed_world import PROJECT, World, running_agent

pytestmark = [pytest.mark.agent, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("new-run")]

STEPS = ("version_docs", "build_index", "write_prompts", "answer_questions", "review", "score_prompts")
FORM = ("docs", "questions", "iteration", "iterations", "continue", "promote", "chat_model", "embedding_model",
        "candidates", "ratings")  # fmt: skip


def test_a_second_install_changes_nothing(world: World, template: str) -> None:
    def everything() -> list[tuple[str, str]]:
        tasks = world.ask("tasks.get_all", only_fields=["id", "last_update"], search_hidden=True)["tasks"]
        return sorted((task["id"], task["last_update"]) for task in tasks)

    before = everything()
    again = world.command("install", "--project", PROJECT, "--profile", "profile.yaml")
    assert f"{template} (of this code already)" in again.stdout
    assert again.stdout.count("(unchanged)") == 2
    assert everything() == before


def test_the_form_has_ten_typed_parameters_that_say_what_they_are(world: World, template: str) -> None:
    form = world.task(template)["hyperparams"]["Args"]
    shown = {name: item for name, item in form.items() if not name.startswith("_")}
    assert sorted(shown) == sorted(FORM)
    assert all(item["description"] for item in shown.values())
    assert {shown[name]["type"] for name in ("iteration", "iterations", "candidates", "ratings")} == {"int"}


def _doctor(world: World, profile: str) -> tuple[int, dict[str, tuple[str, str]]]:
    done = world.command("doctor", "--agents", "--json", "--project", PROJECT, "--profile", profile, "--timeout", "90")
    assert done.stdout, done.stderr
    assert world.environ["CLEARML_API_SECRET_KEY"] not in done.stdout + done.stderr
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {finding["check"]: (finding["verdict"], finding["words"]) for finding in found}


@pytest.mark.usefixtures("template")
def test_the_doctor_finds_the_agents_healthy_from_where_they_are(world: World) -> None:
    code, found = _doctor(world, "profile.yaml")
    assert code == 0, found
    for queue, workers in (
        ("redraft-services", ("local:services", "local:second")),
        ("redraft-steps", ("local:steps",)),
    ):
        assert found[f"{queue}: agent"][1].removesuffix(" ran the probe") in workers
        for check in ("server", "clock", "files", "chat model", "embedding model", "docs and questions"):
            assert found[f"{queue}: {check}"][0] == "pass", found
    left = world.ask("tasks.get_all", name="^(probe|doctor)", search_hidden=True, only_fields=["name"])["tasks"]
    assert left == []


@pytest.mark.usefixtures("template")
def test_the_doctor_finds_an_agent_without_a_model_though_there_is_one_here(world: World) -> None:
    text = (world.folder / "profile.yaml").read_text()
    (world.folder / "lonely.yaml").write_text(f"{text}queues: {{steps: lonely}}\n")
    with running_agent(world.services, "lonely", "lonely", OPENAI_BASE_URL="http://127.0.0.1:9/v1"):
        world.wait_for_worker("local:lonely")
        code, found = _doctor(world, "lonely.yaml")
    assert code == 1
    assert found["chat model"][0] == "pass"
    assert found["redraft-services: chat model"][0] == "pass"
    for check in ("chat model", "embedding model"):
        verdict, words = found[f"lonely: {check}"]
        assert (verdict, words.partition(": ")[0]) == (
            "fail", "no model endpoint can be reached at http://127.0.0.1:9/v1",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"candidates": "many"}, "run parameters: run.candidates must be a whole number, got 'many'"),
        ({"docs": "no/such/folder"}, "no/such/folder: no such docs folder"),
        ({"docs": "dataset:0123456789abcdef"}, "docs: there is no dataset '0123456789abcdef' on this server"),
        ({"questions": "dataset:0123456789abcdef"}, "questions: there is no dataset '0123456789abcdef'"),
        ({"questions": "nowhere.jsonl"}, "nowhere.jsonl: no such questions file"),
        ({"chat_model": "gpt-none"}, "has no model 'gpt-none'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_value_is_refused_in_seconds_with_the_reason_in_the_status(
    world: World, template: str, given: dict[str, str], said: str
) -> None:
    run = world.ended(world.new_run(template, **given))
    assert run["status"] == "failed"
    assert said in run["status_message"]
    assert said in run["comment"]
    assert run["active_duration"] <= 15
    assert world.steps(run["id"]) == []


def test_a_configuration_that_was_edited_wrongly_is_refused_by_its_name(world: World, template: str) -> None:
    run = str(world.ask("tasks.clone", task=template, new_task_name="improve prompt #9")["id"])
    _edit(world, run, "top_k: 6", "top_k: 0")
    world.ask("tasks.enqueue", task=run, queue_name="redraft-services")
    said = "configuration object redraft: retrieval.top_k must be >= 1, got 0"
    assert said in world.ended(run)["status_message"]


@pytest.mark.parametrize(
    ("queue", "said"), [("nowhere", "there is no queue 'nowhere'"), ("robots", "agent 'a robot' serves 'robots'")]
)
def test_a_review_that_would_reach_no_people_is_refused(world: World, template: str, queue: str, said: str) -> None:
    robots = world.ask("queues.create", name="robots")["id"] if queue == "robots" else None
    if robots:
        world.ask("workers.register", worker="a robot", queues=[robots], timeout=600)
    try:
        run = str(world.ask("tasks.clone", task=template, new_task_name="improve prompt #9")["id"])
        _edit(world, run, "review: human-review", f"review: {queue}")
        world.ask("tasks.enqueue", task=run, queue_name="redraft-services")
        assert said in world.ended(run)["status_message"]
    finally:
        if robots:
            world.ask("workers.unregister", worker="a robot")


def test_two_runs_at_once_one_of_them_aborted_and_continued(world: World, template: str) -> None:
    _edit(world, template, "top_k: 6", "top_k: 3")  # as the web pages do, where the template's configuration is shown
    kept = world.new_run(template, candidates=2, ratings=4)
    aborted = world.new_run(template, candidates=3, ratings=6)
    for run in (kept, aborted):
        world.review_waits(run)

    world.ask("tasks.stop", task=aborted, include_pipeline_steps=True)  # Abort, as the web pages do
    assert world.ended(aborted)["status"] == "stopped"
    assert world.steps(aborted)[-1] == ("review", "stopped")
    assert world.task(kept)["status"] == "in_progress"

    world.rate()
    assert world.ended(kept)["status"] == "completed"

    again = world.command(
        "resume", "--project", PROJECT, "--iteration", _number(world, aborted), "--stand-in-reviewers"
    )
    assert again.returncode == 0, again.stdout + again.stderr
    for run, candidates in ((kept, "2"), (aborted, "3")):
        task = world.task(run)
        assert (task["status"], task["parent"]) == ("completed", template)
        assert task["name"].startswith("improve prompt #")
        assert task["hyperparams"]["Args"]["candidates"]["value"] == candidates
        effective = task["configuration"]["effective"]["value"]
        assert "top_k: 3" in effective
        assert f"candidates: {candidates}" in effective
    assert _states(world, kept) == dict.fromkeys(STEPS, "completed")
    assert _states(world, aborted) == {**dict.fromkeys(STEPS, "completed"), "review": "stopped completed"}
    assert {_number(world, run) for run in (kept, aborted)} == {"1", "2"}
    assert world.task(template)["status"] == "created"
    assert [queue["entries"] for queue in world.ask("queues.get_all")["queues"] if queue["entries"]] == []


def test_a_run_that_is_aborted_while_shards_answer_leaves_none_behind(world: World, template: str) -> None:
    run = str(world.ask("tasks.clone", task=template, new_task_name="improve prompt #9")["id"])
    _edit(world, run, "answer_shards: 1", "answer_shards: 3")
    slow = {"rate_timeout": 1.0, "timeout_s": 2.0}
    with running_agent(world.services, "redraft-steps", "steps-2"):
        world.wait_for_worker("local:steps-2")
        world.ask("tasks.enqueue", task=run, queue_name="redraft-services")
        world.wait_for(run, lambda _: ("write_prompts", "completed") in world.steps(run))
        try:
            world.models_are(slow)
            world.wait_for(run, lambda _: ("answer_questions, shard 2 of 3", "in_progress") in world.steps(run))
            world.ask("tasks.stop", task=run, include_pipeline_steps=True)
            assert world.ended(run)["status"] == "stopped"
            world.wait_for(run, lambda _: not {"queued", "in_progress"} & {status for _, status in world.steps(run)})
        finally:
            world.models_are({})
        assert dict(world.steps(run))["answer_questions"] == "stopped"
        assert [queue["entries"] for queue in world.ask("queues.get_all")["queues"] if queue["entries"]] == []


def _edit(world: World, task: str, before: str, after: str) -> None:
    text = world.task(task)["configuration"]["redraft"]["value"]
    assert before in text
    item = {"name": "redraft", "value": text.replace(before, after), "type": "yaml"}
    world.ask("tasks.edit_configuration", task=task, configuration=[item], replace_configuration=False)


def _number(world: World, run: str) -> str:
    return str(world.task(run)["hyperparams"]["Args"]["iteration"]["value"])


def _states(world: World, run: str) -> dict[str, str]:
    """How the tasks of each step ended; a step that came from the cache of the other run has none of its own."""
    found: dict[str, str] = {}
    for name, status in world.steps(run):
        found[name] = f"{found.get(name, '')} {status}".strip()
    return {name: found.get(name, "completed") for name in STEPS}
