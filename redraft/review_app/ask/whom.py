"""Who is asked: the published prompt, or two variants whose answers are compared blind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random, SystemRandom

import streamlit as st

from redraft.errors import InputError
from redraft.review_app.loading import history_at, sources_of
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.settings import Config
from redraft.tracking.askable import Choice, choices, published_choice

ONE, TWO = "The published prompt", "Two side by side, blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who is asked next."""

    among: tuple[Choice, ...]
    count: int  # 1, or 2 of `among`


def draw(whom: Whom, chance: Random | None = None) -> tuple[Choice, ...]:
    """Choose who is asked, and which answer stands left: by chance, so that nobody can know."""
    return tuple((chance or SystemRandom()).sample(whom.among, whom.count))


def choose_whom(visit: Visit) -> Whom:
    """Let the person choose.

    Raises:
        InputError: There are no two to choose from, or the same was chosen twice.
        RedraftError: The history cannot be read.
    """
    sources = sources_of(visit.project)
    mode = st.segmented_control(
        "Who answers", [ONE, TWO], default=ONE, required=True, key="ask_mode", persist_state="session"
    )
    if mode == ONE:
        one = published_choice(history_at(sources), visit.config)
        st.caption(_who(one))
        return Whom(among=(one,), count=1)
    every = _choices(sources, visit.config)
    if len(every) == 1:
        raise InputError(
            "there is only the seed prompt so far, nothing to compare it with", remedy="run an iteration: `redraft run`"
        )
    return _two_of(every, visit.config)


def title(choice: Choice, config: Config) -> str:
    """Name a variant: its id, what it is, and its model if that is not the configured one."""
    model = choice.variant.chat_model
    return f"{choice.variant.id} ({choice.role}{'' if model == config.run.chat_model else f', model {model}'})"


def _two_of(every: Sequence[Choice], config: Config) -> Whom:
    by_title = {title(choice, config): choice for choice in every}
    surprise = st.toggle("Surprise me: any two", key="ask_surprise", persist_state="session")
    if surprise:
        st.caption(f"Each question goes to two of {len(every)} variants, drawn by chance.")
        return Whom(among=tuple(every), count=2)
    left, right = st.columns(2)
    one = left.selectbox("One of them", list(by_title), index=0, key="ask_one", persist_state="session")
    other = right.selectbox("The other", list(by_title), index=1, key="ask_other", persist_state="session")
    if one == other:
        raise InputError("the same variant is chosen twice: there is nothing to compare", remedy="choose another one")
    st.caption("Which of them is A and which is B is drawn anew for each question, and shown once you have judged.")
    return Whom(among=(by_title[one], by_title[other]), count=2)


def _who(choice: Choice) -> str:
    named = f"{plain(choice.variant.id)}, with {plain(choice.variant.chat_model)}"
    if choice.role == "seed prompt":
        return f"No prompt is published yet: the seed prompt answers ({named})."
    return f"The published prompt answers ({named})."


@st.cache_resource(max_entries=3, show_spinner=False)
def _choices(sources: tuple[str, ...], _config: Config) -> tuple[Choice, ...]:
    return choices(history_at(sources), _config)
