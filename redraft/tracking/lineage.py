"""Where a rating comes from: the answer, its variant, docs version, index and run, each with the task that made it.

A link leads to a task's page in ClearML's web interface. Where there is none, as with the stand-in server, the ids
are all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from redraft.errors import RedraftError
from redraft.learning.history import History
from redraft.records import Answer, Rating
from redraft.tracking.runs import steps_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """One of the things that a rating comes from."""

    what: str  # rating, answer, variant, docs version, index, run
    id: str
    task_id: str | None = None  # that made it; None: not known any more
    step: str = ""  # that task's name


def lineage_of(
    history: History, rating: Rating, steps: Callable[[str], Mapping[str, str]] | None = None
) -> tuple[Ancestor, ...]:
    """Return what a rating comes from, the rating first.

    Args:
        history: All records.
        rating: One of them.
        steps: Gives a run's step names and task ids; the default asks the server.
    """
    known = steps or steps_if_known
    answer = history.answers.get(rating.answer_id)
    reviewed_in = _run_of_review(history, rating, answer)
    review = known(reviewed_in).get("review") if reviewed_in else None
    found = [Ancestor(what="rating", id=rating.id, task_id=review, step="review" if review else "")]
    if answer is None:
        return (*found, Ancestor(what="answer", id=rating.answer_id))
    made_by = known(answer.run_id) if answer.run_id else {}
    found.append(_made("answer", answer.id, made_by, "answer_questions"))
    found.append(_variant(history, answer, known))
    found.append(Ancestor(what="docs version", id=answer.dataset_id, task_id=answer.dataset_id or None, step="dataset"))
    found.append(_made("index", answer.index_id, made_by, "build_index"))
    found.append(Ancestor(what="run", id=answer.run_id, task_id=answer.run_id or None, step="pipeline"))
    return tuple(ancestor for ancestor in found if ancestor.id)


def steps_if_known(run: str) -> Mapping[str, str]:
    """Step names and task ids of a run; none if the run is gone, or ended before its controller kept them."""
    try:
        return {name: task_id for name, task_id in steps_of(run).items() if task_id}
    except (RedraftError, ValueError):
        return {}


def web_page(task_id: str) -> str | None:
    """Address of a task's page in ClearML's web interface; None: this server has none."""
    from clearml import Task

    return str(Task.get_task_output_log_web_page(task_id)) if has_web_interface() else None


def has_web_interface() -> bool:
    """Whether the configured ClearML server has one: not if its address is not known, or is the API's own.

    An API server shows no pages, so whoever configures its address for the web interface (as for the stand-in) says
    that there is none. Nothing is asked over the network.
    """
    from clearml.backend_api.session import Session

    try:
        return str(Session.get_app_server_host()).rstrip("/") != str(Session.get_api_server_host()).rstrip("/")
    except ValueError:
        return False


def _variant(history: History, answer: Answer, known: Callable[[str], Mapping[str, str]]) -> Ancestor:
    """The variant, with the step that wrote its newer prompt; a seed prompt was written by nobody's step."""
    variant = history.variants.get(answer.variant_id)
    prompts = [variant.answer_prompt_id, variant.extract_prompt_id] if variant else []
    written_in = [history.prompts[p].run_id for p in prompts if p in history.prompts and history.prompts[p].run_id]
    return _made("variant", answer.variant_id, known(written_in[0] or "") if written_in else {}, "write_prompts")


def _made(what: str, own_id: str, steps: Mapping[str, str], step: str) -> Ancestor:
    task_id = steps.get(step)
    return Ancestor(what=what, id=own_id, task_id=task_id, step=step if task_id else "")


def _run_of_review(history: History, rating: Rating, answer: Answer | None) -> str | None:
    """The run whose review a rating was given in: an anchor's answer is of an earlier run than its review."""
    own = [item for item in history.plan if item.review_key == rating.review_key and item.role == "new"]
    runs = [history.answers[item.answer_id].run_id for item in own if item.answer_id in history.answers]
    return runs[0] if runs else (answer.run_id or None) if answer else None
