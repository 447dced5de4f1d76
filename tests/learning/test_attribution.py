from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import pytest
from made_records import EXTRACT, SEED, answer, questions, rating, variant
from scipy.special import stdtrit

from redraft.learning.attribution import ENTANGLED, attribute_edits
from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.edits import (
    NO_COMMENTS,
    NO_PAIR,
    NO_THEME,
    NOT_ALONE,
    NOT_RATED,
    ONE_SIDED,
    OTHER_PARENT,
    OTHER_SETTINGS,
)
from redraft.learning.history import History, derive_variant, make_history
from redraft.records import (
    EditEffect,
    Prompt,
    PromptEdit,
    PromptKind,
    Question,
    Rating,
    Theme,
    Variant,
    content_id,
    make_prompt,
)

ASKED = questions(6)
PARENT = variant()
FREE_QUESTIONS = dataclasses.replace(DEFAULTS, question=1000.0)  # nothing is known of questions: pairs are compared


def theme(name: str, comments: Sequence[Rating]) -> Theme:
    return Theme(id=content_id("t", name), text=name, comment_ids=tuple(sorted(c.id for c in comments)))


def child(*edits: tuple[Theme | None, str], parent: Variant = PARENT, kind: PromptKind = "answer") -> list[Any]:
    """Make a prompt with edits, a variant of it, and the themes."""
    written = tuple(PromptEdit(theme_id=t.id if t else None, sentence=sentence) for t, sentence in edits)
    prompt = make_prompt(kind, f"{kind} {[sentence for _, sentence in edits]}", edits=written)
    answer_id = prompt.id if kind == "answer" else parent.answer_prompt_id
    extract_id = prompt.id if kind == "extract" else parent.extract_prompt_id
    made = derive_variant(parent, answer_id, extract_id, parent_id=parent.id)
    return [prompt, made, *(t for t, _ in edits if t)]


def rated(
    of: Variant, scores: dict[Question, int], *, created: float = 1.0, reviewer: str = "ann", sample: int = 0
) -> tuple[list[Any], list[Rating]]:
    """Return answers with their ratings, and the ratings alone."""
    records: list[Any] = []
    ratings = []
    for question, score in scores.items():
        given = answer(of, question, sample=sample)
        ratings.append(rating(given, score, created=created, reviewer=reviewer, review_key=f"r-{created}"))
        records += [question, given, ratings[-1]]
    return records, ratings


def variant_of(records: Sequence[Any]) -> Variant:
    return next(record for record in records if isinstance(record, Variant))


def effects_of(
    *records: Sequence[Any], deviations: Deviations = DEFAULTS, interval: float = 0.9, **fields: Any
) -> list[EditEffect]:
    history = make_history([EXTRACT, SEED, PARENT, *(record for group in records for record in group)])
    return list(attribute_edits(history, deviations=deviations, interval=interval, **fields))


def figures(effect: EditEffect) -> tuple[float, float, float]:
    assert effect.difference is not None
    assert effect.low is not None
    assert effect.high is not None
    return effect.difference, effect.low, effect.high


def test_with_unknown_questions_the_change_is_the_mean_of_pairs_as_a_hand_computes() -> None:
    before, comments = rated(PARENT, dict(zip(ASKED[:4], [2, 3, 2, 4], strict=True)))
    new = child((theme("cite", comments), "Cite."))
    after, _ = rated(variant_of(new), dict(zip(ASKED[:4], [4, 3, 4, 5], strict=True)), created=2.0)

    [effect] = effects_of(before, new, after, deviations=FREE_QUESTIONS)

    # differences 2, 0, 2, 1: mean 1.25, squares 2.75. One has variance 2 (.45^2 + .70^2), their mean a quarter of it;
    # a free effect keeps the prior N(0, 4^2). Eight ratings and four that the guess counts as, less two fitted.
    one = 2 * (0.45**2 + 0.70**2)
    weight = 16 / (16 + one / 4)
    squares = 2.75 / one + 1.25**2 / (16 + one / 4)
    df = 4 + 8 - 1 - weight
    half = stdtrit(df, 0.95) * math.sqrt((4 + squares) / df * weight * one / 4)
    assert figures(effect) == pytest.approx((1.25 * weight, 1.25 * weight - half, 1.25 * weight + half), abs=2e-3)
    assert (effect.n_ratings, effect.note) == (8, "")


