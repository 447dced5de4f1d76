r"""Text of models, documents and people, made fit for `st.markdown`: as plain text, or as Markdown without its dangers.

Streamlit shows Markdown without HTML, but a browser would still fetch an image, and a link may lead anywhere.
"""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&@^=])")


def plain(text: str) -> str:
    r"""Return Markdown that shows the text as it is."""
    return _SPECIAL.sub(r"\\\1", text)
