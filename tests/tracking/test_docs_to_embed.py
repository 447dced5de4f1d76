"""How much of the docs a run must embed: what the newest index of the same model does not have as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clearml import Task
from test_dataset_versions import store

from redraft.config import load_config, section_text
from redraft.llm import embedding_endpoint
from redraft.settings import Config
from redraft.tracking.artifacts import put_file
from redraft.tracking.docs_to_embed import chars_to_embed
from redraft.tracking.server import call

# the SDK's dataset code calls libraries by deprecated names
pytestmark = pytest.mark.filterwarnings("ignore")

ONE, TWO = "# One\n\nRead on.", "# Two\n\nRun it, and run it again."


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder of two pages."""
    folder = tmp_path / "docs"
    folder.mkdir()
    write(folder, one=ONE, two=TWO)
    return folder


def write(folder: Path, **pages: str) -> None:
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def config(docs: str | Path, **settings: object) -> Config:
    return load_config(None, {"run.docs": str(docs), **{key.replace("__", "."): to for key, to in settings.items()}})


def make_index(project: str, dataset_id: str, folder: Path, made_with: Config) -> None:
    """Finish a `build_index` task, as the step leaves it, with a file that nobody opens."""
    task = Task.create(project_name=f"{project}/.pipelines/improve prompt", task_name="build_index")
    task.set_configuration_object("index", config_text=section_text(made_with.index), config_type="yaml")
    embedder = f"{embedding_endpoint(os.environ).name} {made_with.run.embedding_model}"
    task.update_parameters({"Out/embedder": embedder, "Out/dataset_id": dataset_id})
    call("tasks.started", task=task.id)
    (folder / "index.zip").write_bytes(b"an index")
    put_file(task.id, "index", folder / "index.zip")
    call("tasks.completed", task=task.id)


def test_without_an_index_a_version_is_embedded_whole(project: str, docs: Path) -> None:
    """It was estimated at nothing."""
    version = store(project, docs)
    for named in (f"dataset:{version.dataset_id}", "dataset:latest", docs):
        assert chars_to_embed(project, config(named)) == len(ONE) + len(TWO)


def test_of_a_changed_version_the_documents_are_embedded_that_are_new_or_changed(
    project: str, docs: Path, tmp_path: Path
) -> None:
    """It was estimated at nothing as soon as there was an index."""
    first = store(project, docs)
    make_index(project, first.dataset_id, tmp_path, config(docs))
    assert chars_to_embed(project, config(docs)) == 0
    assert chars_to_embed(project, config("dataset:latest")) == 0
    write(docs, two=TWO + " And again.", three="# Three\n\nStop.")
    assert chars_to_embed(project, config(docs)) == len(TWO + " And again." + "# Three\n\nStop.")
    store(project, docs)
    assert chars_to_embed(project, config("dataset:latest")) == len(TWO + " And again." + "# Three\n\nStop.")
    assert chars_to_embed(project, config(f"dataset:{first.dataset_id}")) == 0


@pytest.mark.parametrize("other", [{"run__embedding_model": "another"}, {"index__max_chars": 900}])
def test_with_another_model_or_other_chunks_all_is_embedded(
    project: str, docs: Path, tmp_path: Path, other: dict[str, object]
) -> None:
    make_index(project, store(project, docs).dataset_id, tmp_path, config(docs))
    assert chars_to_embed(project, config(docs, **other)) == len(ONE) + len(TWO)


def test_what_a_version_does_not_record_is_not_known(project: str, docs: Path, tmp_path: Path) -> None:
    """Of an older Redraft, or deleted since the index was made; with the index of just this version nothing is new."""
    old = store(project, docs).dataset_id
    keys = [{"key": "documentsizes", "mode": "output"}]
    call("tasks.delete_artifacts", task=old, artifacts=keys, force=True)
    assert chars_to_embed(project, config("dataset:latest")) is None
    make_index(project, old, tmp_path, config(docs))
    assert chars_to_embed(project, config("dataset:latest")) == 0
    assert chars_to_embed(project, config(docs)) == 0
    write(docs, one="# Uno")
    store(project, docs)
    assert chars_to_embed(project, config("dataset:latest")) is None
