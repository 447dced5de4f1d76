"""The entry point of the page: who is it, then the page that they chose.

Started by `redraft review`; it reads `REDRAFT_PROJECT`, `REDRAFT_PROFILE`, `REDRAFT_HOME` and `REDRAFT_STAND_INS` from
its environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import streamlit as st

from redraft.review_app import ask_page, history_page, questions_page, review_page
from redraft.review_app.access import ask_who, open_visit, show_account
from redraft.review_app.launch import stand_in_words
from redraft.review_app.loading import server_is_there
from redraft.review_app.look import set_style
from redraft.review_app.remembering import write_cookie
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit

AGAIN_S = 3.0
NAME_CHARS = 20  # of the visitor's name beside the pages' names


def main() -> None:
    """Draw the page; the card that asks who it is, at whatever address somebody came, while that is not known."""
    st.set_page_config(page_title="Redraft", page_icon="📝", layout="wide")
    set_style()
    visit = open_visit()
    chosen = st.navigation(_pages(visit), position="top" if visit else "hidden")
    if visit is None:
        ask_who()
    else:
        write_cookie()
        if words := stand_in_words(os.environ):
            st.caption(words)
        chosen.run()


def _pages(visit: Visit | None) -> list[st.Page]:
    review = _while_there(review_page.show, visit)
    name = visit.reviewer if visit else "You"
    name = name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1]}…"
    bare = name.replace("@", "")  # an address stays text in a page's name, where no link is drawn
    shown = name if plain(bare) == bare else "You"
    return [
        _page("Review", review, path=""),
        _page("History", _while_there(history_page.show, visit), path="history"),
        _page("Ask", _while_there(ask_page.show, visit), path="ask"),
        _page("Questions", _while_there(questions_page.show, visit), path="questions"),
        _page("Review", review, path="review", hidden=True),  # the first page's path is always "/"
        _page(shown, lambda: show_account(visit) if visit else None, path="you", icon=":material/person:"),
    ]


def _page(title: str, draw: Callable[[], None], *, path: str, icon: str | None = None, hidden: bool = False) -> st.Page:
    return st.Page(
        draw,
        title=title,
        url_path=path or "start",
        icon=icon,
        default=not path,
        visibility="hidden" if hidden else "visible",
    )


def _while_there(show: Callable[[Visit], None], visit: Visit | None) -> Callable[[], None]:
    def draw() -> None:
        if visit is None:
            return
        if server_is_there():
            show(visit)
        else:
            _show_away()

    return draw


@st.fragment(run_every=AGAIN_S)
def _show_away() -> None:
    """Say that nothing can be shown now, until something can."""
    if server_is_there():
        st.rerun(scope="app")
    st.warning(
        "The server cannot be reached. What you have said is kept on the machine of this page and sent as soon as it "
        "can be; this page comes back by itself.",
        icon=":material/cloud_off:",
    )


if __name__ == "__main__":  # as Streamlit runs it
    main()
