"""The review page answers at the address that people are given."""

from __future__ import annotations

import requests

from redraft.errors import LaunchError
from redraft.tracking.doctor.finding import Check, Seen, Subject

TIMEOUT_S = 5.0


def look(subject: Subject) -> Seen:
    """Open it.

    Raises:
        LaunchError: It does not answer.
    """
    from redraft.tracking.page_links import page_address  # it launches services, which are checked before

    url = page_address(subject.project, subject.page_url, subject.environ)
    if not url:
        return Seen(words="no review page is known here", warning=True, remedy="start it with `redraft review`")
    remedy = "start it with `redraft review`, or mend its address"
    try:
        reply = requests.get(f"{url}/_stcore/health", timeout=TIMEOUT_S)
    except requests.RequestException as error:
        raise LaunchError(f"nothing answers at {url} ({type(error).__name__})", remedy=remedy) from None
    if not reply.ok:
        raise LaunchError(f"{url} answers with HTTP {reply.status_code}", remedy=remedy)
    return Seen(words=f"answers at {url}")


PAGE = Check(name="review page", look=look, needs=("server",))
