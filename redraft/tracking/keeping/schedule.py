"""When a cron schedule was last due.

Evaluated by cronsim, which follows Debian's cron at changes to and from summer time.
"""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from redraft.errors import ConfigError


def check_schedule(schedule: str, timezone: str) -> None:
    """Refuse what cron would not understand.

    Raises:
        ConfigError: Names the key, its value and an example.
    """
    try:
        zone = _zone(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"keeper.timezone: there is no time zone {timezone!r} on this machine", remedy="for example Europe/Berlin"
        ) from None
    if schedule:
        try:
            next(CronSim(schedule, datetime.datetime.now(zone)))
        except (CronSimError, StopIteration) as error:
            raise ConfigError(
                f"keeper.schedule: {schedule!r} is no cron schedule ({error or 'it is never due'})",
                remedy='five fields: minute hour day month weekday, for example "0 6 * * MON"',
            ) from None


def last_due(schedule: str, timezone: str, *, since: float, now: float) -> float | None:
    """Last time at which a schedule was due, after `since` and not after `now`; all in Unix seconds.

    >>> noon = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC).timestamp()
    >>> (last_due("0 6 * * *", "UTC", since=noon - 86400, now=noon) - noon) / 3600
    -6.0
    >>> last_due("0 6 * * *", "UTC", since=noon - 3600, now=noon) is None
    True
    """
    if not schedule:
        return None
    # one second later, in reverse: the schedule is due at the moment it names, too
    start = datetime.datetime.fromtimestamp(now + 1, _zone(timezone))
    found = next(CronSim(schedule, start, reverse=True), None)
    due = found.timestamp() if found is not None else None
    return due if due is not None and since < due <= now else None


def _zone(timezone: str) -> datetime.tzinfo:
    """A time zone by its name; UTC also on a machine that has no data of time zones."""
    return datetime.UTC if timezone == "UTC" else ZoneInfo(timezone)
