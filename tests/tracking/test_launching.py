"""Before a run is launched: somebody serves its queues, and its code reaches whoever runs it. After: it is one run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Timer

import pytest
from clearml import Task
from interruptions import interrupted
from queue_names import REVIEW_QUEUE, SERVICES_QUEUE, STEPS_QUEUE
from review_world import Died, make_run, queue_entries, server_task, status_of

from redraft.config import load_config
from redraft.errors import InputError, LaunchError, RunError
from redraft.tracking import queues as queues_module
from redraft.tracking import runs as runs_module
from redraft.tracking.doctor import WORKING_COPY
from redraft.tracking.doctor.repository import repository_problems
from redraft.tracking.next_run import AFTER, start_iteration, start_next
from redraft.tracking.prepare import effective_config, runs_of
from redraft.tracking.queues import busy_tasks, check_queues, ensure_queues, queue_ids, remove_from_queue
from redraft.tracking.runs import (
    DEMO_PROJECT,
    PROJECT,
    default_project,
    latest_run,
    other_projects,
    resume_run,
    start_run,
    stop_orphans,
)
from redraft.tracking.server import call
from redraft.tracking.step import RECORDS_TAG, WRONG_INPUT
from redraft.tracking.templates import TEMPLATE_TAG, ensure_template

Agent = Callable[..., None]


@pytest.fixture
def agent() -> Iterator[Agent]:
    """Register agents that serve queues, until the test ends."""
    ensure_queues()
    names: list[str] = []

    def register(name: str, *queues: str, task: str = "") -> None:
        call("workers.register", worker=name, queues=[queue_ids()[queue] for queue in queues], timeout=600)
        if task:
            call("workers.status_report", worker=name, timestamp=0, task=task)
        names.append(name)

    yield register
    for name in dict.fromkeys(names):
        call("workers.unregister", worker=name)


@pytest.fixture
def agents(agent: Agent) -> None:
    """Two agents that serve what a run needs."""
    agent("one", SERVICES_QUEUE)
    agent("two", STEPS_QUEUE)


@pytest.mark.usefixtures("agents")
def test_two_agents_are_enough() -> None:
    check_queues()


@pytest.mark.parametrize("missing", [SERVICES_QUEUE, STEPS_QUEUE])
@pytest.mark.usefixtures("agents")
def test_a_queue_that_does_not_exist_is_named(missing: str) -> None:
    call("queues.delete", queue=queue_ids()[missing], force=True)
    with pytest.raises(LaunchError, match=f"no queue '{missing}'"):
        check_queues()
    ensure_queues()
    with pytest.raises(LaunchError, match=f"no agent serves the queue '{missing}'"):
        check_queues()  # the agent serves the one that was deleted


@pytest.mark.parametrize(("served", "missing"), [(STEPS_QUEUE, SERVICES_QUEUE), (SERVICES_QUEUE, STEPS_QUEUE)])
def test_a_queue_that_nobody_serves_is_named_with_the_command_that_serves_it(
    agent: Agent, served: str, missing: str
) -> None:
    agent("one", served)
    with pytest.raises(LaunchError, match=rf"'{missing}': the run would wait forever.*daemon --queue {missing}"):
        check_queues()


def test_one_agent_for_both_queues_would_wait_for_itself(agent: Agent) -> None:
    agent("one", SERVICES_QUEUE, STEPS_QUEUE)
    with pytest.raises(LaunchError, match=r"one agent serves both .* Start a second agent"):
        check_queues()
    agent("two", STEPS_QUEUE)
    check_queues()


@pytest.mark.usefixtures("agents")
def test_an_agent_on_the_reviews_queue_is_refused_by_name(agent: Agent) -> None:
    agent("eager", REVIEW_QUEUE)
    with pytest.raises(LaunchError, match=f"agent 'eager' serves '{REVIEW_QUEUE}'"):
        check_queues()


def test_making_the_queues_twice_makes_them_once() -> None:
    ensure_queues()
    before = queue_ids()
    ensure_queues()
    assert queue_ids() == before


def test_queues_on_later_pages_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_queues()
    known = queue_ids()
    monkeypatch.setattr(queues_module, "PAGE_SIZE", 1)
    assert len(known) >= 3
    assert queue_ids() == known


def test_a_task_is_taken_out_of_its_queue_by_one_only(project: str) -> None:
    ensure_queues()
    task = make_run(project, status="created")
    Task.enqueue(task, queue_name=REVIEW_QUEUE)
    queue = queue_ids()[REVIEW_QUEUE]
    assert [remove_from_queue(queue, task.id) for _ in range(2)] == [True, False]
    assert queue_entries(task.id) == 0


def template(project: str) -> Task:
    task = Task.create(
        project_name=f"{project}/.pipelines/improve prompt", task_name="improve prompt", task_type="controller"
    )
    task.set_tags([TEMPLATE_TAG])
    return task


@pytest.mark.usefixtures("agents")
def test_a_run_is_a_clone_of_the_template_with_its_own_configuration_on_the_services_queue(project: str) -> None:
    made = template(project)
    config = load_config(overrides={"run.candidates": 7, "retrieval.top_k": 2})
    run = start_run(project, config, template=made.id)
    task = server_task(run)
    assert (task["status"], task["parent"], task["name"]) == ("queued", made.id, "improve prompt #1")
    assert task["execution"]["queue"] == queue_ids()[SERVICES_QUEUE]
    assert effective_config(Task.get_task(run)) == config
    assert latest_run(project)["id"] == run
    assert server_task(start_run(project, config, template=made.id))["name"] == "improve prompt #2"
    assert status_of(made.id) == "created"


def test_nothing_is_made_when_nobody_would_run_it(project: str, agent: Agent) -> None:
    agent("one", STEPS_QUEUE)
    made = template(project)
    with pytest.raises(LaunchError):
        start_run(project, load_config(), template=made.id)
    assert runs_of(made.project) == []


@pytest.mark.usefixtures("agents")
def test_the_next_iteration_is_started_once_however_often_it_is_asked_for(project: str) -> None:
    """Also when the run that starts it dies at any moment and is resumed."""
    config = load_config(overrides={"run.iterations": 3, "run.continue": "auto"})

    def die() -> None:
        raise Died

    number = 0
    while True:
        here = f"{project}-{number}"
        made = template(here)
        first = Task.get_task(start_run(here, config, template=made.id))
        try:
            happened = interrupted(lambda: start_next(first, config), number, die)  # noqa: B023 - called at once
        except Died:
            happened = True
        following = [start_next(first, config) for _ in range(2)]
        assert len(set(following)) == 1
        assert status_of(following[0]) == "queued", number
        asked = effective_config(Task.get_task(following[0])).run
        assert (asked.iteration, asked.iterations) == (0, 2)
        waiting = [run["id"] for run in runs_of(made.project) if run["status"] == "queued"]
        assert sorted(waiting) == sorted([first.id, following[0]]), number
        if not happened:
            assert number > 5
            return
        number += 1


def at_once(number: int, ask: Callable[[], str]) -> set[str]:
    """What so many get who ask at the same moment."""
    together = Barrier(number)

    def one(_number: int) -> str:
        together.wait()
        return ask()

    with ThreadPoolExecutor(number) as pool:
        return set(pool.map(one, range(number)))


@pytest.mark.usefixtures("agents")
def test_four_that_ask_for_the_next_iteration_at_once_start_one(project: str) -> None:
    """Two leads at the page, its controller and a keeper may all do so."""
    config = load_config(overrides={"run.iterations": 2})
    made = template(project)
    first = Task.get_task(start_run(project, config, template=made.id))
    started = at_once(4, lambda: start_next(first, config))
    following = [run for run in runs_of(made.project) if run["id"] != first.id]
    assert [(run["id"], run["status"]) for run in following] == [(started.pop(), "queued")]
    assert not started


@pytest.mark.usefixtures("agents")
def test_three_leads_who_start_the_first_iteration_at_once_start_one(
    project: str, model_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", model_server)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv(WORKING_COPY, "1")
    config = load_config(overrides={"run.chat_model": "demo-chat", "run.embedding_model": "demo-embed"})
    made = call("tasks.get_by_id", task=ensure_template(project))["task"]
    started = at_once(3, lambda: start_iteration(project, config))
    assert [(run["id"], run["status"]) for run in runs_of(made["project"])] == [(started.pop(), "queued")]
    assert not started
    with pytest.raises(RunError, match="is queued: the next one starts when it is completed"):
        start_iteration(project, config)


@pytest.mark.usefixtures("agents")
def test_a_run_that_was_refused_hides_none_that_could_go_on(project: str) -> None:
    made = template(project)
    stopped, refused = (start_run(project, load_config(), template=made.id) for _ in range(2))
    for run in (stopped, refused):
        call("tasks.started", task=run, force=True)
    call("tasks.stopped", task=stopped, force=True)
    call("tasks.failed", task=refused, status_reason=WRONG_INPUT, force=True)
    assert latest_run(project)["id"] == refused
    assert latest_run(project, refused=False)["id"] == stopped


@pytest.mark.usefixtures("agents")
def test_a_command_means_the_project_that_was_worked_on_last() -> None:
    for worked_on, other in ((DEMO_PROJECT, PROJECT), (PROJECT, DEMO_PROJECT), (DEMO_PROJECT, PROJECT)):
        start_run(worked_on, load_config(), template=template(worked_on).id)
        assert default_project() == worked_on
        assert other_projects(worked_on) in ([], [other])  # none before its first run
    assert other_projects(DEMO_PROJECT) == [PROJECT]


@pytest.mark.parametrize("status", ["failed", "stopped"])
@pytest.mark.usefixtures("agents")
def test_a_run_that_ended_badly_is_put_back_on_its_queue_as_itself(project: str, status: str) -> None:
    run = make_run(project, status=status)
    assert resume_run(run.id) == run.id
    assert server_task(run.id)["execution"]["queue"] == queue_ids()[SERVICES_QUEUE]
    assert status_of(run.id) == "queued"


@pytest.mark.usefixtures("agents")
def test_a_run_that_waits_already_keeps_its_place_and_one_that_lost_it_gets_another(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "TAKEN_S", 0.1)
    run, behind = (make_run(project, status="failed") for _ in range(2))

    def places() -> list[str]:
        found = call("queues.get_all", name=f"^{SERVICES_QUEUE}$", only_fields=["entries"])["queues"][0]["entries"]
        return [entry["task"] for entry in found if entry["task"] in (run.id, behind.id)]

    for each in (run, behind, run):
        resume_run(each.id)
    assert places() == [run.id, behind.id]
    remove_from_queue(queue_ids()[SERVICES_QUEUE], run.id)
    resume_run(run.id)
    assert places() == [behind.id, run.id]
    assert status_of(run.id) == "queued"


@pytest.mark.usefixtures("agents")
def test_a_run_that_an_agent_takes_at_this_moment_is_not_given_to_a_second_one(project: str) -> None:
    run = make_run(project, status="failed")
    resume_run(run.id)
    assert remove_from_queue(queue_ids()[SERVICES_QUEUE], run.id)  # as an agent does
    begins = Timer(0.5, lambda: call("tasks.started", task=run.id, force=True))
    begins.start()
    with pytest.raises(RunError, match="was taken by an agent just now"):
        resume_run(run.id)
    begins.join()
    assert status_of(run.id) == "in_progress"


@pytest.mark.usefixtures("agents")
def test_a_run_that_completed_is_not_resumed(project: str) -> None:
    run = make_run(project, status="completed")
    with pytest.raises(RunError, match="is completed: there is nothing to resume"):
        resume_run(run.id)
    assert status_of(run.id) == "completed"


def test_a_run_that_an_agent_is_at_is_not_resumed(project: str, agent: Agent) -> None:
    run = make_run(project)
    agent("one", SERVICES_QUEUE, task=run.id)
    agent("two", STEPS_QUEUE)
    assert busy_tasks()[run.id] == "one"
    with pytest.raises(RunError, match="is running on agent one"):
        resume_run(run.id)
    assert status_of(run.id) == "in_progress"
    assert resume_run(run.id, nobody_has_it=True) == run.id


@pytest.mark.parametrize("status", ["in_progress", "failed", "queued"])
def test_a_run_that_cannot_be_resumed_now_is_left_as_it_is(project: str, agent: Agent, status: str) -> None:
    agent("one", STEPS_QUEUE)
    run = make_run(project, status="created" if status == "queued" else status)
    if status == "queued":
        Task.enqueue(run, queue_name=SERVICES_QUEUE)
    with pytest.raises(LaunchError, match="no agent serves"):
        resume_run(run.id)
    assert status_of(run.id) == status


def test_a_project_without_runs_says_how_to_start_one(project: str) -> None:
    with pytest.raises(InputError, match=f"project '{project}' has no run yet. Start one with `redraft run`"):
        latest_run(project)
    template(project)
    with pytest.raises(InputError, match="has no run of iteration 3 yet"):
        latest_run(project, iteration=3)


def test_orphaned_steps_are_stopped_and_reviews_are_not(project: str) -> None:
    step, review, other = (make_run(project) for _ in range(3))
    step.set_tags([RECORDS_TAG])
    review.set_tags([RECORDS_TAG, "redraft-review"])
    stop_orphans(project)
    assert [status_of(task.id) for task in (step, review, other)] == ["stopped", "in_progress", "in_progress"]


def test_the_property_that_marks_a_following_run_survives_its_start(project: str) -> None:
    """`start_next` finds by it what it started before."""
    run = make_run(project)
    item = {"section": "properties", "name": AFTER, "value": "x", "type": "str"}
    call("tasks.edit_hyper_params", task=run.id, hyperparams=[item], replace_hyperparams="none")
    assert runs_of(run.project)[0]["hyperparams"]["properties"][AFTER]["value"] == "x"


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository whose only commit is pushed."""
    git(tmp_path, "init", "--bare", "remote")
    git(tmp_path, "clone", "remote", "work")
    work = tmp_path / "work"
    (work / "step.py").write_text("1\n")
    git(work, "add", "step.py")
    git(work, "commit", "-m", "First")
    git(work, "push", "origin", "HEAD")
    return work


