"""This machine's clock against the server's: leases of reviews and deadlines are compared across machines."""

from __future__ import annotations

import datetime
from email.utils import parsedate_to_datetime

from redraft.errors import ServerError
from redraft.tracking.doctor.finding import Check, Seen, Subject
from redraft.tracking.server import PING_TIMEOUT_S, ping

WARN_S = 5.0
FAIL_S = 30.0  # half of the time for which somebody who closes a review keeps others from it
REMEDY = "let both machines set their clocks by NTP"


def look(subject: Subject) -> Seen:
    """Ask the server for the time.

    Raises:
        ServerError: The clocks are too far apart for leases and deadlines.
    """
    sent = datetime.datetime.now(datetime.UTC)
    reply = ping(subject.api_host, PING_TIMEOUT_S)
    received = datetime.datetime.now(datetime.UTC)
    if "Date" not in reply.headers:
        return Seen(words="the server's replies have no Date: its clock is not known", warning=True, remedy=REMEDY)
    ahead_s = skew_s(reply.headers["Date"], sent, received)
    words = f"this machine is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} the server"
    if abs(ahead_s) > FAIL_S:
        raise ServerError(words, remedy=REMEDY)
    if abs(ahead_s) > WARN_S:
        return Seen(words=words, warning=True, remedy=REMEDY)
    return Seen(words="within a second of the server's" if abs(ahead_s) <= 1 else words)


def skew_s(date: str, sent: datetime.datetime, received: datetime.datetime) -> float:
    """How far this machine's clock is ahead of a server's, in seconds, to about half a second.

    Args:
        date: The reply's `Date`, cut to a whole second.
        sent: When the request was sent, by this machine's clock, with a time zone.
        received: When the reply came.

    >>> at = datetime.datetime(2026, 1, 1, 0, 1, 0, tzinfo=datetime.UTC)
    >>> skew_s("Thu, 01 Jan 2026 00:00:00 GMT", at, at)
    59.5
    """
    theirs = parsedate_to_datetime(date) + datetime.timedelta(seconds=0.5)
    return (sent + (received - sent) / 2 - theirs).total_seconds()


CLOCK = Check(name="clock", look=look, needs=("server",))
