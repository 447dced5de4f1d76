"""How a step's process begins and ends."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from redraft.errors import ConfigError
from redraft.tracking.step import run_step


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    """Leave the garbage collector as it was: a step's process ends after this."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_step_ends_with_what_its_main_function_returns() -> None:
    assert run_step(lambda: 0) == 0


def test_a_problem_ends_a_step_with_its_exit_code_and_is_logged_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    def main() -> int:
        raise ConfigError("top_k must be >= 1, got 0")

    with caplog.at_level(logging.ERROR, logger="redraft"):
        assert run_step(main) == 2

    assert caplog.messages == ["error: top_k must be >= 1, got 0"]


def test_while_a_step_works_the_collector_lets_objects_come_together_and_at_its_end_it_looks_at_none() -> None:
    young: list[int] = []

    run_step(lambda: young.append(gc.get_threshold()[0]) or 0)

    assert young == [50_000]
    assert gc.get_freeze_count() > 10_000
