"""What `redraft install` makes on a server; what it leaves alone the second time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from broken_setups import git, repository
from clearml import Task
from review_world import server_task
from test_launching import template as old_template

from redraft.config import ROOT, load_config, section_text
from redraft.errors import ConfigError, InputError
from redraft.jsonl import read_jsonl
from redraft.questions import read_questions
from redraft.records import Prompt
from redraft.settings import Config
from redraft.tracking.doctor import WORKING_COPY
from redraft.tracking.given import given_questions, given_seed_prompts, read_seed_prompts, store_questions
from redraft.tracking.installing import install, naming_versions, store_given
from redraft.tracking.prepare import effective_config, runs_of
from redraft.tracking.queues import queue_ids, queues_of_run
from redraft.tracking.run_form import DESCRIPTIONS
from redraft.tracking.runs import draft_run
from redraft.tracking.server import call
from redraft.tracking.templates import RUN_TAG, code_tag, code_version, ensure_template, mark_run, newest_template

QUESTIONS = '{"text": "How?"}\n{"text": "Why?", "split": "val"}\n'


def config_for(folder: Path, **queues: str) -> Config:
    (folder / "questions.jsonl").write_text(QUESTIONS, encoding="utf-8")
    config = load_config(overrides={"run.questions": str(folder / "questions.jsonl")})
    return replace(config, queues=replace(config.queues, **queues))


def archived(task_id: str) -> bool:
    return "archived" in server_task(task_id)["system_tags"]


def project_of_name(name: str) -> dict[str, Any]:
    (found,) = call("projects.get_all", name=f"^{name}$", search_hidden=True)["projects"]
    return dict(found)


def test_the_template_is_renewed_when_the_code_has_moved_and_old_runs_stay(project: str, tmp_path: Path) -> None:
    old = old_template(project)
    run = draft_run(old.id, load_config())
    config = config_for(tmp_path, services=f"{project}-services", steps=f"{project}-steps", review=f"{project}-people")
    first = install(project, config)
    assert (first.template.is_new, first.template.archived) == (True, (old.id,))
    assert (archived(old.id), archived(run), server_task(run)["status"]) == (True, False, "created")
    assert first.new_queues == (f"{project}-services", f"{project}-steps", f"{project}-people")
    assert set(first.new_queues) <= set(queue_ids())
    made = server_task(first.template.task_id)
    assert (made["status"], made.get("parent")) == ("created", None)
    form = made["hyperparams"]["Args"]
    assert {name: item["description"] for name, item in form.items()} == DESCRIPTIONS
    assert (
        effective_config(Task.get_task(first.template.task_id)).run.questions == f"dataset:{first.given[0].dataset_id}"
    )

    second = install(project, config)
    assert (second.template.task_id, second.template.is_new) == (first.template.task_id, False)
    assert (second.new_queues, second.template.archived, second.described) == ((), (), False)
    assert [version.is_new for version in second.given] == [False, False]
    assert ensure_template(project) == newest_template(project) == first.template.task_id

    other = install(project, replace(config, run=replace(config.run, candidates=9)))
    assert (other.template.is_new, other.template.archived) == (True, (first.template.task_id,))
    assert effective_config(Task.get_task(other.template.task_id)).run.candidates == 9


def test_the_next_iteration_of_a_run_whose_template_was_archived_is_not_archived(project: str) -> None:
    old = old_template(project)
    config = load_config(overrides={"run.iterations": 2})
    first = Task.get_task(draft_run(old.id, config))
    call("tasks.archive", tasks=[old.id])
    following = draft_run(first.parent, config)
    assert not archived(following)
    assert [run["id"] for run in runs_of(first.project)] == [first.id, following]


def test_what_new_run_clones_is_a_run_and_never_taken_for_the_template(project: str) -> None:
    """It has the template's tags; an install archived what waited on the queue, and nobody counted it."""
    made = old_template(project)
    made.set_name("improve prompt (template)")
    clone = Task.get_task(call("tasks.clone", task=made.id, new_task_name="improve prompt (template) #2")["id"])
    assert newest_template(project) == made.id
    assert [run["id"] for run in runs_of(made.project)] == [clone.id]
    call("tasks.started", task=clone.id)
    mark_run(Task.get_task(clone.id))
    task = server_task(clone.id)
    assert (task["name"], task["tags"]) == ("improve prompt #2", [RUN_TAG])


def test_what_people_wrote_about_the_project_stays(project: str, tmp_path: Path) -> None:
    call("projects.create", name=project, description="Ours since 2024.")
    install(project, config_for(tmp_path))
    text = project_of_name(project)["description"]
    assert text.startswith("Ours since 2024.\n\n<!-- redraft")
    for part in ("NEW RUN", "`human-review`", f"`{newest_template(project)}`", "questions: `dataset:"):
        assert part in text


