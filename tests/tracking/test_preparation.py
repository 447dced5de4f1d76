"""What a run is a run of is settled before its first step: its number, questions, prompts and history, by content."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from clearml import Task
from interruptions import calls_of, interrupted
from review_world import make_run

from redraft.config import ROOT, load_config, section_text
from redraft.errors import ConfigError, DocumentsError, InputError, ModelError, RecordError
from redraft.jsonl import write_jsonl
from redraft.learning.question_set import Change, edits_from
from redraft.records import Prompt, Question, content_id, make_prompt
from redraft.settings import Config
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.given import read_seed_prompts
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.prepare import (
    _claim_iteration,
    _history_sources,
    _keep_sources,
    effective_config,
    history_of_run,
    override_run,
    prepare_run,
    runs_of,
)
from redraft.tracking.question_set import edits_of, save_edits
from redraft.tracking.server import call
from redraft.tracking.step import RECORDS_TAG


def numbered(project: str, number: int) -> Task:
    run = make_run(project)
    run.set_parameter("Args/iteration", number)
    return run


def source(project: str) -> str:
    """Add a task to what the project's history is made of."""
    task = Task.create(project_name=project, task_name="decision", task_type="custom")
    task.set_tags([RECORDS_TAG])
    call("tasks.started", task=task.id)
    put_records(task.id, "prompts", Prompt, [make_prompt("answer", task.id)])
    call("tasks.completed", task=task.id)
    return str(task.id)


