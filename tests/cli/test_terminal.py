"""What models and people wrote reaches the terminal as text."""

from __future__ import annotations

import pytest
from rich.table import Table

from redraft.cli.prompt_views import log_table
from redraft.cli.tables import show
from redraft.cli.terminal import say
from redraft.records import Decision

EVIL = "fine\x1b[2J\x1b]0;mine\x07 end\x9b31m"


def test_an_escape_sequence_in_an_answer_is_shown_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{EVIL}\nsecond\tline 中文")

    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    assert "\\x1b[2J" in shown
    assert shown.endswith("\nsecond\tline 中文\n")


def test_the_decision_log_shows_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    row = Decision(id="d", kind="promote", variant_id="v", current_id=None, evidence=EVIL, author=EVIL, created=1.0)
    table: Table = log_table([row])

    show(table)

    assert not {"\x1b", "\x07", "\x9b"} & set(capsys.readouterr().out)
