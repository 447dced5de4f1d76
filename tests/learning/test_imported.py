"""Ratings from elsewhere inform the prompt writer and change nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from made_records import (
    EXTRACT,
    SEED,
    answer,
    decision,
    question,
    questions,
    rated_history,
    rating,
    review,
    variant,
    writing,
)

from redraft.errors import InputError
from redraft.learning.anchors import review_keys
from redraft.learning.candidates import check
from redraft.learning.choices import find_judged
from redraft.learning.dev_view import dev_view
from redraft.learning.hard_checks import HARD_CHECKS
from redraft.learning.history import History, current_variant, make_history
from redraft.learning.imported import (
    UNKNOWN_ANSWER,
    UNKNOWN_EXTRACT,
    UNKNOWN_PROMPT,
    imported_scores,
    own_part,
)
from redraft.learning.labels import labels
from redraft.learning.meta_prompt import Variation, answers_to_show, build_meta_prompt
from redraft.learning.parent import best_expected_parent
from redraft.learning.plan import questions_to_ask
from redraft.learning.reviewers import drift_of
from redraft.learning.rivals import choose_rival
from redraft.learning.score import score_variants
from redraft.learning.themes import MAX_COMMENTS, comments_on
from redraft.records import Candidate, Prompt, Question, Variant, make_prompt, make_variant

SEED_VARIANT = variant()
BETTER = variant(make_prompt("answer", "Be short."))
ASKED = questions(4, 2)
KNOWN = make_prompt("answer", "Answer kindly, in three sentences, and name the page.")
KEY = "import:table"


def strange(prompt: Prompt = KNOWN, model: str = "unknown") -> Variant:
    return make_variant(
        answer_prompt_id=prompt.id,
        extract_prompt_id=UNKNOWN_EXTRACT.id,
        chat_model=model,
        endpoint=KEY,
        sampling="{}",
        retrieval="{}",
        embedder="unknown",
    )


def imported(
    asked: Question, score: int, comment: str | None = None, *, of: Variant | None = None, **fields: Any
) -> list[Any]:
    """The records of one rated answer from elsewhere."""
    of = of or strange()
    given = answer(of, asked, **fields)
    said = rating(given, score, reviewer="else", comment=comment, review_key=KEY, created=99.0)
    return [KNOWN, UNKNOWN_PROMPT, UNKNOWN_EXTRACT, of, asked, given, said]


@pytest.fixture
def own() -> History:
    """What people judged here."""
    scores = {SEED_VARIANT: {q: [2, 3] for q in ASKED}, BETTER: {q: [4, 5] for q in ASKED}}
    return rated_history(scores).add([make_prompt("answer", "Be short.")])


@pytest.fixture
def mixed(own: History) -> History:
    """The same, with ratings from elsewhere that are better than any here, of the same and of other questions."""
    rows = [record for q in (*ASKED, *questions(9)) for record in imported(q, 5, "Very good.")]
    return own.add(rows)


def board_of(history: History) -> Any:
    return score_variants(history, current_id=SEED_VARIANT.id, interval=0.9)


def test_scores_and_comparisons_of_this_project_are_the_same_with_and_without_an_import(
    own: History, mixed: History
) -> None:
    alone, board = board_of(own), board_of(mixed)
    assert board.scores == alone.scores
    assert board.comparisons == alone.comparisons
    assert (board.reviewers, board.alpha) == (alone.reviewers, alone.alpha)


def test_an_imported_variant_is_no_parent_and_no_rival_and_cannot_be_chosen(mixed: History) -> None:
    board = board_of(mixed)
    assert best_expected_parent(mixed, board, current=SEED_VARIANT, seed=1) == BETTER
    rival = choose_rival(mixed, board, SEED_VARIANT)
    assert rival is None or rival.id != strange().id
    assert set(labels(mixed)) == {SEED_VARIANT.id, BETTER.id}
    assert current_variant(mixed, SEED_VARIANT) == SEED_VARIANT
    with pytest.raises(InputError, match="no judged variant"):
        find_judged(mixed, strange().id)


def test_an_import_is_no_review_and_changes_no_plan(own: History, mixed: History) -> None:
    brief = review(ASKED, SEED_VARIANT, BETTER)
    assert review_keys(mixed) == review_keys(own)
    assert questions_to_ask(mixed, brief) == questions_to_ask(own, brief)


def test_a_rating_seen_elsewhere_is_no_drift_of_its_reviewer(own: History) -> None:
    again = [
        rating(of, 5, reviewer="r0", review_key=KEY, created=9.0)
        for of in own.answers.values()
        if of.variant_id == SEED_VARIANT.id
    ]
    assert drift_of(own.add(again))[3] == 0
    assert drift_of(own.add([*again, *(rating(of, 5, reviewer="r0", review_key="r-2", created=9.0)
                                       for of in own.answers.values())]))[3] > 0  # fmt: skip


def test_a_rating_from_elsewhere_of_an_answer_given_here_counts_like_any(own: History) -> None:
    given = next(a for a in own.answers.values() if a.variant_id == SEED_VARIANT.id)
    history = own.add([rating(given, 5, reviewer="else", review_key=KEY)])
    assert board_of(history).of(SEED_VARIANT.id).n_ratings == board_of(own).of(SEED_VARIANT.id).n_ratings + 1


def test_without_imports_the_history_is_left_as_it_is(own: History) -> None:
    assert own_part(own) is own
    assert imported_scores(own, interval=0.9) == ()


def test_an_imported_score_is_the_mean_over_questions_with_an_interval_that_narrows() -> None:
    few = make_history([record for q, s in zip(questions(2), (2, 4), strict=True) for record in imported(q, s)])
    many = make_history([record for q in questions(40) for record in imported(q, 3)])
    (one,), (other,) = imported_scores(few, interval=0.9), imported_scores(many, interval=0.9)
    assert (one.mean, one.n_ratings, other.mean, other.n_ratings) == (3.0, 2, 3.0, 40)
    assert one.low is not None
    assert other.low is not None
    assert 1.0 <= one.low < other.low < 3.0


def meta_prompt(history: History) -> str:
    dev = dev_view(history, ASKED)
    scores = (*board_of(dev).scores, *imported_scores(dev, interval=0.9))
    brief = writing(history, ASKED, scores=scores)
    return build_meta_prompt(brief, dev, Variation(number=0, of=1, themes=(), temperature=0.0, seed=1)).user


def test_the_writer_sees_a_known_imported_prompt_with_its_score_and_its_worst_answers() -> None:
    rows = [r for q in questions(3) for r in imported(q, 1, "Names no page.")]
    text = meta_prompt(make_history([EXTRACT, SEED, SEED_VARIANT, *rows]))
    assert f'<prompt score="1.0" ratings="3">{KNOWN.text}</prompt>' in text
    assert "Names no page." in text


def test_the_writer_sees_neither_prompt_nor_answers_where_the_prompt_is_not_known() -> None:
    nameless = strange(UNKNOWN_PROMPT)
    rows = [r for q in questions(3) for r in imported(q, 1, "Names no page.", of=nameless, text="A nameless answer.")]
    history = make_history([EXTRACT, SEED, SEED_VARIANT, *rows])
    text = meta_prompt(history)
    assert "not known" not in text
    assert "A nameless answer." not in text
    assert imported_scores(history, interval=0.9) == ()
    assert [c.comment for c in comments_on(dev_view(history, ASKED), SEED_VARIANT.id)] == ["Names no page."] * 3


def test_an_answer_whose_text_is_not_known_is_not_shown() -> None:
    history = make_history([EXTRACT, SEED, SEED_VARIANT, *imported(question("q?"), 1, text=UNKNOWN_ANSWER)])
    assert answers_to_show(writing(history), dev_view(history, ())) == []


def test_answers_from_elsewhere_are_shown_only_where_there_is_room(mixed: History) -> None:
    shown = answers_to_show(writing(mixed, ASKED), dev_view(mixed, ASKED))
    assert {given.variant_id for given, _ in shown} == {SEED_VARIANT.id, BETTER.id}


def test_comments_from_elsewhere_are_the_first_to_be_left_out() -> None:
    rows = [record for q in questions(MAX_COMMENTS) for record in imported(q, 2, "Elsewhere.")]
    mine = answer(BETTER, question("mine?"))
    history = make_history([BETTER, question("mine?"), mine, rating(mine, 2, comment="Here.", created=1.0), *rows])
    comments = [given.comment for given in comments_on(dev_view(history, ()), SEED_VARIANT.id)]
    assert (len(comments), comments[-1]) == (MAX_COMMENTS, "Here.")


VAL = question("How do I continue an iteration that was interrupted by a crash?", split="val")


@pytest.mark.parametrize(
    "rows",
    [
        imported(question("how do I continue an iteration that was interrupted by a crash"), 1, "SECRET"),
        imported(question("q?"), 1, "SECRET", text=f"You ask: {VAL.text} Like this."),
        imported(VAL, 1, "SECRET"),
    ],
    ids=["nearly the same question", "an answer that repeats it", "the same question"],
)
def test_what_is_imported_of_a_val_question_is_hidden_from_the_writer(rows: list[Any]) -> None:
    history = make_history([EXTRACT, SEED, SEED_VARIANT, VAL, *rows])
    dev = dev_view(history, [VAL])
    assert (dev.answers, dev.ratings) == ({}, ())


def test_an_imported_prompt_that_repeats_a_val_question_is_hidden_from_the_writer() -> None:
    telling = make_prompt("answer", f"Example: {VAL.text}")
    history = make_history([VAL, telling, *imported(question("q?"), 5, of=strange(telling))])
    assert telling.id not in dev_view(history, ()).prompts
    assert KNOWN.id in dev_view(history, ()).prompts


def test_the_writer_may_propose_an_imported_prompt_but_not_its_addresses() -> None:
    telling = make_prompt("answer", "Answer kindly. Always name https://elsewhere.example/help in the answer.")
    rows = [*imported(question("q?"), 5), telling, *imported(question("p?"), 5, of=strange(telling))]
    brief = writing(make_history([EXTRACT, SEED, SEED_VARIANT, *rows]))
    accepted, refused = (
        check(Candidate(prompt=prompt, accepted=True), brief, HARD_CHECKS) for prompt in (KNOWN, telling)
    )
    assert accepted.accepted
    assert not refused.accepted


def test_a_decision_cannot_make_an_imported_variant_current_by_its_score(mixed: History) -> None:
    history = mixed.add([decision("promote", BETTER.id, 1.0, SEED_VARIANT.id)])
    assert strange().id not in labels(history)
