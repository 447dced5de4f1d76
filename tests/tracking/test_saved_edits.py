"""Saved edits come back as they were, in their order, and reading them costs little in a long history."""

from __future__ import annotations

import pytest
from interruptions import calls_of
from judged_project import QUESTIONS, SEED, judge

from redraft.errors import InputError
from redraft.learning.question_set import Change, edits_from
from redraft.records import Question, content_id
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.question_set import edits_of, save_edits, saves_in
from redraft.tracking.server import call

NEW = Question(id=content_id("q", "Whose?"), text="Whose?", note="看")


def save(project: str, kind: str, question: Question, now: float) -> str:
    change = Change(kind=kind, question=question)  # type: ignore[arg-type]
    return save_edits(project, edits_from([change], author="Ann", now=now, reason="asked often"))


def test_each_save_is_a_source_of_the_history_and_is_read_back(project: str) -> None:
    judge(project, {SEED: 3})
    tasks = [save(project, "add", NEW, 1.0), save(project, "retire", QUESTIONS[0], 2.0)]
    sources = find_sources(project)
    assert [found.task_id for found in saves_in(sources)] == tasks
    edits = edits_of(sources)
    assert [(edit.kind, edit.question.text, edit.author, edit.reason) for edit in edits] == [
        ("add", "Whose?", "Ann", "asked often"),
        ("retire", "How?", "Ann", "asked often"),
    ]
    assert load_history(sources).question_edits == edits
    assert edits_of(sources[:-1]) == edits[:1]  # an iteration that was launched before the second save


def test_the_task_of_a_save_says_what_it_is(project: str) -> None:
    task = call("tasks.get_by_id", task=save(project, "add", NEW, 1.0))["task"]
    assert (task["name"], task["status"], task["status_message"]) == (
        "questions: 1 add",
        "completed",
        "1 add by Ann: asked often",
    )


def test_edits_are_found_with_one_call_and_none_in_an_empty_history(project: str) -> None:
    for _ in range(3):
        judge(project, {SEED: 3})
    sources = find_sources(project)
    assert len(calls_of(lambda: edits_of(sources))) == 1
    assert calls_of(lambda: edits_of([])) == []


def test_a_save_of_nothing_is_refused(project: str) -> None:
    with pytest.raises(InputError, match="no change of the questions to save"):
        save_edits(project, [])
    assert find_sources(project) == []
