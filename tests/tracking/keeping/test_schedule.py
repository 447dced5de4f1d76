"""Cron schedules, as cron itself understands them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from redraft.errors import ConfigError
from redraft.tracking.keeping.schedule import check_schedule, last_due


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_it_is_due_at_its_minute_and_not_before() -> None:
    since, due = at("2026-03-02 00:00"), at("2026-03-02 06:00")
    assert last_due("0 6 * * MON", "UTC", since=since, now=due - 1) is None
    assert last_due("0 6 * * MON", "UTC", since=since, now=due) == due
    assert last_due("0 6 * * MON", "UTC", since=since, now=due + 6 * 86400) == due


def test_what_was_missed_is_due_once_and_what_was_due_before_it_was_known_is_not() -> None:
    now = at("2026-03-10 12:30")
    assert last_due("0 * * * *", "UTC", since=now - 10 * 86400, now=now) == at("2026-03-10 12:00")
    assert last_due("0 * * * *", "UTC", since=now - 60, now=now) is None


def test_a_schedule_in_local_time_moves_with_summer_time() -> None:
    winter, summer = at("2026-03-28 12:00"), at("2026-03-30 12:00")
    found = [last_due("0 6 * * *", "Europe/Berlin", since=now - 86400, now=now) for now in (winter, summer)]
    assert found == [at("2026-03-28 05:00"), at("2026-03-30 04:00")]


def test_no_schedule_is_never_due() -> None:
    assert last_due("", "UTC", since=0, now=1e9) is None


@pytest.mark.parametrize("schedule", ["daily", "61 * * * *", "* * * *", "0 6 31 2 *", "@yearly-ish"])
def test_what_is_no_schedule_is_refused_with_an_example(schedule: str) -> None:
    with pytest.raises(ConfigError, match=r"keeper.schedule: .* is no cron schedule .* Five fields"):
        check_schedule(schedule, "UTC")


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"keeper.timezone: there is no time zone 'Berlin'"):
        check_schedule("", "Berlin")