def test_a_low_rating_that_is_followed_by_an_ordinary_one_is_no_progress() -> None:
    """The complaint that led to the edit is one low rating among ordinary ones: regression to the mean."""
    before, comments = rated(PARENT, dict(zip(ASKED, [1, 3, 3, 3, 3, 3], strict=True)))
    new = child((theme("cite", comments[:1]), "Cite."))
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED, 3), created=2.0)

    [effect] = effects_of(before, new, after)
    [pairs_alone] = effects_of(before, new, after, deviations=FREE_QUESTIONS)

    assert figures(pairs_alone)[0] > 1.7  # 3 - 1, less what the weak prior takes
    assert 0 < figures(effect)[0] < 0.7 * figures(pairs_alone)[0]
    assert figures(effect)[1] < 0


def test_a_large_change_on_its_own_questions_only_is_seen() -> None:
    before, comments = rated(PARENT, dict(zip(ASKED, [1, 1, 1, 4, 4, 4], strict=True)))
    before_too, _ = rated(PARENT, dict(zip(ASKED, [1, 2, 1, 4, 3, 4], strict=True)), reviewer="ben")
    helped, nothing = theme("cite", comments[:3]), theme("short", comments[3:])
    new = child((helped, "Cite."), (nothing, "Be short."))
    after, _ = rated(variant_of(new), dict(zip(ASKED, [4, 5, 4, 4, 4, 4], strict=True)), created=2.0)

    first, second = effects_of(before, before_too, new, after)

    assert figures(first)[1] > 0
    assert figures(second)[1] < 0 < figures(second)[2]
    assert first.question_ids == tuple(sorted(q.id for q in ASKED[:3]))
    assert (first.sentence, first.theme_id, first.n_ratings) == ("Cite.", helped.id, 9)
    assert (first.variant_id, first.parent_id) == (variant_of(new).id, PARENT.id)


def test_edits_of_the_same_questions_get_one_figure_and_a_note() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    new = child((theme("cite", comments[:3]), "Cite."), (theme("quote", comments[:3]), "Quote."))
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED, 4), created=2.0)

    first, second = effects_of(before, new, after)

    assert figures(first) == figures(second)
    assert first.note == second.note == "one figure for 2 edits together: they touched the same questions"


def test_overlapping_edits_are_told_apart_but_know_less_than_one_alone() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    alone = child((theme("cite", comments[:3]), "Cite."))
    both = child((theme("cite", comments[:3]), "Cite."), (theme("short", comments[2:5]), "Be short."))

    [single] = effects_of(before, alone, rated(variant_of(alone), dict.fromkeys(ASKED, 4), created=2.0)[0])
    first, second = effects_of(before, both, rated(variant_of(both), dict.fromkeys(ASKED, 4), created=2.0)[0])

    assert (first.note, second.note) == ("", "")
    assert figures(first)[2] - figures(first)[1] > figures(single)[2] - figures(single)[1]


def test_an_edit_on_the_questions_of_two_others_together_has_no_figure() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    new = child(
        (theme("all", comments[:4]), "All."),
        (theme("one", comments[:2]), "One."),
        (theme("two", comments[2:4]), "Two."),
        (theme("apart", comments[4:]), "Apart."),
    )
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED, 4), created=2.0)

    effects = {effect.sentence: effect for effect in effects_of(before, new, after)}

    assert [effects[name].note for name in ("All.", "One.", "Two.")] == [ENTANGLED] * 3
    assert [effects[name].difference for name in ("All.", "One.", "Two.")] == [None] * 3
    assert figures(effects["Apart."])[0] > 0


def test_an_edit_without_a_theme_is_judged_on_all_questions_rated_on_both_sides() -> None:
    before, _ = rated(PARENT, dict.fromkeys(ASKED[:4], 2))
    new = child((None, "Be kind."))
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED[2:], 4), created=2.0)

    [effect] = effects_of(before, new, after)

    assert effect.question_ids == tuple(sorted(q.id for q in ASKED[2:4]))
    assert (effect.note, effect.n_ratings) == (NO_THEME, 4)


