"""Notices over HTTP: what is posted, and that nothing of it can fail a keeper or tell its secret."""

from __future__ import annotations

import pytest
from crafted_server import CraftedServer, Reply

from redraft.tracking.keeping.webhook import post, webhook_url


def address(server: CraftedServer) -> str:
    """Somewhere on the crafted server: it keeps every body."""
    return f"{server.base_url}/chat/completions"


def test_a_text_is_posted_as_slack_takes_it_and_mentions_nobody(crafted_server: CraftedServer) -> None:
    crafted_server.enqueue(Reply(raw="ok"))
    assert post(address(crafted_server), "[docs & <!channel>] The review is open.") == ""
    assert crafted_server.requests == [{"text": "[docs &amp; &lt;!channel&gt;] The review is open."}]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(raw="no", status=404), "HTTP 404"),
        (Reply(raw="slow down", status=429), "HTTP 429"),
        (Reply(raw="", status=302, headers={"location": "http://127.0.0.1:1/"}), "HTTP 302"),
    ],
)
def test_a_refusal_is_a_reason_and_a_redirection_is_not_followed(
    crafted_server: CraftedServer, reply: Reply, why: str
) -> None:
    crafted_server.enqueue(reply)
    assert post(address(crafted_server), "text") == why


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/services/SECRET", "SECRET", "file:///SECRET", "http://[SECRET"])
def test_an_address_where_nothing_is_gives_a_reason_without_the_address(url: str) -> None:
    why = post(url, "text")
    assert why
    assert "SECRET" not in why


def test_the_address_is_in_the_environment() -> None:
    assert webhook_url({}) == ""
    assert webhook_url({"REDRAFT_WEBHOOK_URL": " https://hooks.example.com/x\n"}) == "https://hooks.example.com/x"
