"""Two prompts side by side: what changed, sentence by sentence, which comments asked for it, and whether it helped."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from redraft.learning.choices import evidence_between, evidence_words
from redraft.learning.design import letters_of
from redraft.learning.edit_words import effect_words
from redraft.learning.history import settings_of
from redraft.learning.labels import standing
from redraft.learning.prompt_diff import DiffLine, prompt_diff
from redraft.learning.words import counted
from redraft.records import Rating, Variant
from redraft.review_app.history.past import NOTHING_RATED, Past, board_of, effects_of
from redraft.review_app.safe_text import plain

TEXT_WIDTH = 800  # px
SHOWN_COMMENTS = 20  # of a theme
COLOURS = {"+": "green", "-": "red"}
SETTINGS = {
    "chat_model": "model",
    "endpoint": "endpoint",
    "sampling": "sampling",
    "retrieval": "retrieval",
    "embedder": "embedding model",
}


def show(past: Past) -> None:
    """Draw the section."""
    known = [variant_id for variant_id in _known(past) if variant_id in past.history.variants]
    if not known:
        st.info(NOTHING_RATED)
        return
    if len(known) == 1:
        st.info("There is one prompt so far: the next iteration writes another one to compare it with.")
        return
    before, after = _chosen(past, known)
    if before == after:
        st.info("These are the same prompts: choose two.")
        return
    old, new = past.history.variant(before), past.history.variant(after)
    _scores(past, old, new)
    _settings(old, new)
    _diff(past, old, new)
    _as_a_whole(past, (before, after))


def compared_first(past: Past) -> tuple[str | None, str | None]:
    """Which two are worth a look: what waits, else the last promotion, else the newest prompt and its parent."""
    now, waiting = standing(past.history.decisions), past.waiting
    if waiting is not None and waiting.current_id is not None:
        return waiting.current_id, waiting.variant_id
    if now.current is not None and now.previous is not None:
        return now.previous, now.current
    newest = next(
        (past.history.variants[v] for v in reversed(past.judged) if v in past.history.variants and _parent(past, v)),
        None,
    )
    return (newest.parent_id, newest.id) if newest else (None, None)


def _parent(past: Past, variant_id: str) -> str | None:
    parent = past.history.variants[variant_id].parent_id
    return parent if parent in past.history.variants else None


def _known(past: Past) -> list[str]:
    """Variants that people judged and what they were derived from, the newest first."""
    parents = [past.history.variants[v].parent_id for v in past.judged if v in past.history.variants]
    others = [v for v in dict.fromkeys(parents) if v is not None and v not in past.judged]
    return [*reversed(past.judged), *others]


def _chosen(past: Past, known: Sequence[str]) -> tuple[str, str]:
    first = compared_first(past)
    fallback = (known[-1], known[0])
    for key, value, other in zip(("compare_before", "compare_after"), first, fallback, strict=True):
        if st.session_state.get(key) not in known:
            st.session_state[key] = value if value in known else other
    left, right = st.columns(2)
    before = left.selectbox("Before", known, format_func=past.name, key="compare_before")
    after = right.selectbox("After", known, format_func=past.name, key="compare_after")
    return str(before), str(after)


def _scores(past: Past, old: Variant, new: Variant) -> None:
    board = board_of(past)
    if board is None:
        return
    evidence = evidence_between(board, new.id, old.id)
    words = evidence_words(evidence, than="Before")
    unknown = words.startswith("whether")
    st.markdown(plain(f"{words.capitalize()}." if unknown else f"After is {words}."))


def _settings(old: Variant, new: Variant) -> None:
    """Say what else than the prompts is different: then a difference in ratings is not the prompts' alone."""
    before, after = settings_of(old), settings_of(new)
    changed = [f"{SETTINGS[key]}: {before[key]} → {after[key]}" for key in before if before[key] != after[key]]
    if changed:
        st.warning("Not only the prompts differ: " + plain("; ".join(changed)))


def _diff(past: Past, old: Variant, new: Variant) -> None:
    board = board_of(past)
    lines = prompt_diff(past.history, old, new, effects_of(past, board) if board else ())
    if not any(line.mark != " " for line in lines):
        st.info("Both have the same prompts.")
        return
    for kind in dict.fromkeys(line.kind for line in lines):
        with st.container(border=True, width=TEXT_WIDTH, gap="small"):
            st.markdown(f"**{kind.capitalize()} prompt**")
            for line in lines:
                if line.kind == kind:
                    _line(past, line)


def _line(past: Past, line: DiffLine) -> None:
    if line.mark == " ":
        st.markdown(f":gray[{plain(line.sentence)}]")
        return
    sign = {"+": "&#43;", "-": "&minus;"}[line.mark]
    colour = COLOURS[line.mark]
    st.markdown(f":{colour}-background[:{colour}[**{sign}**] {plain(line.sentence)}]")
    if line.effect is not None:
        st.caption(f"Effect: {plain(effect_words(line.effect))}.")
    if line.theme:
        with st.expander(f"Answers {counted(line.n_comments, 'comment')}: {plain(line.theme)}"):
            _comments(past, line)


def _comments(past: Past, line: DiffLine) -> None:
    ids = {comment for theme in past.history.themes if theme.text == line.theme for comment in theme.comment_ids}
    said = [rating for rating in past.history.ratings if rating.id in ids and rating.comment]
    if not said:
        st.caption("The comments are not in the history any more.")
    for rating in said[:SHOWN_COMMENTS]:
        st.markdown(plain(rating.comment or ""))
        st.caption(plain(f"{rating.reviewer}, score {rating.score}{_about(past, rating)}"))
    if len(said) > SHOWN_COMMENTS:
        st.caption(f"and {len(said) - SHOWN_COMMENTS} more: the section Ratings has all")


def _about(past: Past, rating: Rating) -> str:
    answer = past.history.answers.get(rating.answer_id)
    question = past.history.questions.get(answer.question_id) if answer else None
    return f", on “{question.text}”" if question else ""


def _as_a_whole(past: Past, variants: tuple[str, str]) -> None:
    """What reviewers said of all answers of each prompt together, the newest first."""
    letters = letters_of(past.history)
    said = {
        variant_id: [o for o in reversed(past.history.overalls) if letters.get((o.review_key, o.letter)) == variant_id]
        for variant_id in variants
    }
    if not any(said.values()):
        return
    st.markdown("**What reviewers said of each as a whole**")
    for column, name, variant_id in zip(st.columns(2), ("Before", "After"), variants, strict=True):
        with column, st.container(border=True, gap="small"):
            st.caption(f"{name}: {counted(len(said[variant_id]), 'overall score')}")
            for overall in said[variant_id][:SHOWN_COMMENTS]:
                comment = f": {plain(overall.comment)}" if overall.comment else ""
                st.markdown(f"**{overall.score}** {plain(overall.reviewer)}{comment}")
            if len(said[variant_id]) > SHOWN_COMMENTS:
                st.caption(f"and {len(said[variant_id]) - SHOWN_COMMENTS} more: the section Ratings has all")
