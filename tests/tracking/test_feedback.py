"""Feedback is an event that the history holds; people change their minds by saying something later."""

from __future__ import annotations

import dataclasses

import pytest
from askable_project import LONG, QUESTION, SHORT, endpoint_of, history_of, store_variants, variant_of
from judged_project import EXTRACT

from redraft.errors import InputError, ServerUnavailable
from redraft.records import Answer, Feedback, Variant, answer_id
from redraft.tracking.askable import Choice
from redraft.tracking.asking import Answered
from redraft.tracking.feedback import (
    FEEDBACK_TAG,
    MAX_COMMENT_CHARS,
    feedback_on,
    last_words,
    load_feedback,
    record_feedback,
)
from redraft.tracking.server import find_tasks, project_ids


@pytest.fixture(autouse=True)
def _endpoint(model_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in endpoint_of(model_server).items():
        monkeypatch.setenv(name, value)


def answered_by(variant: Variant, text: str = "Every 15 minutes.") -> Answered:
    return Answered(
        question=QUESTION,
        text=text,
        passages=(),
        choice=Choice(variant=variant, answer_prompt=SHORT, extract_prompt=EXTRACT, role="candidate"),
        answer=Answer(
            id=answer_id(variant.id, "q-1", "i-1", 0),
            run_id="",
            variant_id=variant.id,
            question_id="q-1",
            dataset_id="dataset-1",
            index_id="i-1",
            sample=0,
            text=text,
            sources=("guide/notes.md",),
        ),
    )


def test_a_thumb_is_in_the_history_with_what_it_is_about_and_is_no_rating(project: str) -> None:
    variant = variant_of(SHORT)
    store_variants(project, {variant: None})
    said = feedback_on(answered_by(variant), reviewer="Ann", now=5.0, thumb="up", comment=" Good.\n")
    record_feedback(project, said)
    history = history_of(project)
    assert history.feedback == (said,)
    assert history.ratings == ()
    assert said == Feedback(
        id=said.id,
        question=QUESTION,
        answer="Every 15 minutes.",
        variant_id=variant.id,
        reviewer="Ann",
        thumb="up",
        comment="Good.",
        sources=("guide/notes.md",),
        dataset_id="dataset-1",
        index_id="i-1",
        created=5.0,
    )


def test_feedback_is_a_completed_task_that_people_can_find_by_its_tag(project: str) -> None:
    task_id = record_feedback(project, feedback_on(answered_by(variant_of(SHORT)), reviewer="Ann", now=5.0, thumb="up"))
    found = find_tasks(project=project_ids(project), tags=[FEEDBACK_TAG], only_fields=["name", "status"])
    assert list(found) == [{"id": task_id, "name": "feedback up", "status": "completed"}]


def test_changing_ones_mind_adds_a_later_row_and_the_last_one_counts(project: str) -> None:
    answered = answered_by(variant_of(SHORT))
    first = feedback_on(answered, reviewer="Ann", now=5.0, thumb="up")
    second = feedback_on(answered, reviewer="Ann", now=6.0, thumb="down")
    for said in (first, second):
        record_feedback(project, said)
    assert load_feedback(project) == (first, second)
    assert last_words(load_feedback(project)) == (second,)


def test_a_project_without_feedback_has_none(project: str) -> None:
    assert load_feedback(project) == ()


def test_last_words_tell_people_answers_and_pairs_apart() -> None:
    short, long = answered_by(variant_of(SHORT)), answered_by(variant_of(LONG))
    by_ann = feedback_on(short, reviewer="Ann", now=1.0, thumb="up")
    by_ben = feedback_on(short, reviewer="Ben", now=2.0, thumb="down")
    of_another_answer = feedback_on(answered_by(variant_of(SHORT), "Never."), reviewer="Ann", now=3.0, thumb="down")
    preferred = feedback_on(short, reviewer="Ann", now=4.0, preferred_to=long)
    the_other_after_all = feedback_on(long, reviewer="Ann", now=5.0, preferred_to=short)
    assert last_words([by_ann, by_ben, of_another_answer, preferred, the_other_after_all]) == (
        by_ann,
        by_ben,
        of_another_answer,
        the_other_after_all,
    )


def test_a_thumb_taken_back_says_nothing() -> None:
    answered = answered_by(variant_of(SHORT))
    up = feedback_on(answered, reviewer="Ann", now=1.0, thumb="up")
    none = feedback_on(answered, reviewer="Ann", now=2.0)
    assert last_words([up, none]) == ()


def test_of_two_answers_the_preferred_one_names_the_other() -> None:
    short, long = variant_of(SHORT), variant_of(LONG)
    said = feedback_on(answered_by(short), reviewer="Ann", now=1.0, preferred_to=answered_by(long))
    assert (said.variant_id, said.preferred_to, said.thumb) == (short.id, long.id, None)


def test_a_comment_of_a_megabyte_is_refused_with_its_limit() -> None:
    answered = answered_by(variant_of(SHORT))
    longest = feedback_on(answered, reviewer="Ann", now=1.0, comment="x" * MAX_COMMENT_CHARS)
    assert len(longest.comment or "") == 10_000
    with pytest.raises(InputError, match=r"the comment has 1,000,000 characters, 10,000 are the most"):
        feedback_on(answered, reviewer="Ann", now=1.0, comment="x" * 1_000_000)


def test_while_the_server_is_away_nothing_is_recorded_and_it_is_said_at_once(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = feedback_on(answered_by(variant_of(SHORT)), reviewer="Ann", now=1.0, thumb="up")
    with monkeypatch.context() as patch:
        patch.setenv("CLEARML_API_HOST", "http://127.0.0.1:9")
        with pytest.raises(ServerUnavailable, match=r"no ClearML server answers at http://127\.0\.0\.1:9"):
            record_feedback(project, said)
    assert load_feedback(project) == ()
    record_feedback(project, dataclasses.replace(said))  # the same words, once it is back
    assert load_feedback(project) == (said,)
