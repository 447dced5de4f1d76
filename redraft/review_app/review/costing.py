"""What the next iteration would take, found out in the background: the page is drawn without waiting for it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from redraft.errors import BudgetSpent, RedraftError
from redraft.review_app.visit import Visit
from redraft.settings import Config
from redraft.tracking.next_estimate import estimated_next

KEPT_S = 600.0
THREAD = "estimate"


def cost_words(visit: Visit, newest_run: str) -> str:
    """What is known of it now.

    Args:
        visit: Who looks.
        newest_run: Id of the project's newest run, empty before the first: after another one it is estimated anew.
    """
    asked = _asked(visit.project, newest_run, visit.config)
    if not asked.done():
        return "Estimating what it will take …"
    try:
        return asked.result()
    except BudgetSpent as error:
        return f"It would not start: {error}"
    except RedraftError as error:
        _asked.clear()  # so that it is tried again
        return f"What it will take cannot be estimated now: {error}"


@st.cache_resource(ttl=KEPT_S, max_entries=8, show_spinner=False)
def _asked(project: str, newest_run: str, _config: Config) -> Future[str]:  # noqa: ARG001 - a part of the key
    with_one_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=THREAD)
    asked = with_one_thread.submit(estimated_next, project, _config)
    with_one_thread.shutdown(wait=False)
    return asked
