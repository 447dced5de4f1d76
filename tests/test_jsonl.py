"""Records in files: every kind comes back as it was, whatever is in it; what is wrong is told line by line."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redraft import records
from redraft.errors import RecordError
from redraft.jsonl import dump_jsonl, from_dict, parse_jsonl, read_jsonl, write_jsonl
from redraft.migrations import SCHEMA_VERSION
from redraft.records import Extract, Prompt, Question, Rating, content_id, make_prompt, make_variant

KINDS = sorted(
    (kind for _, kind in inspect.getmembers(records, inspect.isclass) if dataclasses.is_dataclass(kind)),
    key=lambda kind: kind.__name__,
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(values, args))
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        if args[-1] is Ellipsis:
            return st.lists(values(args[0]), max_size=3).map(tuple)
        return st.tuples(*map(values, args))
    if dataclasses.is_dataclass(hint):
        return any_record(typing.cast("type[Any]", hint))
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        type(None): st.none(),
    }
    return simple[hint]


def any_record(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any record of a kind."""
    return st.builds(kind, **{name: values(hint) for name, hint in typing.get_type_hints(kind).items()})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_record_comes_back_as_it_was(kind: type[Any], data: st.DataObject) -> None:
    given_records = data.draw(st.lists(any_record(kind), max_size=3))
    assert parse_jsonl(kind, dump_jsonl(kind, given_records), name="f") == given_records


def test_ends_of_lines_of_any_kind_in_a_text_stay_in_it() -> None:
    text = "one\ntwo\r\nthree\u2028four\u2029five\u0085six\x0bseven\x0ceight\x1enine"
    extract = Extract(chunk_id="c", text=text)
    dumped = dump_jsonl(Extract, [extract])
    assert dumped.count("\n") == 2
    assert parse_jsonl(Extract, dumped, name="f") == [extract]


def test_a_file_is_readable_text_with_its_kind_and_version_first() -> None:
    lines = dump_jsonl(Extract, [Extract(chunk_id="c", text="文档")]).split("\n")
    assert json.loads(lines[0]) == {"redraft": "Extract", "schema": SCHEMA_VERSION}
    assert lines[1] == '{"chunk_id":"c","text":"文档"}'


def test_a_file_of_nothing_is_read_as_nothing() -> None:
    assert parse_jsonl(Extract, dump_jsonl(Extract, []), name="f") == []


def refused(kind: type[Any], *lines: object, header: object = None) -> str:
    first = header or {"redraft": kind.__name__, "schema": SCHEMA_VERSION}
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in (first, *lines))
    with pytest.raises(RecordError) as error:
        parse_jsonl(kind, text, name="f")
    return str(error.value)


def test_another_kind_of_record_is_refused_by_both_names() -> None:
    assert refused(Rating, header={"redraft": "Answer", "schema": 1}) == "f: holds Answer records, expected Rating"


@pytest.mark.parametrize("version", [0, 3, 99, "1", "2", -1, True, 1.0, 2.0, [1], {}])
def test_a_schema_version_that_is_not_read_is_refused_by_name_with_what_to_do(version: object) -> None:
    assert refused(Rating, header={"redraft": "Rating", "schema": version}) == (
        f"f: schema version {version!r}, this Redraft reads 1 and 2. "
        "Use the version of Redraft that wrote it, or a newer one; the file stays as it is."
    )


@pytest.mark.parametrize("header", [{"redraft": "Rating"}, {"redraft": "Rating", "schema": None}])
def test_a_missing_schema_version_is_refused(header: dict[str, object]) -> None:
    assert refused(Rating, header=header).startswith("f: no schema version, this Redraft reads 1 and 2.")


def as_version_1_wrote_it(kind: type[Any], record: Any, *new: str) -> str:
    """A file of one record as Redraft 0.1 wrote it: the first version, without the fields that came later."""
    row = {name: value for name, value in dataclasses.asdict(record).items() if name not in new}
    return f"{json.dumps({'redraft': kind.__name__, 'schema': 1})}\n{json.dumps(row)}\n"


def test_a_decision_and_a_score_of_version_1_are_read_with_the_defaults_of_what_was_added() -> None:
    decision = records.Decision(
        id="d", kind="promote", variant_id="v", current_id=None, evidence="Better.", author="Ann", created=1.0
    )
    score = records.VariantScore(variant_id="v", mean=3.0, low=2.0, high=4.0, n_ratings=2)
    old_decision = as_version_1_wrote_it(records.Decision, decision, "figures")
    old_score = as_version_1_wrote_it(records.VariantScore, score, "n_stale")
    assert "figures" not in old_decision
    assert parse_jsonl(records.Decision, old_decision, name="f") == [decision]
    assert parse_jsonl(records.VariantScore, old_score, name="f") == [score]


def test_the_figures_of_a_decision_come_back() -> None:
    figures = records.Evidence(
        difference=0.6, low=0.1, high=1.1, interval=0.9, p_better=0.94, p_best=None, n_ratings=24, n_val_ratings=8
    )
    decision = records.Decision(
        id="d",
        kind="keep",
        variant_id="v",
        current_id="v0",
        evidence="",
        author="redraft",
        created=1.0,
        figures=figures,
    )
    assert parse_jsonl(records.Decision, dump_jsonl(records.Decision, [decision]), name="f") == [decision]


