"""The entry point of the page: who is it, then the page that they chose.

Started by `redraft review`; it reads `REDRAFT_PROJECT`, `REDRAFT_PROFILE` and `REDRAFT_HOME` from its environment.
"""

from __future__ import annotations

import streamlit as st

from redraft.review_app import ask_page, history_page, questions_page, review_page
from redraft.review_app.access import open_visit


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_title="Redraft", page_icon=":material/rate_review:", layout="wide")
    visit = open_visit()
    pages = [
        st.Page(lambda: review_page.show(visit), title="Review", url_path="review", default=True),
        st.Page(lambda: history_page.show(visit), title="History", url_path="history"),
        st.Page(lambda: ask_page.show(visit), title="Ask", url_path="ask"),
        st.Page(lambda: questions_page.show(visit), title="Questions", url_path="questions"),
    ]
    st.navigation(pages, position="top").run()


main()
