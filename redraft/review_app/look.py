"""The few rules of style that Streamlit has no setting for: the same for everybody, no text is put into them."""

from __future__ import annotations

import streamlit as st

_STYLE = """<style>
[data-testid="stMarkdownContainer"] table { display: block; max-width: 100%; width: fit-content; overflow-x: auto; }
[data-testid="stMarkdownContainer"] code { overflow-wrap: anywhere; }
[data-testid="stMarkdownContainer"] span.stMarkdownColoredBackground { padding-inline: 0; border-radius: 0; }
[data-testid="stMarkdownContainer"] span.stMarkdownColoredBackground code { background: transparent; }
@media (min-width: 960px) {
  .st-key-rating { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 3fr); column-gap: 3rem; }
  .st-key-rating > :has(> .st-key-rating-panel) {
    grid-column: 2; grid-row: 1 / span 2; align-self: start; position: sticky; top: 4.5rem;
  }
}
[class*="st-key-score-"] button, [class*="st-key-score-"] button * { justify-content: flex-start; text-align: left; }
[class*="st-key-score-"] strong { padding-right: 0.4em; }
@media (min-width: 768px) {
  [data-testid="stLayoutWrapper"]:has(> [class*="st-key-sideways-"]), [class*="st-key-sideways-"] { display: none; }
}
[data-testid="stExpandSidebarButton"]::after { content: "Pages"; padding: 0 0.4em; }
</style>"""


def set_style() -> None:
    """Set it.

    Wide tables of answers scroll by themselves, so that the page does not become wider than a phone. A quoted part that
    is written in pieces (words, bold ones, code) looks like one. What an answer is rated with stands beside the answer
    and its passages, and stays in sight, where there is room. Where there is none for the pages' names, the arrow that
    opens them says what it opens.
    """
    st.html(_STYLE)


def say_sideways(table: str) -> None:
    """Say on a phone, and nowhere else, that a table goes on to the side; `table` names it, once a page."""
    with st.container(key=f"sideways-{table}"):
        st.caption(":material/swipe: Swipe the table sideways: it has more columns.")
