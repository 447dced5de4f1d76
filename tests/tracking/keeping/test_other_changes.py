"""A docs repository that moves, a schedule, complaints: each starts one run; what goes wrong with it is said once."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from keeper_world import World
from review_world import server_task

from redraft.errors import ConfigError, InputError, LaunchError
from redraft.records import Document, Feedback
from redraft.tracking.artifacts import get_records
from redraft.tracking.datasets import newest_version
from redraft.tracking.feedback import FEEDBACK_TAG, record_feedback
from redraft.tracking.forgetting import forget, plan_forgetting
from redraft.tracking.keeping.git import check_address, head_of
from redraft.tracking.keeping.starting import WHY
from redraft.tracking.server import find_tasks, project_ids

# the SDK's dataset code calls libraries by deprecated names
pytestmark = pytest.mark.filterwarnings("ignore")


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A docs repository with one commit."""
    folder = tmp_path / "repository"
    (folder / "docs").mkdir(parents=True)
    git(folder, "init")
    commit(folder, "docs/index.md", "# Start\n\nRead on.\n")
    return folder


def commit(repository: Path, name: str, text: str) -> None:
    (repository / name).write_text(text, encoding="utf-8")
    git(repository, "add", name)
    git(repository, "commit", "-m", name)


def test_a_docs_repository_that_moves_starts_a_run_if_its_docs_changed(world: World, repository: Path) -> None:
    keeper = world.keeper(git_url=f"file://{repository}", git_folder="docs")
    world.tick(keeper)  # before the first run: the docs are taken, nothing is started
    first = newest_version(world.project)
    assert first is not None
    run = world.run()
    assert world.tick(keeper) == "nothing has changed"
    commit(repository, "README.md", "About the docs.\n")
    assert world.tick(keeper) == "nothing has changed"
    commit(repository, "docs/index.md", "# Start\n\nRead more.\n")
    assert world.tick(keeper).endswith("is started: the docs have changed")
    second = newest_version(world.project)
    assert second is not None
    assert second["id"] != first["id"]
    assert [page.path for page in get_records(second["id"], "documents", Document)] == ["index.md"]
    assert len(world.started(run)) == 1


def test_a_repository_that_vanished_is_told_once_and_ends_nothing(
    world: World, repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = world.keeper(git_url=f"file://{repository}", git_folder="docs", schedule="* * * * *")
    world.tick(keeper)
    run = world.run()
    shutil.move(repository, repository.with_name("elsewhere"))
    caplog.set_level("INFO", "redraft")
    caplog.clear()
    for _ in range(3):
        world.tick(keeper, after_s=120)
    said = [record.message for record in caplog.records if "repository" in record.message]
    assert len(said) == 1
    assert "does not appear to be a git repository" in said[0]
    assert len(world.started(run)) == 1  # by the schedule
    shutil.move(repository.with_name("elsewhere"), repository)
    world.tick(keeper)
    assert "git repository: well again" in caplog.text


def test_docs_that_cannot_be_read_are_told_once_until_the_repository_moves(
    world: World, repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "redraft")
    keeper = world.keeper(git_url=f"file://{repository}", git_folder="missing")
    for _ in range(3):
        world.tick(keeper)
    assert sum("no such docs folder" in record.message for record in caplog.records) == 1
    assert newest_version(world.project) is None


def test_a_branch_is_followed_by_its_name(repository: Path) -> None:
    git(repository, "checkout", "-b", "next")
    before = head_of(f"file://{repository}", "next")
    commit(repository, "docs/index.md", "# Start\n\nNext.\n")
    git(repository, "checkout", "main")
    assert head_of(f"file://{repository}") == head_of(f"file://{repository}", "main") == before
    assert head_of(f"file://{repository}", "next") != before
    with pytest.raises(InputError, match=r"docs repository file://.*: no such branch"):
        head_of(f"file://{repository}", "none")


@pytest.mark.parametrize("url", ["ext::sh -c true", "--upload-pack=true", "/no/such/folder"])
def test_what_is_no_repository_is_refused_and_runs_nothing(url: str) -> None:
    with pytest.raises(InputError, match="docs repository"):
        head_of(url)


def test_a_machine_without_git_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LaunchError, match="git is not installed"):
        head_of("file:///docs")


