"""A docs folder becomes a version by `redraft docs push`, and runs that follow the newest version take it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from review_world import make_run, server_task

from redraft.config import ROOT, load_config
from redraft.errors import DocumentsError, InputError
from redraft.records import Document
from redraft.settings import Config
from redraft.tracking.artifacts import get_records
from redraft.tracking.datasets import newest_version, resolve_docs
from redraft.tracking.followed_docs import DOCS_VERSION, property_of
from redraft.tracking.keeping.docs import TASK_NAME, push_docs
from redraft.tracking.prepare import override_run, prepare_run
from redraft.tracking.server import call, find_tasks, project_ids

SETTINGS = load_config().docs

# the SDK's dataset code calls libraries by deprecated names
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "index.md").write_text("# Start\n\nRead on.\n", encoding="utf-8")
    return folder


def write(docs: Path, text: str) -> None:
    (docs / "index.md").write_text(f"# Start\n\n{text}\n", encoding="utf-8")


def pushes(project: str) -> list[str]:
    """Status of the tasks that pushes left."""
    found = find_tasks(project=project_ids(project), name=f"^{TASK_NAME}$", only_fields=["status"])
    return [task["status"] for task in found]


def test_a_push_makes_a_version_and_the_same_docs_make_none(project: str, docs: Path) -> None:
    first = push_docs(project, docs, SETTINGS)
    assert (first.version.is_new, first.documents) == (True, 1)
    assert [page.path for page in get_records(first.version.dataset_id, "documents", Document)] == ["index.md"]
    again = push_docs(project, docs, SETTINGS)
    assert (again.version.is_new, again.version.dataset_id) == (False, first.version.dataset_id)
    write(docs, "Read more.")
    other = push_docs(project, docs, SETTINGS)
    newest = newest_version(project)
    assert newest is not None
    assert newest["id"] == other.version.dataset_id != first.version.dataset_id
    assert pushes(project) == ["completed", "completed"]


def test_a_folder_without_docs_leaves_nothing_on_the_server(project: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentsError, match="the docs folder is empty"):
        push_docs(project, tmp_path / "empty", SETTINGS)
    assert (pushes(project) if project_ids(project) else [], newest_version(project)) == ([], None)


def test_the_newest_version_is_the_one_with_the_highest_number(project: str, docs: Path) -> None:
    """Not by the order of letters: 1.0.10 follows 1.0.9."""
    ids = []
    for number in ("1.0.10", "1.0.9"):
        write(docs, f"Version {number}.")
        ids.append(push_docs(project, docs, SETTINGS).version.dataset_id)
        call("tasks.edit", task=ids[-1], runtime={"version": number}, force=True)
    newest = newest_version(project)
    assert newest is not None
    assert newest["id"] == ids[0]


def test_latest_means_the_newest_version_and_other_words_mean_themselves(project: str, docs: Path) -> None:
    with pytest.raises(InputError, match=r"has no version of the docs yet. Push one: `redraft docs push FOLDER`"):
        resolve_docs(project, "dataset:latest")
    made = push_docs(project, docs, SETTINGS).version.dataset_id
    assert resolve_docs(project, "dataset: latest ") == f"dataset:{made}"
    assert [resolve_docs(project, text) for text in ("data/docs", "latest", "dataset:x")] == [
        "data/docs", "latest", "dataset:x",
    ]  # fmt: skip


@pytest.fixture
def config(model_server: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Follow the newest docs, with the model stand-in."""
    monkeypatch.setenv("OPENAI_BASE_URL", model_server)
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    return override_run(load_config(ROOT / "configs" / "stand_ins.yaml"), {"docs": "dataset:latest"})


def test_an_iteration_that_follows_the_newest_docs_stays_with_those_it_began_with(
    project: str, docs: Path, config: Config
) -> None:
    """Resumed, and repeated by its number; the next iteration takes the newest again."""
    first = push_docs(project, docs, SETTINGS).version.dataset_id
    run = make_run(project)
    facts = prepare_run(run, project, config)
    assert (facts.docs, facts.docs_fingerprint) == (f"dataset:{first}", f"dataset {first}")
    assert property_of(server_task(run.id), DOCS_VERSION) == first
    write(docs, "Read more.")
    second = push_docs(project, docs, SETTINGS).version.dataset_id
    repeated = override_run(config, {"iteration": facts.iteration})
    assert prepare_run(run, project, repeated) == facts
    assert prepare_run(make_run(project), project, repeated) == facts
    following = prepare_run(make_run(project), project, config)
    assert following == dataclasses.replace(
        facts, iteration=2, docs=f"dataset:{second}", docs_fingerprint=f"dataset {second}"
    )