def test_a_sentence_without_a_theme_takes_nothing_away_from_one_that_has_questions_of_its_own() -> None:
    """The theme's two questions rise by 2, the others by 1: that is what they did, not 1 more than the others."""
    first, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    cited = theme("cite", comments[:2])
    then = dict.fromkeys(ASKED, 3) | dict.fromkeys(ASKED[:2], 4)
    with_it, without = (child((cited, "Cite."), *more) for more in ([(None, "Be kind.")], []))
    both = effects_of(first, with_it, rated(variant_of(with_it), then, created=2.0)[0], deviations=FREE_QUESTIONS)
    alone = effects_of(first, without, rated(variant_of(without), then, created=2.0)[0], deviations=FREE_QUESTIONS)

    own, whole = sorted(both, key=lambda effect: effect.sentence, reverse=True)
    assert figures(own) == pytest.approx(figures(alone[0]))
    assert own.difference == pytest.approx(2.0, abs=0.2)
    assert own.note == ""
    assert whole.difference == pytest.approx((2 * 2 + 4 * 1) / 6, abs=0.2)
    assert whole.note == f"{NO_THEME}, {NOT_ALONE}"
    assert set(whole.question_ids) == {question.id for question in ASKED}


def test_sentences_without_themes_share_the_figure_of_the_whole_rewrite() -> None:
    made = child((None, "Be kind."), (None, "Be short."))
    before, after = rated(PARENT, dict.fromkeys(ASKED, 2))[0], rated(variant_of(made), dict.fromkeys(ASKED, 3))[0]

    one, other = effects_of(before, made, after, deviations=FREE_QUESTIONS)

    assert figures(one) == figures(other)
    assert one.difference == pytest.approx(1.0, abs=0.1)
    assert one.note == other.note == f"{NO_THEME}, {NOT_ALONE}"


def test_a_theme_whose_questions_were_rated_on_one_side_only_is_judged_on_all_shared_questions() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED[:4], 2))
    new = child((theme("cite", comments[:1]), "Cite."))
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED[2:], 4), created=2.0)

    [effect] = effects_of(before, new, after)

    assert (effect.question_ids, effect.note) == (tuple(sorted(q.id for q in ASKED[2:4])), ONE_SIDED)


def test_complaints_about_an_ancestor_count() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    middle = child((None, "Be kind."))
    middle_rated, _ = rated(variant_of(middle), dict.fromkeys(ASKED, 3), created=2.0)
    new = child((theme("cite", comments[:2]), "Cite."), parent=variant_of(middle))
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED, 4), created=3.0)

    [effect] = effects_of(before, middle, middle_rated, new, after, variant_ids=[variant_of(new).id])

    assert (effect.question_ids, effect.parent_id) == (tuple(sorted(q.id for q in ASKED[:2])), variant_of(middle).id)


def test_comments_on_the_variant_itself_or_made_later_led_to_no_edit_of_it() -> None:
    """A theme comes back under its id when people complain again: those comments came after the edit."""
    before, _ = rated(PARENT, dict.fromkeys(ASKED, 2))
    later, later_comments = rated(PARENT, {ASKED[0]: 1}, created=3.0, sample=1)
    named = child((Theme(id="t-1", text="cite", comment_ids=()), "Cite."))
    after, own_comments = rated(variant_of(named), dict.fromkeys(ASKED, 4), created=2.0)
    again = [Theme(id="t-1", text="cite", comment_ids=(later_comments[0].id, own_comments[1].id))]

    [effect] = effects_of(before, later, named, after, again)

    assert (effect.note, len(effect.question_ids)) == (NO_COMMENTS, len(ASKED))


def test_a_sentence_that_answers_two_themes_is_one_edit() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    new = child((theme("cite", comments[:2]), "Cite."), (theme("quote", comments[2:4]), "Cite."))
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED, 4), created=2.0)

    first, second = effects_of(before, new, after)

    assert first.question_ids == second.question_ids == tuple(sorted(q.id for q in ASKED[:4]))
    assert figures(first) == figures(second)


def test_edits_of_the_extract_prompt_are_looked_at_too() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    new = child((theme("copy", comments[:2]), "Copy code."), kind="extract")
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED, 4), created=2.0)

    [effect] = effects_of(before, new, after)

    assert effect.sentence == "Copy code."
    assert figures(effect)[0] > 0


@pytest.mark.parametrize(("asked_of_child", "note"), [((), NOT_RATED), (ASKED[3:], NO_PAIR)])
def test_without_a_shared_question_there_is_no_figure_and_the_note_says_why(
    asked_of_child: Sequence[Question], note: str
) -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED[:3], 2))
    new = child((theme("cite", comments), "Cite."))
    after, _ = rated(variant_of(new), dict.fromkeys(asked_of_child, 4), created=2.0)

    [effect] = effects_of(before, new, after)

    assert (effect.difference, effect.low, effect.high) == (None, None, None)
    assert (effect.question_ids, effect.n_ratings, effect.note) == ((), 0, note)