@pytest.fixture
def model(model_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the model stand-in."""
    monkeypatch.setenv("OPENAI_BASE_URL", model_server)
    monkeypatch.setenv("OPENAI_API_KEY", "any")


@pytest.fixture
def config() -> Config:
    """Use the model stand-in's models."""
    return load_config(ROOT / "configs" / "stand_ins.yaml")


def test_iteration_0_means_the_next_one(project: str) -> None:
    assert _claim_iteration(make_run(project), 0) == 1
    assert _claim_iteration(make_run(project), 0) == 2


def test_the_next_one_follows_the_highest_number_not_the_newest_run(project: str) -> None:
    for number in (1, 7, 3):
        numbered(project, number)
    run = make_run(project)
    assert _claim_iteration(run, 0) == 8
    assert {found["id"]: found["iteration"] for found in runs_of(run.project)}[run.id] == 8


def test_an_iteration_that_is_named_is_that_one_again(project: str) -> None:
    numbered(project, 4)
    assert _claim_iteration(make_run(project), 4) == 4


def test_the_template_is_no_run(project: str) -> None:
    template = numbered(project, 9)
    template.set_tags(["redraft-template"])
    run = make_run(project)
    assert [found["id"] for found in runs_of(run.project)] == [run.id]


@pytest.mark.parametrize("older_first", [True, False])
def test_two_runs_that_claim_a_number_at_once_get_different_ones(project: str, older_first: bool) -> None:
    """The other claims before each call of the one, whichever of them is older."""
    number = 0
    while True:
        here = f"{project}-{number}"
        runs = [make_run(here), make_run(here)]
        one, other = runs if older_first else reversed(runs)
        numbers: list[int] = []
        happened = interrupted(
            lambda: numbers.append(_claim_iteration(one, 0)),  # noqa: B023 - called at once
            number,
            lambda: numbers.append(_claim_iteration(other, 0)),  # noqa: B023
        )
        if not happened:
            assert number > 3
            return
        assert len(set(numbers)) == 2, number
        assert {found["iteration"] for found in runs_of(one.project)} == set(numbers), number
        number += 1


def test_two_claims_that_are_at_the_same_point_at_once_get_different_numbers(project: str) -> None:
    """Each is between its own two calls while the other makes them: threads that meet before every call."""
    from concurrent.futures import ThreadPoolExecutor

    for number in range(4):
        here = f"{project}-{number}"
        runs = [make_run(here) for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            numbers = list(pool.map(lambda run: _claim_iteration(run, 0), runs))
        assert len(set(numbers)) == 3, numbers


def test_a_run_learns_from_what_there_is_when_it_is_first_launched(project: str) -> None:
    old = source(project)
    run = make_run(project)
    _keep_sources(run, _history_sources(run, project, 0))
    new = source(project)
    assert _history_sources(run, project, 0) == [old]  # it is resumed
    assert _history_sources(make_run(project), project, 0) == [old, new]
    assert history_of_run(run.id) == [old]


def test_an_iteration_that_is_run_again_learns_from_the_same(project: str) -> None:
    old = source(project)
    _keep_sources(first := numbered(project, 1), _history_sources(first, project, 1))
    new = source(project)
    assert _history_sources(numbered(project, 1), project, 1) == [old]
    assert _history_sources(numbered(project, 2), project, 2) == [old, new]


def test_the_first_iteration_learns_from_nothing(project: str) -> None:
    run = make_run(project)
    _keep_sources(run, _history_sources(run, project, 1))
    assert history_of_run(run.id) == []


def make_question(text: str) -> Question:
    return Question(id=content_id("q", text), text=text)


def prompts_file(folder: Path, *prompts: Prompt) -> Path:
    return write_jsonl(folder / "seeds.jsonl", Prompt, prompts)


def test_seed_prompts_are_named_by_their_text_whatever_the_file_says(tmp_path: Path) -> None:
    answer, extract = make_prompt("answer", "Answer."), make_prompt("extract", "Extract.")
    path = prompts_file(tmp_path, Prompt(id="p-wrong", kind="answer", text="Answer.", run_id="r"), extract)
    assert read_seed_prompts(path) == (answer, extract)


@pytest.mark.parametrize("kinds", [(), ("answer",), ("answer", "answer"), ("answer", "extract", "extract")])
def test_a_file_without_one_seed_prompt_of_each_kind_is_refused(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    path = prompts_file(tmp_path, *(make_prompt(kind, f"{kind} {number}") for number, kind in enumerate(kinds)))
    with pytest.raises(
        InputError, match=r"seeds.jsonl: expected one prompt of kind answer and one of kind extract, got"
    ):
        read_seed_prompts(path)


def test_a_seed_prompts_file_that_is_missing_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no such file"):
        read_seed_prompts(tmp_path / "none.jsonl")
    with pytest.raises(RecordError, match="holds Question records, expected Prompt"):
        read_seed_prompts(write_jsonl(tmp_path / "q.jsonl", Question, []))


@pytest.mark.usefixtures("model")
def test_a_prepared_run_holds_its_questions_prompts_history_and_settings(project: str, config: Config) -> None:
    run = make_run(project)
    facts = prepare_run(run, project, config)
    assert facts.iteration == 1
    assert len(get_records(run.id, "questions", Question)) > 3
    assert [prompt.kind for prompt in get_records(run.id, "seedprompts", Prompt)] == ["answer", "extract"]
    assert history_of_run(run.id) == []
    assert "top_k" in str(run.get_configuration_object("effective"))
    # a second run of the same inputs differs in nothing but its number
    import dataclasses

    again = prepare_run(make_run(project), project, config)
    assert again == dataclasses.replace(facts, iteration=2)


@pytest.mark.usefixtures("model")
def test_questions_without_val_are_prepared_with_a_warning_in_the_controllers_log(
    project: str, config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"text": "How?"}\n')
    run = make_run(project)
    facts = prepare_run(run, project, override_run(config, {"questions": str(questions)}))
    assert facts.iteration == 1
    assert [record.levelname for record in caplog.records if "no question has split val" in record.message] == [
        "WARNING"
    ]
    assert f"{questions}: no question has split val: no prompt can be promoted, because" in caplog.text
    caplog.clear()
    prepare_run(make_run(project), project, config)
    assert "has split" not in caplog.text


@pytest.mark.usefixtures("model")
def test_edits_saved_before_a_launch_are_in_it_and_those_after_it_are_in_the_next(
    project: str, config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"text": "How?"}\n{"text": "Why?", "split": "val"}\n')
    config = override_run(config, {"questions": str(questions)})
    how, when = make_question("How?"), make_question("When?")

    def texts(run: Task) -> list[str]:
        return [question.text for question in get_records(run.id, "questions", Question)]

    save_edits(project, edits_from([Change(kind="add", question=when)], author="Ann", now=1.0))
    first = make_run(project)
    facts = prepare_run(first, project, config)
    assert texts(first) == ["How?", "Why?", "When?"]
    assert "2 questions; with 1 edits from the review page: 3, version qs-" in caplog.text
    save_edits(project, edits_from([Change(kind="retire", question=how, before=how)], author="Ben", now=2.0))
    prepare_run(first, project, override_run(config, {"iteration": 1}))  # it is resumed
    again = make_run(project)
    assert prepare_run(again, project, override_run(config, {"iteration": 1})) == facts
    assert texts(first) == texts(again) == ["How?", "Why?", "When?"]
    following = make_run(project)
    assert prepare_run(following, project, config).questions_hash != facts.questions_hash
    assert texts(following) == ["Why?", "When?"]
    assert set(load_history(find_sources(project)).question_edits) == set(edits_of(find_sources(project)))


@pytest.mark.usefixtures("model")
def test_a_run_whose_questions_were_all_retired_says_so_takes_no_number_and_can_be_resumed(
    project: str, config: Config, tmp_path: Path
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"text": "How?"}\n')
    config = override_run(config, {"questions": str(questions)})
    how = make_question("How?")
    save_edits(project, edits_from([Change(kind="retire", question=how, before=how)], author="Ann", now=1.0))
    run = make_run(project)
    with pytest.raises(InputError, match=r"every example question was retired .* Add a question on the page Questions"):
        prepare_run(run, project, config)
    assert [found["iteration"] for found in runs_of(run.project)] == [0]
    save_edits(project, edits_from([Change(kind="add", question=how)], author="Ann", now=2.0))
    assert prepare_run(run, project, config).iteration == 1


@pytest.mark.usefixtures("model")
def test_facts_follow_content(project: str, config: Config, tmp_path: Path) -> None:
    """Another order of the questions is the same; another text, another docs page or other history is not."""
    docs, questions = tmp_path / "docs", tmp_path / "questions.jsonl"
    docs.mkdir()
    (docs / "page.md").write_text("# Page\n\nText.\n")
    rows = [{"text": "How?"}, {"text": "Why?"}]

    def facts(change: Callable[[], object] = lambda: None) -> dict[str, str]:
        change()
        questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
        values = {"docs": str(docs), "questions": str(questions)}
        found = prepare_run(make_run(project), project, override_run(config, values))
        return {
            "docs": found.docs_fingerprint,
            "questions": found.questions_hash,
            "history": found.history_hash,
        }

    first = facts()
    assert facts(rows.reverse) == first

    def differs(change: Callable[[], object]) -> set[str]:
        nonlocal first
        old, first = first, facts(change)
        return {name for name in old if old[name] != first[name]}

    assert differs(lambda: rows[0].update(answerable=True)) == {"questions"}
    assert differs(lambda: rows.append({"text": "When?"})) == {"questions"}
    assert differs(lambda: (docs / "page.md").write_text("# Page\n\nOther.\n")) == {"docs"}
    assert differs(lambda: source(project)) == {"history"}


@pytest.mark.usefixtures("model")
def test_a_wrong_input_is_found_before_the_run_takes_a_number(project: str, config: Config, tmp_path: Path) -> None:
    run = make_run(project)
    (tmp_path / "empty").mkdir()
    wrong = {
        "questions": (str(tmp_path / "none.jsonl"), InputError),
        "docs": (str(tmp_path / "empty"), DocumentsError),
        "chat_model": ("no-such-model", ModelError),
    }
    for name, (value, error) in wrong.items():
        with pytest.raises(error):
            prepare_run(run, project, override_run(config, {name: value}))
    with pytest.raises(InputError, match="no dataset"):
        prepare_run(run, project, override_run(config, {"docs": "dataset:none"}))
    assert [found["iteration"] for found in runs_of(run.project)] == [0]


def test_a_runs_configuration_is_its_object_with_its_parameters_on_top(project: str) -> None:
    run = make_run(project)
    config = load_config(overrides={"retrieval.top_k": 3, "run.candidates": 2})
    run.set_configuration_object("redraft", config_text=section_text(config), config_type="yaml")
    run.set_parameters({"Args/candidates": "5", "Args/_hidden": "x", "Args/continue": "auto", "Other/x": "y"})
    found = effective_config(run)
    assert (found.retrieval.top_k, found.run.candidates, found.run.continue_) == (3, 5, "auto")


def test_wrong_parameters_of_a_run_are_named_all_at_once(project: str) -> None:
    run = make_run(project)
    run.set_parameters({"Args/candidates": "many", "Args/ratings": "0", "Args/promote": "never"})
    with pytest.raises(ConfigError) as error:
        effective_config(run)
    for words in (
        "run.candidates must be a whole number, got 'many'",
        "run.ratings must be >= 2, got 0",
        "run.promote must be",
    ):
        assert f"run parameters: {words}" in str(error.value)


def test_an_unknown_parameter_of_a_run_is_refused_with_the_known_ones(project: str) -> None:
    run = make_run(project)
    run.set_parameters({"Args/candidate": "5"})
    with pytest.raises(InputError, match=r"unknown 'candidate'; known: docs, questions, .*candidates"):
        effective_config(run)


def test_an_object_that_is_not_valid_names_itself(project: str) -> None:
    run = make_run(project)
    run.set_configuration_object("redraft", config_text="run: [", config_type="yaml")
    with pytest.raises(ConfigError, match="configuration object redraft: not valid YAML"):
        effective_config(Task.get_task(run.id))


def test_claiming_makes_few_calls(project: str) -> None:
    run = make_run(project)
    assert len(calls_of(lambda: _claim_iteration(run, 0))) < 10


@pytest.mark.usefixtures("model")
def test_a_number_beyond_the_next_iteration_is_refused_and_shifts_none(project: str, config: Config) -> None:
    with pytest.raises(InputError, match=r"there is no iteration 77 yet, the newest is 0\. 0 starts the next one"):
        prepare_run(numbered(project, 77), project, override_run(config, {"iteration": 77}))
    waiting = make_run(project, status="created")  # somebody typed a number and never sent it off
    waiting.set_parameter("Args/iteration", 50)
    assert prepare_run(make_run(project), project, config).iteration == 1
    assert prepare_run(make_run(project), project, override_run(config, {"iteration": 2})).iteration == 2
