"""Versions of the docs: none for unchanged docs, a child with exact counts for changed ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from clearml import Dataset, Task
from interruptions import calls_of, interrupted
from review_world import Died, make_run, server_task, status_of

from redraft.config import load_config
from redraft.corpus.chunking import split_document
from redraft.corpus.documents import fingerprint, read_documents, staged_files
from redraft.corpus.index import IndexReport, build_index
from redraft.corpus.vectors import Vectors
from redraft.errors import InputError
from redraft.records import Document
from redraft.tracking.artifacts import get_records
from redraft.tracking.datasets import DocsVersion, named_version, store_version
from redraft.tracking.server import find_tasks, project_ids

SETTINGS = load_config().docs

# the SDK's dataset code calls libraries by deprecated names
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder of three pages and a file that is no page."""
    folder = tmp_path / "docs"
    (folder / "guides").mkdir(parents=True)
    (folder / "index.md").write_text("# Start\n\nRead on.\n", encoding="utf-8")
    (folder / "guides" / "run.md").write_text("# Run\n\nRun it.\n", encoding="utf-8")
    (folder / "guides" / "文档.md").write_text("# 文档\n\n运行。\n", encoding="utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG")
    return folder


def store(project: str, folder: Path, step: Task | None = None) -> DocsVersion:
    """Store what is in the folder, as the step does."""
    return store_version(
        project,
        folder,
        staged_files(folder, SETTINGS),
        read_documents(folder, SETTINGS).documents,
        fingerprint=fingerprint(folder, SETTINGS),
        step_id=(step or make_run(project)).id,
    )


def versions(project: str) -> dict[str, str]:
    ids = project_ids(f"{project}/.datasets/docs")
    return {task["id"]: task["status"] for task in find_tasks(project=ids, only_fields=["status"])} if ids else {}


def counts(version: DocsVersion) -> tuple[int, int, int]:
    return version.added, version.modified, version.removed


def test_the_first_version_holds_the_pages_and_their_text(project: str, docs: Path, tmp_path: Path) -> None:
    version = store(project, docs)
    assert (version.is_new, counts(version)) == (True, (3, 0, 0))
    assert version.sentence() == f"docs changed: 3 added, 0 modified, 0 removed: dataset {version.dataset_id}"
    documents = {document.path: document for document in get_records(version.dataset_id, "documents", Document)}
    assert set(documents) == {"index.md", "guides/run.md", "guides/文档.md"}
    assert documents["guides/文档.md"].title == "文档"
    copy = Path(Dataset.get(dataset_id=version.dataset_id).get_mutable_local_copy(tmp_path / "copy"))
    assert {path.relative_to(copy).as_posix() for path in copy.rglob("*.*")} == set(documents)
    assert (copy / "index.md").read_bytes() == (docs / "index.md").read_bytes()
    assert named_version(f"dataset:{version.dataset_id}") == version.dataset_id
    assert named_version(f"dataset: {version.dataset_id} ") == version.dataset_id


def test_unchanged_docs_keep_their_version(project: str, docs: Path) -> None:
    """Also when the files were written again, or something that is no page changed."""
    version = store(project, docs)
    (docs / "index.md").write_text((docs / "index.md").read_text(encoding="utf-8"), encoding="utf-8")
    (docs / "logo.png").write_bytes(b"other")
    again = store(project, docs)
    assert (again.dataset_id, again.is_new, counts(again)) == (version.dataset_id, False, (0, 0, 0))
    assert again.sentence() == f"docs unchanged: dataset {version.dataset_id}"
    assert versions(project) == {version.dataset_id: "completed"}


def test_changed_docs_become_a_child_with_exact_counts(project: str, docs: Path) -> None:
    """Docs that change back, too: what is current is the newest version, whatever older ones hold."""
    old = (docs / "index.md").read_text(encoding="utf-8")
    found = [store(project, docs)]
    for text in ("# Start\n\nRead more.\n", old):
        (docs / "index.md").write_text(text, encoding="utf-8")
        found.append(store(project, docs))
    (docs / "guides" / "run.md").rename(docs / "guides" / "walk.md")
    (docs / "new.md").write_text("# New\n\nPage.\n", encoding="utf-8")
    found.append(store(project, docs))
    assert [counts(each) for each in found] == [(3, 0, 0), (0, 1, 0), (0, 1, 0), (2, 0, 1)]
    ids = [each.dataset_id for each in found]
    assert len(set(ids)) == 4
    assert [Dataset.get(dataset_id=each)._get_parents() for each in ids] == [[], *([each] for each in ids[:-1])]
    documents = get_records(ids[-1], "documents", Document)
    assert {document.path for document in documents} == {"index.md", "guides/walk.md", "guides/文档.md", "new.md"}
    assert server_task(ids[-1])["comment"] == "docs changed: 2 added, 0 modified, 1 removed"