def test_an_edit_that_came_with_another_model_has_no_figure() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    new = child((theme("cite", comments), "Cite."))
    moved = dataclasses.replace(variant_of(new), id="v-moved", chat_model="another")
    after, _ = rated(moved, dict.fromkeys(ASKED, 4), created=2.0)

    effects = effects_of(before, [r for r in new if not isinstance(r, Variant)], [moved], after)

    assert [(effect.difference, effect.note) for effect in effects] == [(None, OTHER_SETTINGS)]


def test_an_edit_of_another_prompt_than_the_parents_has_no_figure() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    prompt, made, themed = child((theme("cite", comments), "Cite."))
    assert isinstance(prompt, Prompt)
    strange = dataclasses.replace(prompt, parent_ids=("p-elsewhere",))
    after, _ = rated(made, dict.fromkeys(ASKED, 4), created=2.0)

    effects = effects_of(before, [strange, made, themed], after)

    assert [(effect.difference, effect.note) for effect in effects] == [(None, OTHER_PARENT)]


@pytest.mark.parametrize("score", [1, 3, 5])
def test_equal_ratings_of_one_question_by_one_reviewer_tell_of_no_change_but_not_for_certain(score: int) -> None:
    before, comments = rated(PARENT, {ASKED[0]: score})
    new = child((theme("cite", comments), "Cite."))
    after, _ = rated(variant_of(new), {ASKED[0]: score}, created=2.0)

    [effect] = effects_of(before, new, after)

    difference, low, high = figures(effect)
    assert difference == pytest.approx(0, abs=0.02)
    assert low < -0.5
    assert high > 0.5


def test_no_figure_is_larger_than_the_scale() -> None:
    before, comments = rated(PARENT, {ASKED[0]: 1})
    new = child((theme("cite", comments), "Cite."))
    after, _ = rated(variant_of(new), {ASKED[0]: 5}, created=2.0)

    [effect] = effects_of(before, new, after, interval=0.999)

    assert figures(effect)[1:] == (-4.0, 4.0)


def test_only_the_asked_variants_are_reported_but_all_ratings_are_used() -> None:
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    one, other = child((theme("cite", comments[:2]), "Cite.")), child((theme("short", comments[2:]), "Be short."))
    after_one, _ = rated(variant_of(one), dict.fromkeys(ASKED, 4), created=2.0)
    after_other, _ = rated(variant_of(other), dict.fromkeys(ASKED, 3), created=2.0)
    records = (before, one, other, after_one, after_other)

    every = effects_of(*records)
    asked = effects_of(*records, variant_ids=[variant_of(other).id, "v-unknown", PARENT.id])

    assert len(every) == 2
    assert asked == [effect for effect in every if effect.variant_id == variant_of(other).id]


def test_the_order_of_the_records_does_not_matter() -> None:
    before, comments = rated(PARENT, dict(zip(ASKED, [1, 2, 3, 2, 3, 4], strict=True)))
    new = child((theme("cite", comments[:2]), "Cite."), (theme("short", comments[1:4]), "Be short."))
    after, _ = rated(variant_of(new), dict(zip(ASKED, [3, 3, 2, 4, 3, 4], strict=True)), created=2.0)

    assert effects_of(before, new, after) == effects_of(after[::-1], new[::-1], before[::-1])


def test_without_records_or_ratings_there_is_nothing_to_say() -> None:
    assert attribute_edits(History(), deviations=DEFAULTS, interval=0.9) == ()
    assert [effect.note for effect in effects_of(child((None, "Be kind.")))] == [NOT_RATED]


def test_a_variant_that_is_its_own_ancestor_is_borne() -> None:
    """Two origins of one variant can make a circle out of records that were edited by hand."""
    before, comments = rated(PARENT, dict.fromkeys(ASKED, 2))
    new = child((theme("cite", comments[:2]), "Cite."))
    circle = dataclasses.replace(PARENT, parent_id=variant_of(new).id)
    after, _ = rated(variant_of(new), dict.fromkeys(ASKED, 4), created=2.0)
    history = make_history([EXTRACT, SEED, circle, *before, *new, *after])

    [effect] = attribute_edits(history, deviations=DEFAULTS, interval=0.9)

    assert figures(effect)[0] > 0
