"""What changed between two variants, and which comments asked for it."""

from __future__ import annotations

from made_records import EXTRACT, SEED, variant

from redraft.learning.history import History, make_history
from redraft.learning.prompt_diff import DiffLine, prompt_diff
from redraft.records import EditEffect, Prompt, PromptEdit, Theme, Variant, make_prompt, make_variant

LONG = Theme(id="t-1", text="too long", comment_ids=("c-1", "c-2"))
LONG_AGAIN = Theme(id="t-1", text="too long", comment_ids=("c-2", "c-3"))


def child(text: str, *edits: PromptEdit, of: Variant) -> tuple[Prompt, Variant]:
    prompt = make_prompt("answer", text, edits=edits)
    return prompt, variant(prompt, parent_id=of.id)


def short(history: History, *variants: Variant, effects: tuple[EditEffect, ...] = ()) -> list[tuple[str, str]]:
    return [(line.mark, line.sentence) for line in prompt_diff(history, *variants, effects)]


PARENT = variant()
B_PROMPT, B = child("Please explain. Be short.", PromptEdit(theme_id="t-1", sentence="Be short."), of=PARENT)
C_PROMPT, C = child("Be short. Cite the page.", PromptEdit(theme_id=None, sentence="Cite the page."), of=B)
HISTORY = make_history([SEED, EXTRACT, PARENT, B_PROMPT, B, C_PROMPT, C, LONG, LONG_AGAIN])


def test_sentences_are_kept_gained_and_lost() -> None:
    assert short(HISTORY, B, C) == [("-", "Please explain."), (" ", "Be short."), ("+", "Cite the page.")]


def test_the_same_prompts_have_no_difference() -> None:
    assert prompt_diff(HISTORY, B, B) == ()


def test_a_sentence_names_its_theme_with_each_comment_counted_once() -> None:
    gained = next(line for line in prompt_diff(HISTORY, PARENT, B) if line.mark == "+")
    assert (gained.sentence, gained.theme, gained.n_comments) == ("Be short.", "too long", 3)


def test_a_sentence_of_an_ancestor_is_explained_by_the_ancestors_edit() -> None:
    lines = prompt_diff(HISTORY, PARENT, C)
    assert [line.theme for line in lines if line.sentence == "Be short."] == ["too long"]


def test_a_sentence_that_no_edit_claims_is_shown_without_a_theme() -> None:
    lines = [line for line in prompt_diff(HISTORY, C, B) if line.mark == "+"]
    assert lines == [DiffLine(kind="answer", mark="+", sentence="Please explain.")]


def test_the_effect_shown_is_that_of_the_variant_that_made_the_edit() -> None:
    def effect(variant_id: str) -> EditEffect:
        return EditEffect(
            variant_id=variant_id,
            parent_id="p",
            theme_id="t-1",
            sentence="Be short.",
            question_ids=(),
            difference=None,
            low=None,
            high=None,
            n_ratings=0,
        )

    lines = prompt_diff(HISTORY, PARENT, C, (effect(C.id), effect(B.id)))
    assert [line.effect and line.effect.variant_id for line in lines if line.sentence == "Be short."] == [B.id]


def test_a_change_of_the_extract_prompt_is_shown_as_such() -> None:
    copied = make_prompt("extract", "Copy whole sentences.")
    other = make_variant(
        answer_prompt_id=SEED.id,
        extract_prompt_id=copied.id,
        parent_id=PARENT.id,
        **{name: getattr(PARENT, name) for name in ("chat_model", "endpoint", "sampling", "retrieval", "embedder")},
    )
    lines = prompt_diff(HISTORY.add([copied, other]), PARENT, other)
    assert {line.kind for line in lines} == {"extract"}


def test_variants_that_are_each_others_parents_do_not_hang() -> None:
    loop_b, loop_c = variant(B_PROMPT, parent_id=C.id), variant(C_PROMPT, parent_id=B.id)
    history = make_history([SEED, EXTRACT, B_PROMPT, C_PROMPT, loop_b, loop_c])
    assert len(prompt_diff(history, loop_b, loop_c)) == 3
