"""The unmodified SDK's flows: each runs once in a process of its own, which prints what it saw; the tests judge it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

SCRIPTS = Path(__file__).parent / "sdk_scripts"
Facts = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flows")


@pytest.fixture(scope="module", autouse=True)
def running(clearml_server: RunningServer, folder: Path) -> Iterator[dict[str, Future[None]]]:
    """Start all flows at once: most of their time is the SDK's start."""

    def run(script: str, *arguments: str) -> None:
        clearml_server.run((SCRIPTS / script).read_text(encoding="utf-8"), *arguments, cwd=folder, timeout_s=240)

    def write_and_read() -> None:
        run("write_task.py")
        run("read_task.py", json.loads((folder / "written.json").read_text(encoding="utf-8"))["task"])

    with ThreadPoolExecutor() as pool:
        yield {
            "read": pool.submit(write_and_read),
            "moves": pool.submit(run, "move_tasks.py"),
            "datasets": pool.submit(run, "version_datasets.py"),
        }


def facts_of(name: str, running: dict[str, Future[None]], folder: Path) -> Facts:
    running[name].result()
    found: Facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def read(running: dict[str, Future[None]], folder: Path) -> Facts:
    return facts_of("read", running, folder)


@pytest.fixture(scope="module")
def moves(running: dict[str, Future[None]], folder: Path) -> Facts:
    return facts_of("moves", running, folder)


@pytest.fixture(scope="module")
def datasets(running: dict[str, Future[None]], folder: Path) -> Facts:
    return facts_of("datasets", running, folder)


# one process wrote a task, another read it


def test_parameters_are_read_as_strings_and_can_be_cast(read: Facts) -> None:
    assert read["parameters"]["Args/top_k"] == "5"
    assert read["parameters"]["Args/late"] == "later"
    assert read["parameters"]["retrieval/nested/depth"] == "2"
    assert read["cast"] == {"top_k": 5, "ratio": 0.5, "on": True, "names": ["a", "b"], "none": None, "late": "later"}


def test_labels_survive(read: Facts) -> None:
    assert (read["status"], read["tags"], read["properties"]) == ("completed", ["written"], {"owner": "qa"})
    assert read["comment"].startswith("written by one process")


def test_configurations_are_read_back(read: Facts) -> None:
    assert read["prompt"] == {"style": "short", "limits": {"chars": 900}}
    assert read["notes"] == "first line\nsecond line"


def test_file_dict_and_dataframe_artifacts_are_read_by_another_process(read: Facts) -> None:
    assert read["artifact_names"] == ["frame", "plan", "rows"]
    assert read["rows"] == '{"id": 1}\n{"id": 2}\n'
    assert read["plan"] == {"letters": ["A", "B"], "größe": 3}
    assert read["frame"] == {"x": [1, 2], "y": ["a", "b"]}
    assert len(read["frame_hash"]) == 64
    assert read["rows_size"] == 20


def test_an_artifact_uploaded_again_replaces_the_first(read: Facts) -> None:
    assert read["rows_metadata"] == {"rows": "again"}


def test_scalars_are_curves_and_can_be_thinned(read: Facts) -> None:
    assert read["scalars"]["score"]["max"]["y"] == [0, 1, 2, 3, 4]
    assert read["scalars"]["score"]["mean"]["x"] == [0, 1, 2, 3, 4]
    assert read["scalars_three"]["score"]["max"]["x"] == [0, 2, 4]
    assert read["last_iteration"] == 4
    assert read["last_scalars"]["score"]["max"] == {"last": 4, "min": 0, "max": 4}


def test_single_values_are_no_curves(read: Facts) -> None:
    assert read["single_values"] == {"final.score": 0.75, "cost/usd": 0.125}
    assert read["single_value"] == 0.75
    assert "Summary" not in read["scalars"]


def test_plots_tables_and_debug_samples_are_found(read: Facts) -> None:
    assert sorted(read["plots"]) == [["answers", "all"], ["ratings", "counts"]]
    [[iteration, url]] = read["samples"]
    assert iteration == 0
    assert url.endswith("samples_q1_00000000.txt")


def test_the_console_holds_what_was_printed_logged_and_reported(read: Facts) -> None:
    for line in ("a line on standard output: über", "a line on standard error", "a reported line"):
        assert line in read["console"]


def test_a_published_model_is_found_by_name_tags_and_metadata(read: Facts) -> None:
    assert read["model_found"] == read["model"]
    assert read["models_queried"] == [read["model"]] == read["models_by_metadata"]
    assert read["model_published"]
    assert read["model_tags"] == ["candidate", "promoted"]
    assert read["model_metadata"] == "0.75"
    assert read["model_text"] == "You answer from the documentation."


def test_other_metadata_finds_no_model(read: Facts) -> None:
    """A nested field given as a single value was ignored: every model was found."""
    assert read["models_by_wrong_metadata"] == []


# one process made, moved and found tasks


