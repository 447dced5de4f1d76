"""The ClearML server: it answers, and to these credentials."""

from __future__ import annotations

from redraft.tracking.doctor.finding import Check, Seen, Subject
from redraft.tracking.server import call, check_server


def look(_subject: Subject) -> Seen:
    """Sign in and ask what it is.

    Raises:
        ServerUnavailable: Nothing answers.
        ServerRefused: Not to these credentials.
    """
    host = check_server()
    info = call("server.info")
    return Seen(words=f"ClearML {info.get('version') or '?'} (API {info.get('api_version') or '?'}) at {host}")


SERVER = Check(name="server", look=look)