@pytest.mark.parametrize("url", ["https://ann:secret@example.com/docs.git", "https://token@example.com/docs.git"])
def test_a_password_in_the_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_address(url)
    assert "secret" not in str(error.value)
    assert "token" not in str(error.value)
    check_address("git@example.com:docs.git")
    check_address("ssh://git@example.com/docs.git")


def test_a_schedule_that_is_due_during_a_review_starts_one_run_after_it_and_the_docs_stay_as_they_are_named(
    world: World,
) -> None:
    run, keeper = world.run(status="in_progress"), world.keeper(schedule="0 * * * *")
    for _ in range(3):
        assert "is started" not in world.tick(keeper, after_s=3600)
    world.end(run)
    assert world.tick(keeper).endswith("is started: the schedule is due")
    [second] = world.started(run)
    assert server_task(second)["hyperparams"]["properties"][WHY]["value"] == "the schedule is due"
    assert server_task(second)["hyperparams"]["Args"]["docs"]["value"] == "dataset:latest"


def test_a_schedule_that_is_new_makes_nothing_up_for_the_past(world: World) -> None:
    world.run()
    world.now += 600  # the run is older than the last full hour or not: the schedule was not known then
    assert world.tick(world.keeper(schedule="* * * * *"), after_s=0) == "nothing has changed"


def thumb(world: World, reviewer: str, value: str | None) -> None:
    """Give a thumb now."""
    created = time.time()
    said = Feedback(
        id=f"f-{reviewer}-{created}",
        question="How?",
        answer="So.",
        variant_id="v-1",
        reviewer=reviewer,
        thumb=value,  # type: ignore[arg-type]
        created=created,
    )
    record_feedback(world.project, said)


def test_enough_thumbs_down_since_the_last_run_start_the_next_and_those_taken_back_do_not_count(world: World) -> None:
    thumb(world, "Ann", "down")  # before the run
    run = world.run()
    keeper = world.keeper(thumbs_down=2)
    assert world.tick(keeper) == "nothing has changed"
    thumb(world, "Ben", "down")
    thumb(world, "Cem", "down")
    thumb(world, "Cem", None)
    thumb(world, "Dora", "up")
    assert world.tick(keeper) == "nothing has changed"
    thumb(world, "Eva", "down")
    assert world.tick(keeper).endswith("is started: 2 thumbs-down since the last run")
    [second] = world.started(run)
    world.begin(second)
    world.end(second)
    assert world.tick(keeper) == "nothing has changed"


def test_thumbs_of_a_reviewer_who_was_forgotten_since_are_as_old_as_they_were(world: World) -> None:
    """Forgetting writes the status message of their tasks, which completes these anew."""
    thumb(world, "Ann", "down")
    world.run()
    [before] = feedback_tasks(world)
    forget(plan_forgetting(world.project, "Ann"))
    [after] = feedback_tasks(world)
    assert after["completed"] > before["completed"]
    assert world.tick(world.keeper(thumbs_down=1)) == "nothing has changed"
    thumb(world, "Ben", "down")
    assert world.tick(world.keeper(thumbs_down=1)).endswith("is started: 1 thumbs-down since the last run")


def feedback_tasks(world: World) -> list[dict[str, Any]]:
    return list(find_tasks(project=project_ids(world.project), tags=[FEEDBACK_TAG], only_fields=["completed"]))


def test_a_run_that_cannot_be_started_is_told_once_and_started_when_it_can(world: World) -> None:
    from redraft.tracking.queues import default_queues, queue_ids
    from redraft.tracking.server import call

    world.version("First.")
    run = world.run()
    world.version("Second.")
    call("workers.unregister", worker="one")
    keeper = world.keeper()
    for _ in range(3):
        assert "no agent serves the queue" in world.tick(keeper)
    assert len(world.posted) == 1
    assert "A run is due, but cannot be started: no agent serves the queue" in world.posted[0]
    assert world.started(run) == []
    call("workers.register", worker="one", queues=[queue_ids()[default_queues().services]], timeout=600)
    assert "is started" in world.tick(keeper)
