"""Each tool's shapes, as its documentation or its source has them, become the same ratings."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from redraft.errors import InputError
from redraft.learning.history import History
from redraft.learning.import_rows import ForeignRating
from redraft.tracking.import_formats.columns import parse_choices, to_ratings
from redraft.tracking.importing import ImportPlan, Order, plan_import

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How?"}]
RUNS = [{"id": "r1", "inputs": {"question": "How?"}, "outputs": {"answer": "So."}}]
TRACES = [
    {"id": "t1", "timestamp": "2026-01-02T03:04:05.000Z", "name": "qa", "userId": None, "sessionId": None,
     "environment": "default", "tags": [], "input": "How?", "output": "So.", "metadata": {}, "latency": 1.2,
     "comments": [{"id": "c1", "content": "Names no page.", "author_user_id": "u1", "created_at": "2026"}],
     "stars": [4], "length": [12]},
    {"id": "t2", "timestamp": "2026-01-02T03:04:05.000Z", "name": "qa", "userId": None, "sessionId": None,
     "environment": "default", "tags": [], "input": "Why?", "output": "Because.", "metadata": {}, "latency": 1.2,
     "comments": [], "stars": None, "length": None},
]  # fmt: skip
SCORE = {
    "id": "s1", "traceId": "t1", "observationId": None, "timestamp": "2026-01-02T03:04:05.000Z",
    "source": "ANNOTATION", "name": "stars", "dataType": "NUMERIC", "value": 4, "stringValue": None,
    "comment": "Names no page.", "traceName": "qa", "authorUserName": "Ann",
}  # fmt: skip
FEEDBACK = {
    "id": "f1", "run_id": "r1", "key": "stars", "score": 4, "value": None, "comment": "Names no page.",
    "created_at": "2026-01-02T03:04:05+00:00",
    "feedback_source": {"type": "app", "metadata": {}, "user_id": "u1", "user_name": "Ann"},
}  # fmt: skip
RECORD = {
    "id": "1", "fields": {"question": "How?", "answer": "So."}, "metadata": {}, "suggestions": {}, "vectors": {},
    "responses": {"stars": [{"value": 4, "user_id": "Ann"}], "why": [{"value": "Names no page.", "user_id": "Ann"}]},
    "_server_id": "x",
}  # fmt: skip
FLAT_RECORD = {
    "id": "1", "status": "completed", "_server_id": "x", "question": "How?", "answer": "So.",
    "stars.responses": [4, 1], "stars.responses.users": ["Ann", "Ben"],
    "stars.responses.status": ["submitted", "discarded"],
    "why.responses": ["Names no page."], "why.responses.users": ["Ann"], "why.responses.status": ["submitted"],
}  # fmt: skip
OLD_RECORD = {
    "question": "How?", "answer": "So.", "external_id": None, "metadata": "{}",
    "stars": [{"user_id": "Ann", "value": 4, "status": "submitted"}, {"user_id": "Ben", "value": 1, "status": "draft"}],
    "why": [{"user_id": "Ann", "value": "Names no page.", "status": "submitted"}],
    "stars-suggestion": None,
}  # fmt: skip


def as_json(rows: Any) -> str:
    return json.dumps(rows)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """As tools write it: lists and objects as JSON in a cell."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows({k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in row.items()} for row in rows)
    return file.getvalue()


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    """Plan an import of a file's content."""

    def make(content: str, *choices: str, beside: str | None = None, **fields: Any) -> ImportPlan:
        path, other = tmp_path / "export", tmp_path / "beside"
        path.write_text(content, encoding="utf-8")
        if beside is not None:
            other.write_text(beside, encoding="utf-8")
        given = {"scale": "1..5", "reviewer": "Ann", **fields}
        order = Order(file=path, choices=parse_choices(choices), beside=other if beside is not None else None, **given)
        return plan_import(History(), order, now=2e9)

    return make


