"""The parts of the page Questions that need no page: the draft, its words, what was uploaded, the figures, the job."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from judged_project import QUESTIONS, SEED, history_of
from questions_on_page import asked

from redraft.errors import InputError, ModelUnavailable
from redraft.learning.question_set import Change, change_of
from redraft.records import Flag, Question, QuestionEdit
from redraft.review_app.questions.draft import Draft, added, draft_problems, retired, row_change
from redraft.review_app.questions.figures import Figures, figures_of
from redraft.review_app.questions.job import Job
from redraft.review_app.questions.uploaded import MAX_BYTES, read_upload
from redraft.review_app.questions.wording import (
    change_sentences,
    leak_warning,
    meanwhile_sentence,
    still_hidden,
    twin_warnings,
)

HOW, WHY, WHEN = asked("How?"), asked("Why?"), asked("When?", split="val")


def saved_by(author: str) -> QuestionEdit:
    return QuestionEdit(id=f"qe-{author}", kind="add", question=HOW, author=author)


def reworded(question: Question, text: str, **labels: object) -> Change:
    change = change_of(question, dataclasses.replace(question, text=text, **labels))
    assert change is not None
    return change


def test_a_row_that_is_back_as_it_was_is_no_change() -> None:
    assert row_change(HOW, HOW, retire=False) is None
    assert row_change(HOW, dataclasses.replace(HOW, text="How so?"), retire=True) == retired(HOW)


def test_what_is_taken_out_to_be_saved_is_saved_once_and_can_be_put_back() -> None:
    draft = Draft()
    draft.put(retired(HOW))
    taken = draft.take()
    assert (taken, draft.take()) == ((retired(HOW),), ())
    draft.put(retired(WHY))
    draft.put_back(taken)
    assert draft.changes == (retired(HOW), retired(WHY))


def test_changes_survive_what_others_save_and_what_was_saved_already_is_forgotten() -> None:
    draft = Draft()
    ann, ben = saved_by("Ann"), saved_by("Ben")
    assert draft.keep_up([HOW, WHY, WHEN], "qs-1", [ann]) is None  # the first look at the set
    to_val = reworded(HOW, "How?", split="val")
    other_text = reworded(WHY, "Why not?")
    for change in (to_val, other_text, added("Where?", HOW), retired(WHEN)):
        draft.put(change)
    before = draft.generation
    now = [dataclasses.replace(HOW, split="val"), asked("Why, oh why?", replaces=WHY.id), asked("Where?", note="n")]
    assert draft.keep_up(now, "qs-2", [ann, ben]) == ("Ben",)
    assert draft.generation > before
    kept = draft.changes
    assert kept[0] == other_text  # of a question that was reworded meanwhile: ours is the later one
    assert [change_sentences(change) for change in kept[1:]] == [("note: n → none",)]
    assert draft.keep_up(now, "qs-2", [ann, ben]) is None


def test_of_what_was_saved_meanwhile_only_other_people_are_named_and_a_changed_file_is() -> None:
    assert meanwhile_sentence(("Ann",), "Ann") == ""
    assert meanwhile_sentence(("Ann", "Ben", "Cid"), "Ann").startswith("Ben, Cid saved a new version")
    draft = Draft()
    draft.keep_up([HOW], "qs-1")
    assert meanwhile_sentence(draft.keep_up([WHY], "qs-2"), "Ann").startswith("The questions file was changed")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([reworded(HOW, " ")], "“How?” has no text any more; to stop asking it, retire it"),
        ([reworded(HOW, "Why?")], "“Why?” would be in the set twice"),
        ([added("Whose?", HOW), reworded(HOW, "Whose?")], "“Whose?” would be in the set twice"),
    ],
)
def test_what_cannot_be_saved_is_named(changes: list[Change], problem: str) -> None:
    assert draft_problems(changes, [HOW, WHY]) == (problem,)


def test_a_text_that_is_given_up_can_be_used_again() -> None:
    assert draft_problems([retired(WHY), reworded(HOW, "Why?")], [HOW, WHY]) == ()
    assert draft_problems([reworded(HOW, "Why?"), reworded(WHY, "How?")], [HOW, WHY]) == ()


def test_each_thing_that_changes_is_said() -> None:
    change = reworded(asked("How?", note="old"), "How so?", split="val", answerable=True, note="new")
    assert change_sentences(change) == (
        "becomes “How so?”: a new question, without ratings",
        "moves from dev to val",
        "answer in the docs: not known → yes",
        "note: old → new",
    )


def test_moving_a_question_out_of_val_says_that_it_stays_hidden() -> None:
    same, other = reworded(WHEN, "When?", split="dev"), reworded(WHEN, "When exactly?", split="dev")
    assert "stays hidden for good" in (leak_warning(same) or "")
    assert "will be shown to it" in (leak_warning(other) or "")
    assert leak_warning(reworded(HOW, "How?", split="val")) is None
    assert still_hidden([same.question, HOW], {WHEN.id: WHEN, HOW.id: HOW}) == (same.question,)


def test_nearly_the_same_questions_of_two_splits_are_a_leak() -> None:
    one, other = asked("How do I start a review?"), asked("how do I start a review", split="val")
    (warning,) = twin_warnings((one, other, HOW))
    assert warning.endswith("(val); what the writer sees of the one gives the other away")
    many = tuple(asked(f"How do I start a review{'?' * number}") for number in range(8))
    assert len(twin_warnings(many)) == 6
    assert twin_warnings(many)[-1] == "23 more pairs are nearly the same."


def test_figures_are_of_all_ratings_and_of_flags_that_still_stand() -> None:
    asked_first = QUESTIONS[0].id
    flags = [
        Flag(review_key="r-1", question_id=asked_first, reviewer="Ann", comment="no such thing", created=1.0),
        Flag(review_key="r-1", question_id=asked_first, reviewer="Ben", created=2.0),
        Flag(review_key="r-1", question_id=asked_first, reviewer="Ben", withdrawn=True, created=3.0),
        Flag(review_key="r-1", question_id="q-unrated", reviewer="Ann", created=4.0),
    ]
    history = history_of({SEED: 3}).add(flags)
    figures = figures_of(history)
    scores = [rating.score for rating in history.ratings_by_question()[asked_first]]
    assert figures[asked_first] == Figures(n_ratings=2, mean=sum(scores) / 2, flags=(flags[0],))
    assert figures["q-unrated"] == Figures(flags=(flags[3],))


def test_a_file_is_read_with_and_without_a_byte_order_mark() -> None:
    for data in (b"text,split\nHow?,val\n", b"\xef\xbb\xbftext,split\nHow?,val\n"):
        assert read_upload("q.CSV", data) == [asked("How?", split="val")]
    assert read_upload("q.jsonl", '{"text": "如何？"}'.encode()) == [asked("如何？")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("text\nHow?\n".encode("utf-16"), r"q.csv: UTF-16, expected UTF-8. Save it as UTF-8 \(Excel: CSV UTF-8\)"),
        (
            "text\nHow?\nZurück?\n".encode("cp1252"),
            r"q.csv: not UTF-8 \(line 3\), but Windows-1252, GB18030 or another",
        ),
        ("text\n如何开始评审？\n".encode("gb18030"), r"not UTF-8 \(line 2\), but Windows-1252, GB18030"),
        (b"x" * (MAX_BYTES + 1), "q.csv: 2.0 MB, at most 2 MB are read"),
        (b"text|split\nHow?|val\n", "unknown field 'text|split'; known fields: text, split"),
        (b"text,split\nHow?,test\n\nWhy?,dev,x\n", r"(?s)2 problems:.*line 2: .*'test'.*line 4: more cells"),
        (b"", "q.csv: no question in it"),
        (b"text\n\0\n\xff", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_taken_over_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_upload("q.csv", data)


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        read_upload("q.jsonl", b"[" * 200_000)


def test_a_job_counts_while_it_runs_and_keeps_its_result() -> None:
    go_on = threading.Event()

    def work(count: object) -> str:
        count(1)  # type: ignore[operator]
        go_on.wait(10)
        return "done"

    job = Job(work, total=2)
    assert job.running
    go_on.set()
    job.wait(10)
    assert (job.running, job.result, job.error, job.n_done) == (False, "done", None, 1)


def test_a_job_that_fails_says_why_in_one_message() -> None:
    def work(_count: object) -> None:
        raise ModelUnavailable("nothing answers")

    job = Job(work, total=1)
    job.wait(10)
    assert (job.running, job.result) == (False, None)
    assert "nothing answers" in (job.error or "")
