"""The address of the review page, on the tasks where people look for it in ClearML's web interface.

It is a property (of a review: the page at that review), which may be written whatever the task's status, and stands in
the task's description as long as nothing else does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from redraft.errors import RedraftError
from redraft.tracking.inbox import open_reviews
from redraft.tracking.server import call
from redraft.tracking.service_task import service_tasks
from redraft.tracking.step import PAGE_WORDS, own_comment

log = logging.getLogger("redraft")

PAGE_URL = "REDRAFT_PAGE_URL"  # environment variable: the address that people open
PAGE_TAG = "redraft-page"  # of the task that is the page
ADDRESS = "review_page"  # property: of that task, of reviews, of runs


def page_address(project: str, setting: str, environ: Mapping[str, str]) -> str:
    """Where a project's review page is: as the environment says, else its service task, else the setting.

    Args:
        project: ClearML project.
        setting: `keeper.page_url`.
        environ: Environment variables.

    Returns:
        The address without a slash at its end; empty when none is known.
    """
    given = environ.get(PAGE_URL, "").strip()
    return (given or _running_page(project) or setting.strip()).rstrip("/")


def review_link(page: str, review: str) -> str:
    """Where people rate a review.

    >>> review_link("https://qa.example.com/", "8d1e")
    'https://qa.example.com/review?review=8d1e'
    """
    return f"{page.rstrip('/')}/review?review={review}"


def write_links(page: str, review: str, pipeline: str | None) -> None:
    """Write on a review, and on the run that waits for it, where people rate.

    A server that refuses is no reason to fail a run: it is logged.
    """
    link = review_link(page, review)
    for task_id in filter(None, (review, pipeline)):
        try:
            _write(task_id, link)
        except RedraftError as error:
            log.warning("the review page's address cannot be written on task %s: %s", task_id, error)
    log.info("people rate at %s", link)


def announce(project: str, review: str, pipeline: str, setting: str, environ: Mapping[str, str]) -> None:
    """Write on a new review and its run where people rate, if that is known."""
    try:
        page = page_address(project, setting, environ)
    except RedraftError as error:
        log.warning("the review page is not looked for: %s", error)
        return
    if page:
        write_links(page, review, pipeline)


def announce_open_reviews(project: str, page: str) -> None:
    """Write on all open reviews and their runs where people rate: the page has just started there."""
    for review in open_reviews(project):
        write_links(page, review.task_id, review.pipeline_id)


def set_address(task_id: str, address: str) -> None:
    """Write an address as a task's property."""
    item = {"section": "properties", "name": ADDRESS, "value": address, "type": "str"}
    call("tasks.edit_hyper_params", task=task_id, hyperparams=[item], replace_hyperparams="none")


def _write(task_id: str, link: str) -> None:
    set_address(task_id, link)
    task = call("tasks.get_by_id", task=task_id)["task"]
    if not own_comment(task):
        call("tasks.update", task=task_id, comment=f"{PAGE_WORDS}{link}")


def _running_page(project: str) -> str:
    """Address of the page that an agent serves now."""
    running = (task for task in service_tasks(project, PAGE_TAG) if task["status"] == "in_progress")
    return next((found for task in running if (found := _property(task))), "")


def _property(task: Mapping[str, Any]) -> str:
    return str(((task.get("hyperparams") or {}).get("properties") or {}).get(ADDRESS, {}).get("value") or "")