@pytest.mark.parametrize(
    ("name", "content", "beside", "choices"),
    [
        ("langfuse", as_json(TRACES), None, ["score=stars"]),
        ("langfuse", as_csv(TRACES), None, ["score=stars"]),
        ("langfuse", as_json({"data": [{**TRACES[0], "scores": [SCORE]}], "meta": {}}), None, []),
        ("langfuse", as_json({"trace": {**TRACES[0], "scores": [SCORE]}, "observations": []}), None, []),
        ("langfuse", as_csv([SCORE]), as_csv(TRACES), []),
        ("langfuse", as_json([SCORE]), as_json(TRACES), []),
        ("langfuse", as_json([{**SCORE, "observationId": "o1", "traceId": "t9"}]),
         as_json([{**TRACES[0], "id": "o1"}, {**TRACES[1], "id": "t9"}]), []),
        ("langsmith", as_json([FEEDBACK]), as_json(RUNS), []),
        ("langsmith", as_csv([FEEDBACK]), as_csv(RUNS), []),
        ("langsmith", as_json([{**RUNS[0], "feedback_stats": {"stars": {"n": 1, "avg": 4.0,
         "comments": ["Names no page."]}}}]), None, []),
        ("langsmith", as_csv([{"inputs.question": "How?", "outputs.answer": "So.", "error": "", "feedback.stars": 4,
         "feedback.length": 2, "id": "x"}]), None, ["score=stars"]),
        ("langsmith", as_json([{"input.question": "How?", "outputs.answer": "So.", "feedback.stars": 4.0,
         "notes": ["Names no page."]}]), None, []),
        ("argilla", as_json([RECORD]), None, []),
        ("argilla", as_json({"1": RECORD}), None, []),
        ("argilla", as_json([FLAT_RECORD]), None, []),
        ("argilla", as_csv([FLAT_RECORD]), None, []),
        ("argilla", as_json([OLD_RECORD]), None, []),
        ("openai", "question,output,rating,output_feedback\nHow?,So.,Good,Names no page.\n", None, []),
        ("openai", "ask,output,verdict,output_feedback\nHow?,So.,Good,Names no page.\n", None, ["question=ask"]),
        ("table", "question,answer,score,comment,reviewer\nHow?,So.,4,Names no page.,Ann\n", None, []),
        ("table", "Query,Response,Stars\nHow?,So.,4\n", None, []),
        ("table", as_json([{"a": {"q": "How?"}, "b": "So.", "c": {"d": 4}}]), None,
         ["question=a.q", "answer=b", "score=c.d"]),
    ],
)  # fmt: skip
def test_a_shape_is_recognised_and_read(
    plan: Any, name: str, content: str, beside: str | None, choices: list[str]
) -> None:
    made = plan(content, *choices, beside=beside, scale="thumbs" if name == "openai" else "1..5")
    assert (made.format, made.problems) == (name, ())
    ((row, rating),) = made.imported.examples
    assert (row.question, row.answer, rating.reviewer) == ("How?", "So.", "Ann")
    assert rating.score == (5 if name == "openai" else 4)
    assert rating.comment in ("Names no page.", None)


def rows_of(made: ImportPlan) -> list[ForeignRating]:
    return to_ratings(made.laid)


def test_langfuse_knows_author_comment_and_time_of_a_score(plan: Any) -> None:
    (row,) = rows_of(plan(as_json([{**TRACES[0], "scores": [SCORE]}]), reviewer=None))
    assert (row.reviewer, row.comment, row.created) == ("Ann", "Names no page.", 1767323045.0)


def test_langsmith_knows_author_comment_and_time_of_feedback(plan: Any) -> None:
    (row,) = rows_of(plan(as_json([FEEDBACK]), beside=as_json(RUNS), reviewer=None))
    assert (row.reviewer, row.comment, row.created) == ("Ann", "Names no page.", 1767323045.0)


def test_the_system_message_of_a_chat_is_the_prompt(plan: Any) -> None:
    (row,) = rows_of(plan(as_json([{**TRACES[0], "input": CHAT, "scores": [SCORE]}])))
    assert (row.question, row.prompt) == ("How?", "Be brief.")


def test_words_and_booleans_of_langfuse_are_scores_too(plan: Any) -> None:
    scores = [
        {**SCORE, "dataType": "BOOLEAN", "value": 1, "stringValue": "True"},
        {**SCORE, "dataType": "CATEGORICAL", "value": None, "stringValue": "Bad", "authorUserName": "Ben"},
    ]
    made = plan(as_json([{**TRACES[0], "scores": scores}]), scale="")
    assert (made.scale.name, sorted(r.score for r in made.imported.ratings)) == ("thumbs", [1, 5])