def test_questions_are_a_version_that_is_new_only_when_they_say_something_else(project: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(QUESTIONS, encoding="utf-8")
    first = store_questions(project, path)
    path.write_text(QUESTIONS.replace('"Why?",', '"Why?" ,'), encoding="utf-8")  # the same, written otherwise
    same = store_questions(project, path)
    path.write_text(QUESTIONS + '{"text": "When?"}\n', encoding="utf-8")
    second = store_questions(project, path)
    assert [version.is_new for version in (first, same, second)] == [True, False, True]
    assert same.dataset_id == first.dataset_id
    assert given_questions(f"dataset:{second.dataset_id}") == tuple(read_questions(path))
    assert [question.text for question in given_questions(f"dataset:{first.dataset_id}")] == ["How?", "Why?"]
    with pytest.raises(InputError, match=f"seed prompts: dataset {first.dataset_id} was not made by Redraft"):
        given_seed_prompts(f"dataset:{first.dataset_id}")


def test_seed_prompts_come_back_from_their_dataset(project: str) -> None:
    config = load_config()
    versions = {version.name: version.dataset_id for version in store_given(project, config)}
    path = ROOT / config.write.seed_prompts
    assert given_seed_prompts(f"dataset:{versions['seed prompts']}") == read_seed_prompts(path)
    assert given_seed_prompts(config.write.seed_prompts) == tuple(read_jsonl(path, Prompt))


@pytest.mark.parametrize("inside", [True, False])
def test_the_template_names_every_file_as_the_version_that_was_stored(
    project: str, tmp_path: Path, inside: bool
) -> None:
    config = load_config() if inside else config_for(tmp_path)
    given = store_given(project, config)
    for_agents = naming_versions(config, given)
    assert for_agents.run.questions == f"dataset:{given[0].dataset_id}"
    assert for_agents.write.seed_prompts == f"dataset:{given[1].dataset_id}"
    named = replace(config, run=replace(config.run, questions="dataset:abc"))
    assert naming_versions(named, store_given(project, named)).run.questions == "dataset:abc"


def test_new_run_asks_the_edited_questions_of_the_repository(
    project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template named the path; its commit and its diff, which agents get, had the questions of the first day."""
    monkeypatch.setattr("redraft.tracking.installing.ROOT", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "seed_prompts.jsonl").write_bytes((ROOT / "data" / "seed_prompts.jsonl").read_bytes())
    asked = []
    for questions in (QUESTIONS, QUESTIONS.replace("How?", "How so?")):
        (tmp_path / "data" / "questions.jsonl").write_text(questions, encoding="utf-8")
        made = install(project, load_config()).template
        assert made.is_new
        asked.append(given_questions(effective_config(Task.get_task(made.task_id)).run.questions)[0].text)
    assert asked == ["How?", "How so?"]


@pytest.mark.parametrize(
    ("queues", "said"),
    [
        ({"steps": "redraft-services"}, "queues.services and queues.steps must be two queues, got 'redraft-services'"),
        ({"review": " "}, "queues.review must be the name of a queue, got ' '"),
    ],
)
def test_wrong_names_of_queues_are_refused_before_anything_is_made(
    project: str, tmp_path: Path, queues: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        install(project, config_for(tmp_path, **queues))
    assert call("projects.get_all", name=f"^{project}", search_hidden=True)["projects"] == []


def test_a_name_that_clearml_would_refuse_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names of 3 characters or more"):
        install("ab", config_for(tmp_path))


def test_a_run_keeps_the_names_of_queues_that_it_was_started_with(project: str, tmp_path: Path) -> None:
    config = config_for(tmp_path, services="theirs")
    run = draft_run(old_template(project).id, config)
    assert queues_of_run(run) == config.queues
    item = {"name": "redraft", "value": section_text(config).replace("candidates: 4", "candidates: many")}
    call("tasks.edit_configuration", task=run, configuration=[item], replace_configuration=False)
    assert queues_of_run(run) == config.queues, "also if something else is wrong"
    assert queues_of_run(old_template(project).id) == load_config().queues


def test_an_edited_page_makes_another_template_where_agents_clone(tmp_path: Path) -> None:
    """They get the edits that the template was made with."""
    page = repository(tmp_path) / "data" / "docs" / "page.md"
    page.parent.mkdir(parents=True)
    page.write_text("One.\n")
    git(page.parent, "add", "page.md")
    git(page.parent, "commit", "-m", "Page")
    root = tmp_path / "work"
    before, here = code_tag({}, root), code_tag({WORKING_COPY: "1"}, root)
    page.write_bytes(b"Two, in no encoding: \xff\n")
    assert code_tag({}, root) != before
    assert code_tag({WORKING_COPY: "1"}, root) == here
    page.write_text("One.\n")
    assert code_tag({}, root) == before


def test_the_codes_version_moves_with_steps_and_configs_and_not_with_the_docs(tmp_path: Path) -> None:
    for name in ("pipelines/improve_prompt.py", "steps/one.py", "configs/default.yaml", "data/docs/page.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a = 1\n")
    versions = [code_version(tmp_path)]
    for name in ("data/docs/page.md", "steps/one.py", "configs/default.yaml", "pipelines/improve_prompt.py"):
        (tmp_path / name).write_text("a = 2\n")
        versions.append(code_version(tmp_path))
    assert versions[0] == versions[1]
    assert len(set(versions[1:])) == 4
