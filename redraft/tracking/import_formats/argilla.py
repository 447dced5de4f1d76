"""Argilla: records with the responses of each person to each question.

    to_json, to_list      {"fields": {"question": "How?", "answer": "So."}, "responses": {"rating": [{"value": 4, "user_id": "u1"}]}}
    to_list(flatten=True) {"question": "How?", "rating.responses": [4], "rating.responses.users": ["u1"], "rating.responses.status": [...]}
    to_datasets, 1.x      {"question": "How?", "rating": [{"user_id": "u1", "value": 4, "status": "submitted"}]}

One row a person and record: the question with numbers (or thumbs) is the score, the one with texts the comment.
Responses that are drafts or discarded are left out; suggestions are a model's and not read.

Source, read in stored copies in November 2026: repository argilla-io/argilla, argilla/src/argilla/records/_io/_generic.py at commit
02e0d37e, _io/_json.py at 1617a0f9, _resource.py at 0991739b; the 1.x shape in dataset cards on huggingface.co
(argilla/oasst_response_quality).
"""  # noqa: E501 - a record in one line

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from redraft.errors import InputError
from redraft.learning.import_scales import THUMBS, score_of, score_text
from redraft.tracking.import_formats.columns import Choices, Format, Laid, chosen_columns
from redraft.tracking.import_formats.picking import without
from redraft.tracking.import_formats.reading import Row
from redraft.tracking.import_formats.table import guess, require
from redraft.tracking.import_formats.texts import parsed

KEPT = (None, "submitted")
NESTED = ("id", "fields", "metadata", "suggestions", "responses", "vectors", "_server_id", "status")
Response = tuple[str, str, Any]
"""Question, user id, value."""


def _recognises(rows: Sequence[tuple[str, Row]]) -> bool:
    row = rows[0][1]
    return {"fields", "responses"} <= row.keys() or any(_flat_name(key) or _old(row[key]) for key in row)


def _flat_name(key: str) -> bool:
    return key.endswith((".responses", ".responses.users"))


def _old(value: Any) -> bool:
    value = parsed(value)
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and {"user_id", "value"} <= item.keys() for item in value)
    )


def _lay(rows: Sequence[tuple[str, Row]], choices: Choices) -> Laid:
    found = [(place, row, list(_responses(row))) for place, row in rows]
    values: dict[str, list[Any]] = {}
    for _, _, given in found:
        for name, _, value in given:
            values.setdefault(name, []).append(value)
    score = _score_question(values, choices)
    texts = [name for name, said in values.items() if name != score and all(isinstance(v, str) for v in said)]
    laid = []
    for place, row, given in found:
        people: dict[str, dict[str, Any]] = {}
        for name, user, value in given:
            people.setdefault(user, {})[name] = value
        for user, said in people.items():
            laid.append((place, {**_fields(row), "user_id": user, "responses": said}))
    guessed = {**guess(laid, ("question", "answer", "prompt", "model")), "score": f"responses.{score}"}
    guessed["reviewer"] = "user_id"
    if len(texts) == 1:
        guessed["comment"] = f"responses.{texts[0]}"
    others = {name: column for name, column in choices.items() if name != "score"}
    columns = chosen_columns(laid, guessed, others)
    require(columns, [(place, _fields(row)) for place, row in rows], "question", "answer|prompt")
    notes = [f"the question is {score}", *without(sum(not given for _, _, given in found), "record")]
    if len(texts) > 1:
        notes.append(f"no comments: several questions have texts ({', '.join(texts)}); --map comment=responses.NAME")
    return Laid(rows=tuple(laid), columns=columns, notes=tuple(notes))


def _score_question(values: Mapping[str, Sequence[Any]], choices: Choices) -> str:
    wanted = choices.get("score", "").removeprefix("responses.")
    if wanted:
        if wanted not in values:
            raise InputError(
                f"--map score={wanted}: no such question", remedy=f"there are {', '.join(values) or 'none'}"
            )
        return wanted
    rated = [name for name, said in values.items() if all(_is_score(value) for value in said)]
    if len(rated) != 1:
        several = f"more than one question can be the score: {', '.join(rated)}"
        raise InputError(
            several if rated else f"no question has numbers or thumbs; questions: {', '.join(values) or 'none'}",
            remedy="say which is the rating: --map score=QUESTION (and --scale, if its answers are words)",
        )
    return rated[0]


def _is_score(value: Any) -> bool:
    score = score_of(value) if isinstance(value, str | int | float) else None
    return score is not None and (not isinstance(score, str) or score_text(score) in (THUMBS.words or {}))


def _fields(row: Row) -> dict[str, Any]:
    """What was shown, by its name."""
    shown = row.get("fields")
    if isinstance(shown, Mapping):
        about = row.get("metadata")
        return {**(about if isinstance(about, Mapping) else {}), **shown}
    return {key: value for key, value in row.items() if ".responses" not in key and ".suggestion" not in key}


def _responses(row: Row) -> Iterator[Response]:
    nested = row.get("responses")
    if isinstance(nested, Mapping):
        for name, said in nested.items():
            yield from _of_people(str(name), said)
        return
    for key, value in row.items():
        name = key.removesuffix(".responses")
        if name != key:
            users = parsed(row.get(f"{key}.users")) or []
            states = parsed(row.get(f"{key}.status")) or []
            said = parsed(value) or []
            for place, one in enumerate(said if isinstance(said, list) else []):
                if (states[place] if place < len(states) else None) in KEPT:
                    yield name, str(users[place]) if place < len(users) else "", one
        elif _old(value):
            yield from _of_people(key, parsed(value))


def _of_people(name: str, said: Any) -> Iterator[Response]:
    for one in said if isinstance(said, list) else ():
        if isinstance(one, Mapping) and one.get("status") in KEPT and one.get("value") is not None:
            yield name, str(one.get("user_id") or ""), one["value"]


ARGILLA = Format(name="argilla", recognises=_recognises, lay=_lay)
