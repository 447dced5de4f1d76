from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from made_records import SEED, answer, question, rated_history, variant

from redraft.learning.history import History, make_history
from redraft.learning.import_records import Imported, import_records
from redraft.learning.import_rows import ForeignRating, Origin
from redraft.learning.import_scales import parse_scale
from redraft.learning.imported import UNKNOWN_ANSWER, UNKNOWN_PROMPT, is_imported
from redraft.records import Question

NOW = 1000.0
ASKED = question("How?")


def row(score: Any = 4.0, *, line: int = 2, **fields: Any) -> ForeignRating:
    given = {"question": "How?", "answer": "So.", "reviewer": "Ann", **fields}
    return ForeignRating(place=f"line {line}", score=score, **given)


def imported(*rows: ForeignRating, history: History | None = None, **fields: Any) -> Imported:
    origin = Origin(source="table", scale=parse_scale("1..5"), split="dev", now=NOW)
    return import_records(rows, history or History(), dataclasses.replace(origin, **fields))


def kept(history: History, made: Imported) -> History:
    return history.add([record for records in made.artifacts().values() for record in records])


def test_a_rating_comes_with_question_answer_variant_and_prompts() -> None:
    made = imported(row(comment="short", prompt="Be kind.", model="m"))
    history = kept(History(), made)
    ((rating, given),) = history.rated()
    assert (rating.score, rating.comment, rating.reviewer, rating.created) == (4, "short", "Ann", NOW)
    assert (given.text, history.questions[given.question_id].text) == ("So.", "How?")
    of = history.variant(given.variant_id)
    assert is_imported(of)
    assert (of.chat_model, of.endpoint, history.prompt(of.answer_prompt_id).text) == ("m", "import:table", "Be kind.")


def test_without_a_prompt_the_variant_says_that_it_is_not_known() -> None:
    (of,) = imported(row()).variants
    assert of.answer_prompt_id == UNKNOWN_PROMPT.id


def test_a_rating_of_a_prompt_alone_is_kept_without_an_answer() -> None:
    (given,) = imported(row(answer=None, prompt="Be kind.")).answers
    assert given.text == UNKNOWN_ANSWER


def test_what_is_imported_twice_adds_nothing() -> None:
    rows = [row(comment="a"), row(5.0, line=3, question="Why?")]
    history = kept(History(), imported(*rows))
    again = imported(*rows, history=history)
    assert again.artifacts() == {}
    assert (again.counts.known, again.counts.ratings) == (2, 0)


def test_a_longer_export_of_the_same_ratings_adds_only_what_is_new() -> None:
    history = kept(History(), imported(row()))
    more = imported(row(), row(1.0, line=3, reviewer="Ben"), history=history)
    assert [rating.reviewer for rating in more.ratings] == ["Ben"]
    assert (more.answers, more.questions, more.variants) == ((), (), ())


def test_a_changed_score_takes_the_place_of_the_earlier_one() -> None:
    history = kept(History(), imported(row(2.0), now=1.0))
    history = kept(history, imported(row(5.0), history=history, now=2.0))
    assert [rating.score for rating in history.ratings] == [5]


def test_rows_that_repeat_each_other_and_later_ratings_of_one_person_are_counted() -> None:
    made = imported(row(1.0), row(1.0, line=3), row(2.0, line=4), row(3.0, line=5, created=1.0))
    assert [rating.score for rating in made.ratings] == [2]  # the row with a date is the oldest
    counts = made.counts
    assert (counts.rows, counts.ratings, counts.repeated, counts.superseded) == (4, 1, 1, 2)


def test_rows_without_a_score_are_left_out_and_counted_with_their_comments() -> None:
    counts = imported(row(None), row(None, line=3, comment="lost")).counts
    assert (counts.without_score, counts.comments_lost, counts.ratings, counts.wrong) == (2, 1, 0, 0)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"question": None}, "line 2: no question"),
        ({"answer": None}, "line 2: neither an answer nor a prompt"),
        ({"reviewer": None}, "line 2: no reviewer; give --reviewer NAME"),
        ({"score": 6.0}, "line 2: score '6' is outside 1..5"),
        ({"score": "good"}, "line 2: score 'good' is outside 1..5"),
        ({"comment": "x" * 10_001}, "line 2: the comment has 10,001 characters"),
        ({"comment": "\ud800"}, "line 2: the comment has half a character"),
        ({"split": "test"}, "line 2: split must be dev or val, got 'test'"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_of_it_is_kept(fields: dict[str, Any], problem: str) -> None:
    made = imported(row(**fields))
    assert made.artifacts() == {}
    assert made.counts.wrong == 1
    assert made.problems[0].startswith(problem)


def test_reviewer_and_prompt_are_filled_in_where_a_row_has_none() -> None:
    made = imported(row(reviewer=None), row(line=3, prompt="Own."), reviewer="Team", prompt="Default.")
    assert sorted(rating.reviewer for rating in made.ratings) == ["Ann", "Team"]
    assert sorted(p.text for p in made.prompts if p.kind == "answer") == ["Default.", "Own."]


def test_nobody_rates_in_the_future() -> None:
    (rating,) = imported(row(created=NOW + 10**9)).ratings
    assert rating.created == NOW


def own(text: str = "So.", asked: Question = ASKED) -> History:
    given = answer(variant(), asked, text=text)
    return rated_history({}).add([asked, variant(), given])


def test_a_rating_of_an_answer_that_was_given_here_joins_it() -> None:
    made = imported(row(), history=own("So. \r\n"))
    assert (made.answers, made.variants, made.questions, made.joined) == ((), (), (), 1)
    assert made.ratings[0].answer_id == next(iter(own().answers))  # rows come without space around them


@pytest.mark.parametrize("fields", [{"prompt": "Another prompt."}, {"model": "another"}, {"variant": "v-other"}])
def test_the_same_words_of_another_prompt_model_or_variant_are_another_answer(fields: dict[str, Any]) -> None:
    made = imported(row(**fields), history=own())
    assert (len(made.answers), made.joined) == (1, 0)


@pytest.mark.parametrize("fields", [{"prompt": SEED.text}, {"model": "m"}, {"variant": variant().id}])
def test_what_a_row_says_of_prompt_and_model_may_agree(fields: dict[str, Any]) -> None:
    assert imported(row(**fields), history=own()).joined == 1


def test_a_rating_that_was_given_in_a_review_does_not_come_twice() -> None:
    history = rated_history({variant(): {ASKED: [3]}})
    (given,) = history.answers.values()
    made = imported(row(3.0, answer=given.text, reviewer="r0"), history=history)
    assert (made.ratings, made.counts.known) == ((), 1)


def test_a_known_question_keeps_its_split_and_a_new_one_gets_the_one_that_is_given() -> None:
    history = make_history([question("Why?", split="val")])
    made = imported(row(), row(line=3, question="Why?"), row(line=4, question="When?", split="val"), history=history)
    assert [q.text for q in made.known_questions] == ["Why?"]
    assert {q.text: q.split for q in made.questions} == {"How?": "dev", "When?": "val"}
    assert kept(history, made).questions[question("Why?").id].split == "val"


def test_questions_that_repeat_a_val_question_in_other_words_are_counted() -> None:
    history = make_history([question("How do I continue an iteration that was interrupted?", split="val")])
    made = imported(row(question="how do I continue an iteration that was interrupted"), history=history)
    assert made.near_val == 1
