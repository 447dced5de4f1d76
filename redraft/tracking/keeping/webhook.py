"""Posts to a Slack-compatible address. The address is a secret: it is in the environment only, and in no message.

{"text": "Review of iteration 3 is open: 24 ratings are asked for. https://review.example.com"}
"""

from __future__ import annotations

from collections.abc import Mapping

import requests

VARIABLE = "REDRAFT_WEBHOOK_URL"
TIMEOUT_S = 10.0


def webhook_url(environ: Mapping[str, str]) -> str:
    """Where to post; empty: nowhere."""
    return environ.get(VARIABLE, "").strip()


def post(url: str, text: str) -> str:
    """Post a text; return why that failed, empty when it did not. It never raises."""
    try:
        reply = requests.post(url, json={"text": escaped(text)}, timeout=TIMEOUT_S, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:  # its words would hold the address
        return type(error).__name__
    return "" if reply.ok and not reply.is_redirect else f"HTTP {reply.status_code}"


def escaped(text: str) -> str:
    """Keep a text from being read as a link or a mention.

    >>> escaped("project <!channel> & more")
    'project &lt;!channel&gt; &amp; more'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
