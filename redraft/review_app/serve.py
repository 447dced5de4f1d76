"""`python -m redraft.review_app.serve run app.py ...`: Streamlit's command, which asks nobody what our address is.

Streamlit looks up its external address at checkip.amazonaws.com whenever a browser comes from an unknown origin, and
holds up everybody for up to two seconds where that host cannot be reached. No setting turns it off (1.67,
`web/server/server_util.py`, `is_url_from_allowed_origins`). Without the look-up such a browser is refused at once.
"""

from __future__ import annotations

import streamlit.net_util
from streamlit.web.cli import main

# so that the first visitor does not wait for them
from redraft.review_app import ask_page, history_page, questions_page, review_page  # noqa: F401


def nobody_is_asked() -> None:
    """Stand in for the look-up: the external address is not known."""


if __name__ == "__main__":
    streamlit.net_util.get_external_ip = nobody_is_asked
    main()
