"""The part that thinks up questions for a page of the docs."""

from __future__ import annotations

from html import escape

import pytest
from bot_requests import INSTALL_ZH, PAGES, PRUNE, RESTORE, SCHEDULE
from conftest import Server


def asked(server: Server, page: tuple[str, str, str], seed: int = 1) -> list[str]:
    path, title, text = page
    message = f'<document path="{path}" title="{escape(title)}">\n{text}\n</document>'
    return list(server.ask_json("questions", message, system="Write questions.", seed=seed)["questions"])


@pytest.mark.parametrize("page", PAGES)
def test_a_page_gets_one_or_two_questions(server: Server, page: tuple[str, str, str]) -> None:
    found = asked(server, page)
    assert 1 <= len(found) <= 2
    assert all(question.endswith("?") and len(question) < 200 for question in found)
    assert found == asked(server, page)


def test_a_command_of_the_page_and_its_subject_are_asked_about(server: Server) -> None:
    assert asked(server, PRUNE) == [
        "What should I know about prune old backups?",
        "What does `harbor prune --keep 10` do?",
    ]
    assert any("harbor restore LATEST" in question for question in asked(server, RESTORE))


def test_another_seed_asks_about_something_else(server: Server) -> None:
    many = ("a.md", "Harbor", "\n\n".join(f"## Add part {number}\n\nText." for number in range(8)))
    assert len({asked(server, many, seed)[0] for seed in range(8)}) >= 3


def test_a_chinese_page_is_asked_about_in_chinese(server: Server) -> None:
    assert all("？" in question for question in asked(server, INSTALL_ZH))


def test_a_request_without_a_schema_is_recognised_by_its_document(server: Server) -> None:
    said = server.chat("Write questions.", f'<document path="a.md" title="Schedules">\n{SCHEDULE[2]}\n</document>')
    assert "harbor schedule add" in said


def test_a_question_that_mentions_a_document_tag_is_answered_all_the_same(server: Server) -> None:
    passages = f'<passages>\n<passage id="1" source="a.md" title="Schedules">\n{SCHEDULE[2]}\n</passage>\n</passages>'
    said = server.chat("Answer.", f"{passages}\n<question>\nWhat is a <document> of a schedule?\n</question>")
    assert not said.startswith("{")


def test_an_empty_page_gets_no_question(server: Server) -> None:
    assert asked(server, ("a.md", "A", "  ")) == []
