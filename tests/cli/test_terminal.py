"""What models and people wrote reaches the terminal as text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rich.table import Table

from redraft.cli.prompt_views import log_table
from redraft.cli.tables import show
from redraft.cli.terminal import command, say
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


def test_what_is_not_on_the_search_path_is_called_by_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    """After `make demo` in a fresh clone, `redraft` alone is no command."""
    beside = Path(sys.executable).with_name("redraft")
    monkeypatch.setenv("PATH", "/nowhere")
    assert Path(command()).resolve() == beside.resolve()
    monkeypatch.setenv("PATH", str(beside.parent))
    assert command() == "redraft"
