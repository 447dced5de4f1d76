"""Datasets with parents and versions: made, found, read and squashed by one process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clearml import Dataset

PROJECT, NAME = "flows/data", "docs"


def main() -> None:
    """Make three versions and write what was seen of them."""
    first, second, facts = _make_versions()
    facts |= _find(first, second) | _read(first, second) | _squash(first, second)
    Path("datasets.json").write_text(json.dumps(facts), encoding="utf-8")


def _folder(name: str, **files: str) -> Path:
    folder = Path(name)
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    for stem, text in files.items():
        (folder / "sub" / f"{stem}.md").write_text(text, encoding="utf-8")
    return folder


def _make_versions() -> tuple[Dataset, Dataset, dict[str, Any]]:
    first = Dataset.create(dataset_project=PROJECT, dataset_name=NAME, description="first", dataset_tags=["raw"])
    added = first.add_files(_folder("one", kept="kept", changed="before", removed="gone soon"))
    first.upload(show_progress=False)
    first.finalize()
    second = Dataset.create(dataset_project=PROJECT, dataset_name=NAME, parent_datasets=[first.id])
    synced = second.sync_folder(_folder("two", kept="kept", changed="after", added="new"))
    unfinished = Dataset.get(dataset_project=PROJECT, dataset_name=NAME, only_completed=True)
    second.upload(show_progress=False)
    second.get_logger().report_table("changes", "files", table_plot=[["file", "change"], ["added.md", "added"]])
    second.finalize()
    second.tags = ["converted", "latest"]
    facts = {
        "added": added,
        "synced": list(synced),
        "latest_while_open_is_first": unfinished.id == first.id,
        "versions": [first.version, second.version],
        "added_names": second.list_added_files(),
        "modified_names": second.list_modified_files(),
        "removed_names": second.list_removed_files(),
    }
    return first, second, facts


def _find(first: Dataset, second: Dataset) -> dict[str, Any]:
    latest = Dataset.get(dataset_project=PROJECT, dataset_name=NAME, only_completed=True)
    by_version = Dataset.get(dataset_project=PROJECT, dataset_name=NAME, dataset_version="1.0.0")
    by_tag = Dataset.get(dataset_project=PROJECT, dataset_name=NAME, dataset_tags=["latest"])
    listed = Dataset.list_datasets(dataset_project=PROJECT, partial_name=NAME)
    tagged = Dataset.list_datasets(dataset_project=PROJECT, tags=["latest"])
    return {
        "latest_is_second": latest.id == second.id,
        "latest_tags": sorted(latest.tags),
        "old_version_is_first": by_version.id == first.id,
        "tag_is_second": by_tag.id == second.id,
        "graph": latest.get_dependency_graph() == {second.id: [first.id], first.id: []},
        "listed": sorted([item["name"], item["project"], item["version"], str(item["status"])] for item in listed),
        "listed_by_tag_is_second": [item["id"] for item in tagged] == [second.id],
        "parent_hash_kept": first.file_entries_dict["sub/kept.md"].hash == latest.file_entries_dict["sub/kept.md"].hash,
        "files": sorted(latest.file_entries_dict),
        "final": latest.is_final(),
    }


def _content(folder: str) -> dict[str, str]:
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _read(first: Dataset, second: Dataset) -> dict[str, Any]:
    old = Dataset.get(dataset_id=first.id).get_mutable_local_copy("read-one", overwrite=True)
    new = Dataset.get(dataset_id=second.id).get_mutable_local_copy("read-two", overwrite=True)
    return {"content_one": _content(old), "content_two": _content(new)}


def _squash(first: Dataset, second: Dataset) -> dict[str, Any]:
    squashed = Dataset.squash(dataset_name="docs squashed", dataset_ids=[second.id])
    copy = squashed.get_mutable_local_copy("read-squashed", overwrite=True)
    spare = Dataset.create(dataset_project=PROJECT, dataset_name="left over")
    Dataset.delete(dataset_id=spare.id, force=True)
    left = Dataset.list_datasets(dataset_project=PROJECT, partial_name="left over", only_completed=False)
    return {
        "squashed_content": _content(copy),
        "squashed_parents": squashed.get_dependency_graph()[squashed.id],
        "left_over": left,
        "first_still_there": bool(Dataset.get(dataset_id=first.id).file_entries),
    }


if __name__ == "__main__":
    main()