def die() -> None:
    raise Died


def test_a_step_that_dies_leaves_nothing_that_the_next_one_stumbles_over(project: str, docs: Path) -> None:
    """At several moments: the next one makes the version.

    Of the dead one's nothing is left once it bore its maker's name, whether the same step comes again or another finds
    it failed. While its maker may live, it is left alone.
    """
    whole = make_run(f"{project}-whole")
    calls = calls_of(lambda: store(f"{project}-whole", docs, whole))
    named = [number for number, call in enumerate(calls) if call == "tasks.edit_hyper_params"][
        1
    ]  # the first is the SDK's
    filled = calls.index("tasks.add_or_update_artifacts", named)
    for number in (filled // 2, filled, len(calls) - 5):
        here = f"{project}-{number}"
        dead, alive = make_run(here), make_run(here)
        with pytest.raises(Died):
            interrupted(lambda: store(here, docs, dead), number, die)  # noqa: B023 - called at once
        begun = set(versions(here))
        version = store(here, docs, alive)
        assert set(versions(here)) == begun | {version.dataset_id}, number
        if number == len(calls) - 5:
            dead.mark_failed(force=True)
        again = store(here, docs, alive if number == len(calls) - 5 else dead)
        assert again == DocsVersion(dataset_id=version.dataset_id, is_new=False), number
        left = versions(here)
        assert left.pop(version.dataset_id) == "completed", number
        assert len(left) <= (number < filled), number
        assert len(get_records(version.dataset_id, "documents", Document)) == 3, number


def test_a_folder_names_no_version(docs: Path) -> None:
    assert named_version(str(docs)) is None


@pytest.mark.parametrize("name", ["0" * 32, "", "no such", "../x"])
def test_a_version_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"there is no dataset .* on this server"):
        named_version(f"dataset:{name}")


def test_a_task_that_is_no_version_of_docs_is_refused(project: str) -> None:
    task = make_run(project)
    with pytest.raises(InputError, match="was not made by Redraft"):
        named_version(f"dataset:{task.id}")
    assert status_of(task.id) == "in_progress"


class Lengths:
    """Embeds a text as its length and first letter; counts what it embeds."""

    identity = "test lengths"

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> Vectors:
        """Embed texts."""
        del progress
        self.embedded += texts
        return np.array([[float(len(text)), float(ord(text[0]))] for text in texts], dtype=np.float32)


def index_of(version: DocsVersion, folder: Path, parent: Path | None = None) -> IndexReport:
    """Build the index of a version from what the server holds of it, as the step does."""
    documents = get_records(version.dataset_id, "documents", Document)
    chunks = [chunk for document in documents for chunk in split_document(document, load_config().index)]
    return build_index(chunks, Lengths(), folder, parent=parent)


def test_a_run_on_an_earlier_docs_version_reproduces_its_index_id(project: str, docs: Path, tmp_path: Path) -> None:
    first = store(project, docs)
    before = index_of(first, tmp_path / "before")
    (docs / "guides" / "run.md").write_text("# Run\n\nRun it twice.\n", encoding="utf-8")
    (docs / "index.md").unlink()
    second = store(project, docs)
    changed = index_of(second, tmp_path / "changed", tmp_path / "before")
    assert named_version(f"dataset:{first.dataset_id}") == first.dataset_id
    back = index_of(first, tmp_path / "back", tmp_path / "changed")
    assert back.index_id == before.index_id != changed.index_id
    assert (back.texts_embedded, back.texts_reused) == (2, 1)


def test_an_empty_name_is_neither_a_folder_nor_a_version() -> None:
    with pytest.raises(InputError, match="docs: neither a path nor dataset:<id> is given"):
        named_version(" ")