@pytest.mark.parametrize("header", ["", "not json", "[]", "5", '{"id": "q-1"}'])
def test_a_file_without_a_header_is_refused(header: str) -> None:
    with pytest.raises(RecordError, match=r'f line 1: expected \{"redraft": "Rating", "schema": 2\}'):
        parse_jsonl(Rating, header, name="f")


def test_every_wrong_line_is_told_at_once() -> None:
    good = {"chunk_id": "c", "text": "t"}
    said = refused(
        Extract,
        good,
        "{",
        {**good, "more": 1},
        {"text": "t"},
        {**good, "text": None},
        "",
        "[1]",
        '"x"',
        "null",
        "7",
        good,
    )
    for words in (
        "8 problems",
        "f line 3: not JSON",
        "f line 4: Extract: unknown field 'more'; known fields: chunk_id, text",
        "f line 5: Extract: missing 1 required keyword-only argument: 'chunk_id'",
        "f line 6: Extract.text: expected str, got None",
        "f line 8: ",
        "f line 9: ",
        "f line 10: ",
        "f line 11: ",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Question, "answerable", "yes"),
        (Question, "answerable", 1),
        (Question, "split", "test"),
        (Rating, "score", True),
        (Rating, "score", 4.5),
        (Rating, "score", "4"),
        (Rating, "tags", "clear"),
        (Rating, "tags", [1]),
        (Rating, "seconds", "3"),
        (Prompt, "edits", [{"theme_id": None}]),
        (Prompt, "edits", [5]),
        (records.LlmCall, "messages", [["user"]]),
        (records.LlmCall, "messages", [["user", "text", "more"]]),
    ],
)
def test_a_value_of_another_type_is_refused_by_the_fields_name(kind: type[Any], field: str, value: object) -> None:
    hint = typing.get_type_hints(kind)[field]
    assert hint is not None
    with pytest.raises(RecordError, match=rf"{kind.__name__}\.{field}|PromptEdit"):
        from_dict(kind, {field: value})


def test_a_whole_number_is_taken_for_a_float() -> None:
    assert from_dict(records.IterationResult, _result(seconds=3)).seconds == 3.0
    with pytest.raises(RecordError):
        from_dict(records.IterationResult, _result(seconds=True))


def _result(**changes: object) -> dict[str, Any]:
    numbers = dict.fromkeys(("mean", "low", "high", "citations_valid", "refusals_right"))
    texts = dict.fromkeys(("variant_id", "task_id", "decision", "prompt"), "x")
    return {"iteration": 1, "n_ratings": 1, "tokens": 1, "published_id": None, **numbers, **texts, **changes}


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "folder" / "f.jsonl", Extract, [Extract(chunk_id="c", text="old")])

    def broken() -> Iterator[Extract]:
        yield Extract(chunk_id="c", text="new")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_jsonl(path, Extract, broken())
    assert [found.text for found in read_jsonl(path, Extract)] == ["old"]
    assert [found.name for found in path.parent.iterdir()] == ["f.jsonl"]


def test_files_that_cannot_be_read_are_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no such file"):
        read_jsonl(tmp_path / "none.jsonl", Extract)
    (tmp_path / "latin.jsonl").write_bytes(b"\xe4\n")
    with pytest.raises(RecordError, match=r"not UTF-8 \(byte 0\)"):
        read_jsonl(tmp_path / "latin.jsonl", Extract)
    with pytest.raises(RecordError, match="a folder"):
        read_jsonl(tmp_path, Extract)


@given(st.text())
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    header = json.dumps({"redraft": "Extract", "schema": SCHEMA_VERSION})
    for whole in (text, f"{header}\n{text}"):
        with contextlib.suppress(RecordError):
            parse_jsonl(Extract, whole, name="f")


# identities


def test_the_same_content_gets_the_same_id_on_every_machine() -> None:
    assert content_id("q", "How?") == "q-" + content_id("x", "How?").partition("-")[2]
    assert content_id("q", "How?") == "q-99e048bdac47bc35"


def test_parts_do_not_run_into_each_other() -> None:
    assert len({content_id("x", *parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), (["a", "bc"],))}) == 4


def test_a_prompt_is_named_by_kind_and_text_and_a_variant_not_by_its_parent() -> None:
    assert make_prompt("answer", "x", run_id="r").id == make_prompt("answer", "x").id != make_prompt("extract", "x").id
    names = ("answer_prompt_id", "extract_prompt_id", "chat_model", "endpoint", "sampling", "retrieval", "embedder")
    identity = dict.fromkeys(names, "x")
    one = make_variant(**identity)
    assert make_variant(parent_id="v-0", **identity).id == one.id
    assert all(make_variant(**{**identity, name: "y"}).id != one.id for name in names)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_records_cannot_be_changed(kind: type[Any]) -> None:
    parameters = kind.__dataclass_params__
    assert parameters.frozen
    assert not hasattr(kind, "__dict__") or "__slots__" in vars(kind)
