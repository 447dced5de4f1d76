"""A history that Redraft of schema version 1 wrote (its own code made the files beside this one) is read by today's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from judged_project import open_task
from test_summary import make_run

from redraft.config import load_config
from redraft.errors import RecordError
from redraft.learning.rounds import POLICIES
from redraft.migrations import MIGRATIONS, SCHEMA_VERSION, Row
from redraft.tracking.artifacts import artifact_urls, get_file, put_file
from redraft.tracking.backup import backup, restore
from redraft.tracking.backup_file import read_backup_file
from redraft.tracking.decisions import Person, roll_back
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.registry import current_prompts
from redraft.tracking.results import load_results
from redraft.tracking.server import call

FILES = Path(__file__).parent / "history_of_version_1"
STEPS = {
    "write_prompts": ("prompts", "variants", "themes"),
    "answer_questions": ("questions", "answers", "plan"),
    "review": ("ratings",),
    "score_prompts": ("scores", "decisions"),
}


def store(project: str, files_of: Path = FILES) -> str:
    """Put the files on a project's tasks, as they were; the id of the decision's task."""
    run = make_run(project, 1)
    put_file(run.id, "iteration", files_of / "iteration.jsonl")
    for name, files in STEPS.items():
        task = open_task(project, name)
        for file in files:
            put_file(task, file, files_of / f"{file}.jsonl")
        call("tasks.completed", task=task)
    call("tasks.completed", task=run.id)
    return task


def test_it_is_read_scored_decided_on_backed_up_and_restored(project: str, tmp_path: Path) -> None:
    old = store(project)
    history = load_history(find_sources(project))
    assert (len(history.ratings), len(history.answers), len(history.plan)) == (12, 6, 6)
    [decision] = history.decisions
    assert (decision.kind, decision.figures) == ("promote", None)
    new, answer_prompt, _ = current_prompts(history) or (None, None, None)
    assert new is not None
    assert answer_prompt is not None
    assert answer_prompt.text == "Please explain. Answer in two sentences."
    board = POLICIES.score(history, current_id=str(decision.current_id), interval=0.9)
    assert (board.of(new.id).mean or 0) > (board.of(str(decision.current_id)).mean or 5)
    [result] = load_results(project)
    assert (result.mean, result.minutes, result.cost_usd) == (4.5, None, None)

    person = Person(author="Ann", settings=load_config().decide, interval=0.9, now=5000.0)
    assert roll_back(project, person).standing.previous == new.id
    after = load_history(find_sources(project))
    assert [one.kind for one in after.decisions] == ["promote", "rollback"]

    backup(project, tmp_path / "b.zip", now=0.0, version="9")
    restored = restore(f"{project}-restored", read_backup_file(tmp_path / "b.zip"), interval=0.9)
    assert load_history(find_sources(f"{project}-restored")) == after
    assert SCHEMA_VERSION > 1
    headers = [
        get_file(artifact_urls(task)["decisions"]).read_text().split("\n")[0] for task in (old, restored.task_id)
    ]
    assert headers == [f'{{"redraft": "Decision", "schema": {version}}}' for version in (1, SCHEMA_VERSION)]


def test_a_step_between_versions_is_applied_to_the_rows_of_stored_files(
    project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No field was renamed since version 1, so this makes one up: that a rating's `comment` was its `remark` then."""
    store(f"{project}-real")
    expected = load_history(find_sources(f"{project}-real")).ratings
    assert any(rating.comment for rating in expected)
    files = Path(shutil.copytree(FILES, tmp_path / "files"))
    old_text = (FILES / "ratings.jsonl").read_text(encoding="utf-8").replace('"comment":', '"remark":')
    (files / "ratings.jsonl").write_text(old_text, encoding="utf-8")
    store(project, files)

    def renamed(kind: str, row: Row) -> Row:
        names = {"remark": "comment"} if kind == "Rating" else {}
        return {names.get(name, name): value for name, value in row.items()}

    with pytest.raises(RecordError, match="unknown field 'remark'"):
        load_history(find_sources(project))
    monkeypatch.setitem(MIGRATIONS, 1, renamed)
    assert load_history(find_sources(project)).ratings == expected
