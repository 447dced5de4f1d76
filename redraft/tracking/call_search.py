"""Finds model calls of a run again: by a text in what was asked or replied, by kind, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redraft.errors import InputError
from redraft.records import LlmCall
from redraft.tracking.artifacts import artifact_urls, get_records
from redraft.tracking.runs import steps_of
from redraft.tracking.server import find_tasks

AROUND = 60  # characters shown on each side of a text that was found


def calls_of_run(run: str) -> list[LlmCall]:
    """Every model call that a run's steps have made, failed attempts and steps from the cache among them, by time."""
    own = [task["id"] for task in find_tasks(parent=run, only_fields=["name"])]
    steps = dict.fromkeys([*own, *_cached(run)])
    calls = [call for step in steps if "calls" in artifact_urls(step) for call in get_records(step, "calls", LlmCall)]
    return sorted(calls, key=lambda call: call.created)


def matching(calls: Iterable[LlmCall], *, text: str = "", kind: str = "") -> list[LlmCall]:
    """The calls of a kind in which a text occurs, whatever its case: in a message, the reply, the error, an id.

    >>> call = LlmCall(step="s", kind="answer", model="m", messages=(("user", "How?"),), reply="So.")
    >>> [len(matching([call], text=text, kind=kind)) for text, kind in (("how", ""), ("", "judge"), ("why", ""))]
    [1, 0, 0]
    """
    wanted = text.casefold()
    return [
        call
        for call in calls
        if kind in ("", call.kind) and (not wanted or any(wanted in part.casefold() for _, part in _parts(call)))
    ]


def excerpts(call: LlmCall, text: str) -> list[tuple[str, str]]:
    """Where a text occurs in a call: the part's name, and the text with what stands around it, on one line."""
    wanted, found = text.casefold(), []
    for name, part in _parts(call):
        at = part.casefold().find(wanted)
        if at >= 0:
            start, end = max(0, at - AROUND), at + len(text) + AROUND
            cut = f"{'... ' if start else ''}{part[start:end]}{' ...' if end < len(part) else ''}"
            found.append((name, " ".join(cut.split())))
    return found


def check_kind(calls: Sequence[LlmCall], kind: str) -> None:
    """Refuse a kind that no call has.

    Raises:
        InputError: Which kinds there are.
    """
    kinds = sorted({call.kind for call in calls})
    if kind and kinds and kind not in kinds:
        raise InputError(f"no call is of kind {kind!r}", remedy=f"give one of {', '.join(kinds)}")


def _parts(call: LlmCall) -> list[tuple[str, str]]:
    ids = [("question", call.question_id or ""), ("variant", call.variant_id or "")]
    return [*call.messages, ("reply", call.reply or ""), ("error", call.error or ""), *ids]


def _cached(run: str) -> list[str]:
    """Steps that a run took from the cache; none before its controller has begun."""
    try:
        return [step for step in steps_of(run).values() if step]
    except InputError:
        return []
