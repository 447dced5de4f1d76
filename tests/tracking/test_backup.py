"""A backup restored into an empty project: the same history, the same scores, the same current prompt."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from judged_project import B, C, tags_of
from old_project import A, make_old_project
from review_world import QUESTIONS, make_review, overall_by, ratings_by

from redraft.config import load_config
from redraft.errors import InputError
from redraft.learning.history import History
from redraft.learning.rounds import POLICIES
from redraft.records import Flag, Question, QuestionEdit
from redraft.tracking.backup import backup, restore
from redraft.tracking.backup_file import Backup, read_backup_file
from redraft.tracking.closing import close_review
from redraft.tracking.decisions import Person, roll_back
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.inbox import put_files, writer_key
from redraft.tracking.prepare import _claim_iteration
from redraft.tracking.question_set import edits_of, save_edits
from redraft.tracking.registry import current_prompts
from redraft.tracking.results import load_results

NOW = 1_772_452_800.0


def kept(project: str, path: Path) -> Backup:
    backup(project, path, now=NOW, version="9")
    return read_backup_file(path)


def scores(history: History) -> list[object]:
    return list(POLICIES.score(history, current_id=C.id, interval=0.9).scores)


def test_a_restored_project_has_the_same_history_scores_current_prompt_models_and_iterations(
    project: str, tmp_path: Path
) -> None:
    make_old_project(project)
    edit = QuestionEdit(id="qe-1", kind="add", question=Question(id="q-new", text="New?"), author="Ann", created=2000.0)
    save_edits(project, [edit])
    before = load_history(find_sources(project))
    found = kept(project, tmp_path / "b.zip")
    assert (found.project, found.made, found.counts["ratings"]) == (project, "2026-03-02T12:00:00+00:00", 39)

    other = f"{project}-restored"
    restored = restore(other, found, interval=0.9)

    sources = find_sources(other)
    assert sources == [restored.task_id]
    after = load_history(sources)
    assert after == before
    assert scores(after) == scores(before)
    assert current_prompts(after) == current_prompts(before)
    assert restored.current == C.id
    assert tags_of(other) == {A.id: ["candidate"], B.id: ["previous"], C.id: ["current"]}
    assert load_results(other) == load_results(project)
    assert edits_of(sources) == (edit,)


def test_work_goes_on_in_a_restored_project_and_iterations_are_counted_on(
    project: str, tmp_path: Path, make_run: Callable[[str], object]
) -> None:
    make_old_project(project)
    other = f"{project}-restored"
    restore(other, kept(project, tmp_path / "b.zip"), interval=0.9)
    person = Person(author="Ann", settings=load_config().decide, interval=0.9, now=5000.0)
    assert roll_back(other, person).standing.current == B.id
    from redraft.tracking.snapshot_covers import last_iteration

    assert _claim_iteration(make_run(other), 0, before=last_iteration(other)) == 4


def test_a_project_with_a_history_is_refused_unless_merging_is_asked_for_and_then_nothing_is_twice(
    project: str, tmp_path: Path
) -> None:
    made = make_old_project(project)
    found, before = kept(project, tmp_path / "b.zip"), load_history(find_sources(project))
    with pytest.raises(InputError, match=r"has a history already .*39 ratings.*--merge"):
        restore(project, found, interval=0.9)
    assert restore(project, found, interval=0.9, merge=True).task_id is None
    assert load_history(find_sources(project)) == before

    more = dataclasses.replace(before.ratings[0], id="rt-more", reviewer="Cem")
    grown = dataclasses.replace(found, records={**found.records, "ratings": [*found.records["ratings"], more]})
    merged = restore(project, grown, interval=0.9, merge=True)
    assert merged.counts == {"ratings": 1}
    assert load_history(find_sources(project)) == before.add([more])
    assert len(load_results(project)) == len(made.runs)


def test_what_people_said_in_an_open_review_is_in_the_backup_and_counted_once_when_it_has_closed(
    project: str, tmp_path: Path
) -> None:
    make_old_project(project)
    review, writer = make_review(project, key="r-open"), writer_key("Dora", "1")
    first = [dataclasses.replace(one, review_key="r-open") for one in ratings_by("Dora", 2, 3)]
    overall = dataclasses.replace(overall_by("Dora", 4), review_key="r-open")
    flag = Flag(review_key="r-open", question_id=QUESTIONS[0].id, reviewer="Dora", comment="Unclear.", created=1.0)
    put_files(review, writer, {"ratings": first, "overalls": [overall], "flags": [flag]})
    found, other = kept(project, tmp_path / "b.zip"), f"{project}-restored"

    restore(other, found, interval=0.9)
    after = load_history(find_sources(other))
    assert [one for one in after.ratings if one.reviewer == "Dora"] == first
    assert (after.overalls, after.flags) == ((overall,), (flag,))
    assert restore(project, found, interval=0.9, merge=True).task_id is None  # the open review has them

    changed = dataclasses.replace(first[0], score=5, created=9.0)  # the same id, as an imported sheet has it
    put_files(review, writer, {"ratings": [changed, first[1]]})
    close_review(review)
    whole = load_history(find_sources(project))
    restore(project, found, interval=0.9, merge=True)
    assert load_history(find_sources(project)) == whole
    assert [one.score for one in whole.ratings if one.reviewer == "Dora"] == [3, 5]
    restore(other, kept(project, tmp_path / "later.zip"), interval=0.9, merge=True)
    assert load_history(find_sources(other)) == whole


def test_a_restoration_that_died_is_done_by_the_next_one(project: str, tmp_path: Path) -> None:
    make_old_project(project)
    found, other = kept(project, tmp_path / "b.zip"), f"{project}-restored"

    def die(step: str) -> None:
        raise KeyboardInterrupt(step)

    with pytest.raises(KeyboardInterrupt):
        restore(other, found, interval=0.9, between=die)
    assert restore(other, found, interval=0.9, merge=True).current == C.id
    assert tags_of(other)[C.id] == ["current"]
    assert load_history(find_sources(other)) == load_history(find_sources(project))


def test_a_backup_replaces_no_file_and_an_empty_project_makes_none(project: str, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with pytest.raises(InputError, match="nothing to back up"):
        backup(project, path, now=NOW, version="9")
    path.write_text("kept")
    make_old_project(project)
    with pytest.raises(InputError, match="is there already"):
        backup(project, path, now=NOW, version="9")
    assert path.read_text() == "kept"
    with pytest.raises(InputError, match="could not be written"):
        backup(project, tmp_path / "no folder" / "b.zip", now=NOW, version="9")


def rewritten(path: Path, change: Callable[[dict[str, str]], object]) -> Path:
    """The backup with other members."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name).decode() for name in file.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as file:
        for name, text in members.items():
            file.writestr(name, text)
    return path


