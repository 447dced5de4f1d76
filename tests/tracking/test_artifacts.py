"""Files on tasks: what was reported as written was written, and what is read is what was written last."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from clearml import StorageManager, Task
from clearml_stand_in import RunningServer
from closing_door import door_to
from interruptions import interrupted
from review_world import Died, make_run, ratings_by, server_task

from redraft.errors import RecordError, ServerUnavailable
from redraft.records import Question, Rating
from redraft.tracking.artifacts import artifact_urls, get_artifact, get_file, get_records, put_file, put_records
from redraft.tracking.server import Refusal, call


@pytest.fixture
def task(project: str) -> Task:
    """Make a task that takes artifacts."""
    return make_run(project)


def file(folder: Path, text: str, name: str = "notes.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_registered_with_its_size_hash_and_preview(task: Task, tmp_path: Path) -> None:
    url = put_file(task.id, "notes", file(tmp_path, "hello"), preview="first lines")
    artifact = server_task(task.id)["execution"]["artifacts"][0]
    assert (artifact["key"], artifact["uri"], artifact["content_size"]) == ("notes", url, 5)
    assert artifact["hash"] == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert artifact["type_data"]["preview"] == "first lines"
    assert get_artifact(task.id, "notes").read_text() == "hello"


def test_the_sdk_reads_what_was_put(task: Task, tmp_path: Path) -> None:
    put_file(task.id, "notes", file(tmp_path, "hello"))
    path = Task.get_task(task.id).artifacts["notes"].get_local_copy(force_download=True)
    assert Path(path).read_text() == "hello"


def test_a_file_of_the_same_name_replaces_and_no_stale_copy_is_read(task: Task, tmp_path: Path) -> None:
    for text in ("one", "two", "six"):  # of one size
        put_file(task.id, "notes", file(tmp_path, text))
        assert get_artifact(task.id, "notes").read_text() == text
    assert list(artifact_urls(task.id)) == ["notes"]


def test_a_copy_in_the_cache_is_not_trusted(clearml_sdk: RunningServer, tmp_path: Path, project: str) -> None:
    """The address is the same, the file behind it is not."""
    url = f"{clearml_sdk.url}/{project}/notes.txt"
    StorageManager.upload_file(str(file(tmp_path, "old")), url)
    assert get_file(url).read_text() == "old"
    StorageManager.upload_file(str(file(tmp_path, "new")), url)
    assert Path(StorageManager.get_local_copy(url)).read_text() == "old"  # what the SDK does by itself
    assert get_file(url).read_text() == "new"


def test_artifacts_of_one_name_with_other_files_stay_readable_by_their_own_address(task: Task, tmp_path: Path) -> None:
    """A reader that asked for the address just before it was replaced."""
    first = put_file(task.id, "notes", file(tmp_path, "one"))
    put_file(task.id, "notes", file(tmp_path, "two"))
    assert get_file(first).read_text() == "one"


@pytest.mark.parametrize("name", ["ratings-Ann_1234", "with space", "ünicode"])
def test_any_name_of_an_artifact_is_read_back(task: Task, tmp_path: Path, name: str) -> None:
    put_file(task.id, name, file(tmp_path, "hello"))
    assert get_artifact(task.id, name).read_text() == "hello"


@pytest.mark.parametrize("status", ["completed", "failed", "stopped"])
def test_a_task_that_has_ended_refuses_with_subcode_110(task: Task, tmp_path: Path, status: str) -> None:
    call(f"tasks.{status}", task=task.id)
    with pytest.raises(Refusal) as refusal:
        put_file(task.id, "notes", file(tmp_path, "hello"))
    assert (refusal.value.code, refusal.value.subcode) == (400, 110)
    assert artifact_urls(task.id) == {}


def test_a_file_that_did_not_arrive_whole_is_not_registered(task: Task, tmp_path: Path) -> None:
    """The file grows between its upload and the check of its size: what is stored is not what is on the disk."""
    path = file(tmp_path, "hello")
    with pytest.raises(ServerUnavailable, match=r"notes.txt .* did not arrive at .*: found 5"):
        interrupted_after_upload(task, path)
    assert artifact_urls(task.id) == {}


def interrupted_after_upload(task: Task, path: Path) -> None:
    class Growing(type(path)):  # type: ignore[misc]
        def stat(self, **options: object) -> object:
            path.write_text("hello, world")
            return super().stat(**options)

    put_file(task.id, "notes", Growing(path))


PUT = """
import sys
from pathlib import Path

from redraft.tracking.artifacts import get_artifact, put_file

path = Path("notes.txt")
path.write_text("the same again " * 1000)
put_file(sys.argv[1], "notes", path)
print("SAME", get_artifact(sys.argv[1], "notes").read_text() == path.read_text())
"""


def test_a_file_that_is_sent_back_compressed_has_arrived(
    clearml_sdk: RunningServer, task: Task, tmp_path: Path
) -> None:
    """Proxies do that; the SDK takes the length of what was sent for the file's."""
    with door_to(clearml_sdk.url, compresses=True) as door:
        through = dataclasses.replace(clearml_sdk, discovery={**clearml_sdk.discovery, "url": door.url})
        assert "SAME True" in through.run(PUT, task.id, cwd=tmp_path)


def test_a_writer_that_dies_before_the_registration_leaves_the_earlier_file(task: Task, tmp_path: Path) -> None:
    put_file(task.id, "notes", file(tmp_path, "one"))

    def die() -> None:
        raise Died

    number = 0
    while True:
        path = file(tmp_path, f"two {number}")
        try:
            if not interrupted(lambda: put_file(task.id, "notes", path), number, die):  # noqa: B023 - called at once
                break
        except Died:
            assert get_artifact(task.id, "notes").read_text() == "one"
        number += 1
    assert number > 1


def test_an_artifact_that_is_not_there_is_named_with_those_that_are(task: Task, tmp_path: Path) -> None:
    put_file(task.id, "notes", file(tmp_path, "hello"))
    with pytest.raises(Refusal, match=r"no artifact 'plan', only \['notes'\]"):
        get_artifact(task.id, "plan")


def test_a_file_that_is_gone_from_the_files_server_is_said_with_its_address(clearml_sdk: RunningServer) -> None:
    with pytest.raises(ServerUnavailable, match=r"nowhere\.txt could not be downloaded"):
        get_file(f"{clearml_sdk.url}/project/task/nowhere.txt")


def test_records_come_back_as_they_were_and_another_kind_is_refused(task: Task) -> None:
    ratings = ratings_by("张伟\u2028🙂", 1, 2, 3)
    put_records(task.id, "ratings", Rating, ratings)
    assert get_records(task.id, "ratings", Rating) == ratings
    with pytest.raises(RecordError, match="holds Rating records, expected Question"):
        get_records(task.id, "ratings", Question)
