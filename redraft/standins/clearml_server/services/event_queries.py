"""`events`, reading: every scroll id is the number of results already delivered, so every scroll ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.documents import load
from redraft.standins.clearml_server.query import scroll_offset
from redraft.standins.clearml_server.services.events import SINGLE_VALUE

_BATCH = 500
_LOG_BATCH = 500
_SAMPLES = 6000


def get_task_events(call: Call) -> Json:
    """Scroll through the events of a task, by time."""
    events = call.store.events(call.text("task"), call.body.get("event_type"))
    if call.body.get("order") == "desc":
        events.reverse()
    page, start = _batch(call, events)
    return {"returned": len(page), "total": len(events), "scroll_id": str(start + len(page)), "events": page}


def get_task_log(call: Call) -> Json:
    """Return log lines: the latest ones, unless asked to go forward from a time."""
    events = [_without_iteration(event) for event in call.store.events(call.text("task"), "log")]
    total = len(events)
    earlier = call.body.get("navigate_earlier") is not False
    since = call.body.get("from_timestamp")
    size = int(call.body.get("batch_size") or _LOG_BATCH)
    if earlier:
        page = [event for event in events if since is None or event["timestamp"] < since][-size:][::-1]
    else:
        page = [event for event in events if since is None or event["timestamp"] > since][:size]
    order = call.body.get("order") or ("desc" if earlier else "asc")
    page.sort(key=lambda event: event["timestamp"], reverse=order == "desc")
    return {"events": page, "returned": len(page), "total": total}


def download_task_log(call: Call) -> Json:
    """Return the whole log of a task."""
    return {"events": call.store.events(call.text("task"), "log")}


def get_task_plots(call: Call) -> Json:
    """Return the plots of the latest iterations, of each metric and variant."""
    plots = _latest(_asked(call, call.store.events(call.text("task"), "plot", "metric")), call.body.get("iters"))
    page, start = _batch(call, plots)
    scroll_id = None if call.body.get("no_scroll") else str(start + len(page))
    return {"plots": page, "returned": len(page), "total": len(plots), "scroll_id": scroll_id}


def get_task_metrics(call: Call) -> Json:
    """Return the names of the metrics that tasks reported."""
    return {
        "metrics": [
            {
                "task": task_id,
                "metrics": sorted({e["metric"] for e in call.store.events(str(task_id), call.body.get("event_type"))}),
            }
            for task_id in call.items("tasks")
        ]
    }


def scalar_metrics_iter_histogram(call: Call) -> Json:
    """Return all scalars of a task as curves: metric, variant, x and y."""
    axis = call.body.get("key") or "iter"
    if axis not in ("iter", "timestamp", "iso_time"):
        raise ApiError(400, 12, f"Validation error (key must be iter, timestamp or iso_time, got {axis!r})")
    curves: Json = {}
    for event in _asked(call, call.store.events(call.text("task"), "training_stats_scalar", "metric")):
        if event["iter"] != SINGLE_VALUE:
            curve = curves.setdefault(event["metric"], {}).setdefault(
                event["variant"], {"name": event["variant"], "x": [], "y": []}
            )
            curve["x"].append(_position(event, axis))
            curve["y"].append(event["value"])
    samples = call.body.get("samples")
    limit = _SAMPLES if samples is None else int(samples)
    for variants in curves.values():
        for curve in variants.values():
            _thin(curve, limit)
    return curves


def get_task_single_value_metrics(call: Call) -> Json:
    """Return the values that were reported once for a whole task."""
    found = []
    for task_id in call.items("tasks"):
        owner = load(call, "model" if call.body.get("model_events") else "task", str(task_id))
        values = [
            {key: event[key] for key in ("metric", "variant", "value", "timestamp")}
            for event in call.store.events(owner["id"], "training_stats_scalar", "metric")
            if event["iter"] == SINGLE_VALUE
        ]
        if values:
            found.append({"task": owner["id"], "task_name": owner["name"], "values": values})
    return {"tasks": found}


def get_task_latest_scalar_values(call: Call) -> Json:
    """Return the last value of every scalar of a task."""
    task = load(call, "task", call.text("task"))
    metrics = [
        {"name": next(iter(variants.values()))["metric"], "variants": [_last(item) for item in variants.values()]}
        for variants in task["last_metrics"].values()
        if variants
    ]
    return {"metrics": metrics, "last_iter": task["last_iteration"], "name": task["name"], "status": task["status"]}


def debug_images(call: Call) -> Json:
    """Return debug samples, the latest iterations first; the next call with the scroll id goes further back."""
    start, size = scroll_offset(call.body.get("scroll_id")), int(call.body.get("iters") or 1)
    if call.body.get("refresh"):
        start = 0
    found = []
    for asked in call.objects("metrics"):
        events = _of_metrics(call.store.events(str(asked.get("task")), "training_debug_image", "metric"), [asked])
        iterations = sorted({event["iter"] for event in events}, reverse=True)[start : start + size]
        found.append(
            {
                "task": asked.get("task"),
                "metric": asked.get("metric"),
                "iterations": [{"iter": i, "events": [e for e in events if e["iter"] == i]} for i in iterations],
            }
        )
    return {"scroll_id": str(start + size), "metrics": found}


def _batch(call: Call, events: list[Json]) -> tuple[list[Json], int]:
    start = scroll_offset(call.body.get("scroll_id"))
    size = int(call.body.get("batch_size") or _BATCH)
    if call.body.get("no_scroll"):
        return events, 0
    return events[start : start + size], start


def _asked(call: Call, events: list[Json]) -> list[Json]:
    metrics = call.objects("metrics")
    return _of_metrics(events, metrics) if metrics else events


def _of_metrics(events: list[Json], metrics: list[Json]) -> list[Json]:
    def fits(event: Json) -> bool:
        return any(
            item.get("metric") in (None, event["metric"])
            and (not item.get("variants") or event["variant"] in item["variants"])
            for item in metrics
        )

    return [event for event in events if fits(event)]


def _latest(events: list[Json], iterations: Any) -> list[Json]:
    size = int(iterations or 1)
    kept: dict[tuple[str, str], list[Json]] = {}
    for event in events:
        kept.setdefault((event["metric"], event["variant"]), []).append(event)
    return [event for group in kept.values() for event in group[-size:]]


def _position(event: Json, axis: str) -> Any:
    if axis == "iso_time":
        return datetime.fromtimestamp(event["timestamp"] / 1000, UTC).isoformat(timespec="milliseconds")
    return event[axis]


def _thin(curve: Json, limit: int) -> None:
    count = len(curve["x"])
    if limit > 0 and count > limit:
        chosen = [index * (count - 1) // max(limit - 1, 1) for index in range(limit)]
        curve["x"], curve["y"] = ([curve[axis][index] for index in chosen] for axis in ("x", "y"))


def _without_iteration(event: Json) -> Json:
    return {key: value for key, value in event.items() if key != "iter"}


def _last(item: Json) -> Json:
    return {"name": item["variant"], "last_value": item["value"]}