def manifest(**values: object) -> Callable[[dict[str, str]], object]:
    return lambda m: m.update({"manifest.json": json.dumps({**json.loads(m["manifest.json"]), **values})})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.pop("manifest.json"), "is no backup of Redraft"),
        (lambda m: m.update({"manifest.json": "[1"}), "is no backup of Redraft"),
        (manifest(schema=99), "schema version 99"),
        (manifest(counts={"ratings": 1, "dreams": 1}), "holds 'dreams', which this Redraft does not know"),
        (lambda m: m.pop("ratings.jsonl"), "is damaged: ratings.jsonl is missing"),
        (lambda m: m.update({"ratings.jsonl": m["ratings.jsonl"].rstrip().rpartition("\n")[0]}), "should hold 1 rows"),
    ],
)
def test_a_file_that_is_no_whole_backup_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, str]], object], said: str
) -> None:
    from judged_project import ratings_of

    from redraft.tracking.backup_file import write_backup_file

    path = tmp_path / "b.zip"
    write_backup_file(path, Backup(project="p", made="now", records={"ratings": ratings_of(B, 3)[:1]}), version="9")
    assert read_backup_file(path).counts == {"ratings": 1}
    with pytest.raises(InputError, match=said):
        read_backup_file(rewritten(path, change))


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"PK nonsense")
    with pytest.raises(InputError, match="cannot be read as a backup"):
        read_backup_file(tmp_path / "b.zip")
    with pytest.raises(InputError, match="no such file"):
        read_backup_file(tmp_path / "c.zip")


@pytest.fixture
def make_run() -> Callable[[str], object]:
    from test_summary import make_run

    return lambda project: make_run(project, 0)
