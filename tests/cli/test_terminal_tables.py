from __future__ import annotations

import pytest

from redraft.cli.prompt_views import log_table
from redraft.cli.tables import iterations_table, show
from redraft.records import Decision, IterationResult


def test_what_people_and_models_wrote_is_no_mark_up(capsys: pytest.CaptureFixture[str]) -> None:
    """`[/b]` in a reason ended `redraft prompt log` with a traceback, each time."""
    said = "Ann said no. Reason: see [/b] and [red]x[/red] :smile:"
    decision = Decision(
        id="d-1", kind="reject", variant_id="v-1", current_id=None, evidence=said, author="Ann", created=0.0
    )
    show(log_table([decision]))
    assert said in capsys.readouterr().out

    result = IterationResult(
        iteration=1, variant_id="v-1", mean=3.0, low=2.5, high=3.5, n_ratings=8, citations_valid=None,
        refusals_right=None, tokens=1, seconds=1.0, task_id="t", decision="", published_id=None, prompt="Use [/quote].",
    )  # fmt: skip
    show(iterations_table([result]))
    assert "Use [/quote]." in capsys.readouterr().out
