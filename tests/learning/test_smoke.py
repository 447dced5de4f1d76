from __future__ import annotations

from made_records import answer, question, questions

from redraft.learning.smoke import smoke_questions, smoke_reasons
from redraft.records import Answer, Checks

ASKED = question("how?")


def given(**checks: object) -> list[Answer]:
    return [answer("v", ASKED, checks=Checks(**checks))]


def test_only_what_the_parent_did_better_is_a_reason() -> None:
    assert len(smoke_reasons(given(citations_valid=0.5), given(citations_valid=1.0))) == 1
    assert smoke_reasons(given(citations_valid=0.5), given(citations_valid=0.5)) == ()
    assert smoke_reasons(given(citations_valid=0.5), given(citations_valid=None)) == ()
    assert len(smoke_reasons(given(quotes_found=0.5), given(quotes_found=1.0))) == 1
    assert len(smoke_reasons(given(sources_cited=False), given(sources_cited=True))) == 1


def test_a_refusal_that_got_wrong_is_a_reason_in_both_directions() -> None:
    right = given(refused=True, refusal_right=True)

    assert smoke_reasons(given(refused=False, refusal_right=False), right) == (
        f"does not refuse question {ASKED.id}; the parent is right",
    )
    assert "refuses" in smoke_reasons(
        given(refused=True, refusal_right=False), given(refused=False, refusal_right=True)
    )[0]  # fmt: skip
    assert smoke_reasons(right, given(refused=False, refusal_right=False)) == ()


def test_a_refusal_needs_no_citation() -> None:
    assert smoke_reasons(given(sources_cited=False, refused=True), given(sources_cited=True)) == ()


def test_failed_calls_say_nothing_of_a_prompt() -> None:
    failed = [answer("v", ASKED, error="timeout")]

    assert smoke_reasons(failed, given(citations_valid=1.0)) == ()
    assert smoke_reasons(given(citations_valid=0.0), failed) == ()


def test_an_empty_answer_is_a_reason_where_the_parent_has_one() -> None:
    assert smoke_reasons([answer("v", ASKED, text=" ")], given()) == (
        f"no answer to question {ASKED.id}; the parent has one",
    )


def test_val_questions_are_never_tried_and_an_unanswerable_one_always() -> None:
    unanswerable = question("no such thing?", answerable=False)
    asked = [*questions(5, 5), unanswerable]

    for seed in range(10):
        tried = smoke_questions(asked, 2, seed=seed)
        assert unanswerable in tried
        assert all(each.split == "dev" for each in tried)
    assert smoke_questions(asked, 0, seed=1) == ()
    assert smoke_questions([], 2, seed=1) == ()