@pytest.mark.parametrize(
    ("content", "beside"),
    [
        (as_json([{**TRACES[0], "scores": [SCORE, {**SCORE, "source": "EVAL", "value": 1}]}]), None),
        (as_json([FEEDBACK, {**FEEDBACK, "score": 1, "feedback_source": {"type": "model"}}]), as_json(RUNS)),
    ],
)
def test_a_score_that_a_model_gave_is_left_out_and_counted(plan: Any, content: str, beside: str | None) -> None:
    made = plan(content, beside=beside)
    assert [rating.score for rating in made.imported.ratings] == [4]
    assert "left out: 1 score that a model gave" in made.laid.notes


def test_responses_of_two_people_are_two_ratings_with_their_own_comments(plan: Any) -> None:
    responses = {
        "stars": [{"value": 4, "user_id": "Ann"}, {"value": 2, "user_id": "Ben"}],
        "why": [{"value": "Too long.", "user_id": "Ben"}],
    }
    made = plan(as_json([{**RECORD, "responses": responses}]))
    assert sorted((r.reviewer, r.score, r.comment) for r in made.imported.ratings) == [
        ("Ann", 4, None),
        ("Ben", 2, "Too long."),
    ]


def test_rows_of_a_tool_without_a_score_are_counted(plan: Any) -> None:
    assert "left out: 1 trace without a score" in plan(as_json(TRACES), "score=stars").laid.notes


@pytest.mark.parametrize(
    ("content", "choices", "message"),
    [
        ("a,b\n1,2\n", [], r"no column for question; columns: a, b. Say which one it is: --map question=COLUMN"),
        ("question,score\nHow?,4\n", [], "no column for answer or prompt"),
        ("question,answer\nHow?,So.\n", [], "no column for score"),
        ("question,answer,score\nHow?,So.,4\n", ["score=stars"], "score=stars: no such column. Columns: question"),
        ("question,answer,score\nHow?,So.,4\n", ["stars=score"], "--map stars=score: expected field=column"),
        ("question,answer,score\nHow?,So.,4\n", ["score=a", "score=b"], "score is given twice"),
        (as_json(TRACES), [], "more than one score was given: length .1., stars .1."),
        (as_json(TRACES), ["score=helpful"], "--map score=helpful: no such score. There are"),
        (as_json([SCORE]), [], "has neither questions nor answers. Export the traces too"),
        (as_json([FEEDBACK]), [], "has neither questions nor answers. Export the runs too"),
        (as_json([{**RECORD, "responses": {}}]), [], "no question has numbers or thumbs"),
        (as_json([{**RECORD, "responses": {"a": [{"value": 1, "user_id": "u"}], "b": [{"value": 1, "user_id": "u"}]}}]),
         [], "more than one question can be the score: a, b"),
        ("question,output,output_feedback\nHow?,So.,Bad.\n", [], "no column has Good and Bad"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_one_message_that_says_how_to_tell_it(
    plan: Any, content: str, choices: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        plan(content, *choices)


def test_a_score_of_a_trace_that_is_not_there_is_named(plan: Any) -> None:
    with pytest.raises(InputError, match="record 1: its traceId is not in beside"):
        plan(as_json([{**SCORE, "traceId": "t9"}]), beside=as_json(TRACES))


def test_a_second_file_is_refused_where_none_belongs(plan: Any) -> None:
    with pytest.raises(InputError, match="a table file needs no second one"):
        plan("question,answer,score\nHow?,So.,4\n", beside=as_json(TRACES))


def test_an_unknown_format_is_refused_and_the_known_ones_are_named(plan: Any) -> None:
    with pytest.raises(InputError, match=r"--format excel: unknown\. Known: auto, redraft, argilla"):
        plan("question,answer,score\nHow?,So.,4\n", format="excel")


@pytest.mark.parametrize(
    "content",
    [
        as_json([{**TRACES[0], "stars": [4, 2], "length": None}]),
        as_json([{**RUNS[0], "feedback_stats": {"stars": {"n": 3, "avg": 3.0}}}]),
    ],
)
def test_a_score_of_several_people_in_one_cell_is_a_problem_of_that_row(plan: Any, content: str) -> None:
    with pytest.raises(InputError, match="no score that a person gave"):
        plan(content)


def test_an_input_that_is_no_text_is_a_problem_of_its_row(plan: Any) -> None:
    made = plan(as_json([{**TRACES[0], "input": {"a": 1, "b": {"c": "How?"}}, "scores": [SCORE]}]))
    assert made.problems == ("record 1: no question",)
    (row,) = rows_of(
        plan(as_json([{**TRACES[0], "input": {"a": 1, "b": {"c": "How?"}}, "scores": [SCORE]}]), "question=input.b.c")
    )
    assert row.question == "How?"