def test_a_queued_task_waits_until_it_is_taken_out(moves: Facts) -> None:
    assert (moves["queued"], moves["entries"]) == ("queued", 1)
    assert (moves["dequeued"], moves["entries_after"]) == ("created", 0)
    assert moves["default_queue"] == "default"


def test_a_clone_has_its_own_parameters_and_remembers_its_source(moves: Facts) -> None:
    assert moves["clone_parameters"] == {"Args/top_k": "9", "Args/kind": "x"}
    assert moves["source_parameters"] == {"Args/top_k": "5", "Args/kind": "x"}
    assert moves["clone_configuration"] == {"a": 1}
    assert moves["clone_parent_is_source"]
    assert moves["clone_comment"] == "cloned"


def test_a_failure_says_why_and_a_reset_takes_the_results_away(moves: Facts) -> None:
    assert moves["failed"] == ["failed", "on purpose", "test"]
    assert (moves["reset"], moves["reset_scalars"], moves["reset_artifacts"]) == ("created", {}, [])
    assert moves["reset_parameters"] == {"Args/kept": "yes"}


def test_archived_tasks_are_hidden_and_deleted_ones_gone(moves: Facts) -> None:
    assert (moves["archived_shown"], moves["archived_found"], moves["unarchived"]) == (0, 1, False)
    assert moves["deleted"]
    assert moves["deleted_found"] == []


def test_tags_are_joined_and_excluded(moves: Facts) -> None:
    assert moves["tags_any"] == ["ab", "abc", "c"]
    assert moves["tags_all"] == ["ab", "abc"]
    assert moves["tags_without"] == ["a", "ab"]
    assert moves["tags_all_not"] == ["a", "ab"]
    assert moves["tags_only_without"] == ["c", "untagged"]


def test_tasks_are_found_by_status_name_type_and_parameter(moves: Facts) -> None:
    assert moves["by_status"] == ["numbered 03", "numbered 04"]
    assert moves["by_partial_name"] == ["numbered 01", "numbered 02"]
    assert moves["by_parameter"] == ["numbered 05"]
    assert moves["by_type"] == ["numbered 00"]
    assert moves["none"] == []
    assert (moves["got"], moves["got_ids"]) == (["numbered 07"], 4)


def test_pages_follow_the_order(moves: Facts) -> None:
    assert moves["by_order"] == ["numbered 11", "numbered 10", "numbered 09"]
    assert moves["second_page"] == [f"numbered {number:02}" for number in range(5, 10)]


def test_hidden_projects_are_seen_only_by_who_searches_them(moves: Facts) -> None:
    assert moves["projects_shown"] == ["flows/moves/.pipelines", "flows/moves/sub"]
    assert moves["projects_searched"] == ["flows/moves/.pipelines", "flows/moves/.pipelines/line", "flows/moves/sub"]
    assert moves["hidden_by_plain_query"] == []
    assert moves["hidden_by_search"] == 1


def test_a_published_task_stays_and_an_unknown_one_is_refused(moves: Facts) -> None:
    assert moves["published"] == "published"
    assert moves["missing"] is None
    assert moves["unknown"] != "found"


# one process made versions of a dataset


def test_a_new_version_holds_the_differences_to_its_parent(datasets: Facts) -> None:
    assert (datasets["added"], datasets["synced"]) == (3, [1, 1, 1])
    assert datasets["versions"] == ["1.0.0", "1.0.1"]
    assert datasets["added_names"] == ["sub/added.md"]
    assert datasets["modified_names"] == ["sub/changed.md"]
    assert datasets["removed_names"] == ["sub/removed.md"]
    assert datasets["graph"]
    assert datasets["parent_hash_kept"]


def test_an_unfinished_version_is_not_the_latest_completed_one(datasets: Facts) -> None:
    assert datasets["latest_while_open_is_first"]
    assert datasets["latest_is_second"]
    assert datasets["final"]


def test_versions_are_found_by_number_tag_and_project(datasets: Facts) -> None:
    assert datasets["old_version_is_first"]
    assert datasets["tag_is_second"]
    assert datasets["latest_tags"] == ["converted", "latest"]
    assert datasets["listed"] == [["docs", "flows/data", version, "completed"] for version in ("1.0.0", "1.0.1")]
    assert datasets["listed_by_tag_is_second"]


def test_copies_of_a_dataset_equal_the_folders_it_was_made_from(datasets: Facts) -> None:
    kept = {"sub/kept.md": "kept"}
    assert datasets["content_one"] == {"sub/changed.md": "before", **kept, "sub/removed.md": "gone soon"}
    assert datasets["content_two"] == {"sub/added.md": "new", "sub/changed.md": "after", **kept}
    assert datasets["files"] == sorted(datasets["content_two"])


def test_a_squashed_dataset_has_the_content_and_no_parents(datasets: Facts) -> None:
    assert datasets["squashed_content"] == datasets["content_two"]
    assert datasets["squashed_parents"] == []
    assert datasets["left_over"] == []
    assert datasets["first_still_there"]
