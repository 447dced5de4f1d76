"""One rating with everything that it is about, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from redraft.records import Rating
from redraft.review_app.history.answer_text import show_text
from redraft.review_app.history.past import Past
from redraft.review_app.safe_text import plain
from redraft.tracking.lineage import Ancestor, lineage_of, steps_if_known, web_page

TEXT_WIDTH = 800  # px
FRESH_S = 600.0  # a finished run's steps do not change


def show(past: Past, rating: Rating) -> None:
    """Draw a rating and its lineage."""
    history = past.history
    answer = history.answers.get(rating.answer_id)
    question = history.questions.get(answer.question_id) if answer else None
    with st.container(border=True, width=TEXT_WIDTH):
        tags = f" ({', '.join(rating.tags)})" if rating.tags else ""
        st.markdown(f"**{rating.score}** by {plain(rating.reviewer)}{plain(tags)}")
        if rating.comment:
            st.markdown(plain(rating.comment))
        if question is not None:
            split = " (val: never shown to the prompt writer)" if question.split == "val" else ""
            st.markdown(f"**Question**{split}: {plain(question.text)}")
        if answer is not None:
            with st.expander("Answer", expanded=True):
                show_text(answer)
            _prompts(past, answer.variant_id)
        st.markdown("**Where it comes from**")
        for ancestor in lineage_of(history, rating, _steps):
            st.markdown(_line(past, ancestor))


def _line(past: Past, ancestor: Ancestor) -> str:
    label = f" ({plain(past.name(ancestor.id).partition(' · ')[2])})" if ancestor.what == "variant" else ""
    label = "" if label == " ()" else label
    said = f"{ancestor.what}{label}: {plain(ancestor.id)}"
    if ancestor.task_id is None:
        return said
    link = web_page(ancestor.task_id)
    if link is not None:
        return f"{said}, [task {ancestor.step}]({link})"
    return said if ancestor.task_id == ancestor.id else f"{said}, task {ancestor.step} {plain(ancestor.task_id)}"


def _prompts(past: Past, variant_id: str) -> None:
    variant = past.history.variants.get(variant_id)
    if variant is None:
        return
    with st.expander("Prompts"):
        for kind, prompt_id in (("Answer", variant.answer_prompt_id), ("Extract", variant.extract_prompt_id)):
            prompt = past.history.prompts.get(prompt_id)
            st.markdown(f"**{kind} prompt**")
            st.markdown(plain(prompt.text if prompt else prompt_id))


@st.cache_data(ttl=FRESH_S, max_entries=500, show_spinner=False)
def _steps(run: str) -> Mapping[str, str]:
    return steps_if_known(run)