def test_pushed_code_reaches_agents(repository: Path) -> None:
    (repository / "step.py").write_text("2\n")  # a tracked edit travels as a diff
    (repository / "notes.txt").write_text("not code\n")
    assert repository_problems(repository, load_config()) == []


def test_untracked_code_and_an_unpushed_commit_are_told_together(repository: Path) -> None:
    (repository / "step.py").write_text("2\n")
    git(repository, "commit", "-a", "-m", "Second")
    (repository / "steps").mkdir()
    (repository / "steps" / "new.py").write_text("3\n")
    assert repository_problems(repository, load_config()) == [
        "untracked files do not reach agents: steps/new.py",
        "the current commit is not pushed to any remote",
    ]


@pytest.mark.parametrize(
    "name",
    ["configs/rubric.yaml", "redraft/prices.yaml", "constraints.txt", "data/docs/neu/seite ä.md", "mine/q.jsonl",
     "data/seed_prompts.jsonl"],
)  # fmt: skip
def test_an_untracked_file_that_a_run_reads_is_named_and_another_is_not(repository: Path, name: str) -> None:
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_text("what agents would not get\n")
    (repository / "mine" / "notes").mkdir(parents=True)
    (repository / "mine" / "notes" / "todo.yaml").write_text("not read\n")
    (repository / "configs").mkdir(exist_ok=True)
    (repository / "configs" / "mine.yaml").write_text("a profile\n")
    config = load_config(overrides={"run.questions": str(repository / "mine" / "q.jsonl")})
    assert repository_problems(repository, config) == [f"untracked files do not reach agents: {name}"]


def test_ignored_files_are_no_problem(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.py\n")
    (repository / "made.py").write_text("3\n")
    assert repository_problems(repository, load_config()) == []


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert repository_problems(tmp_path, load_config()) == ["the code is not in a git repository"]


def test_a_machine_without_git_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert repository_problems(repository, load_config()) == ["the code is not in a git repository"]
