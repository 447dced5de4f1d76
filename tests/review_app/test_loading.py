"""The history that pages share: what was read once is not read again."""

from __future__ import annotations

import uuid

import judged_project as made
import pytest

from redraft.review_app import loading
from redraft.tracking.artifacts import artifact_urls
from redraft.tracking.history import find_sources, load_history, read_records

pytestmark = pytest.mark.usefixtures("clearml_sdk")


def test_after_an_event_only_its_file_is_read() -> None:
    project = f"project-{uuid.uuid4().hex[:12]}"
    made.judge(project, {made.SEED: 2, made.B: 4})
    kept, read = {}, []

    def remember(name: str, url: str, title: str) -> object:
        if url not in kept:
            read.append(name)
            kept[url] = read_records(name, url, title)
        return kept[url]

    before = load_history(find_sources(project), remember)
    read.clear()
    task = made.decide(project, made.decision("promote", made.B, 5.0, current=made.SEED))
    after = load_history(find_sources(project), remember)

    assert read == ["decisions"]
    assert list(artifact_urls(task)) == ["decisions"]
    assert (before.ratings, len(after.decisions)) == (after.ratings, 1)


def test_the_page_sees_what_was_recorded_once_it_is_told_to_look_again() -> None:
    project = f"project-{uuid.uuid4().hex[:12]}"
    made.judge(project, {made.SEED: 2, made.B: 4})
    assert loading.history_of(project).decisions == ()
    said = made.decision("promote", made.B, 5.0, current=made.SEED)
    made.decide(project, said)
    loading.forget_sources()
    assert loading.history_of(project).decisions == (said,)
