"""`events`, writing: logs, scalars, plots and debug samples, and the summary of them on the task."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.task_document import active_duration

SINGLE_VALUE = -(2**31)
"""The iteration that marks a value reported once for the whole task."""

_MONITOR = ":monitor:"
"""How the names of metrics of the machine begin: their iteration is a time, not the task's progress."""

_TYPES = {"log", "training_stats_scalar", "training_stats_vector", "training_debug_image", "plot"}


def add(call: Call) -> Json:
    """Write one event."""
    return _add(call, [call.body])


def add_batch(call: Call) -> Json:
    """Write events, one a line; one of a known task, type, metric, variant and iteration replaces the older."""
    return _add(call, call.lines)


def delete_for_task(call: Call) -> Json:
    """Remove the events of a task."""
    return {"deleted": call.store.delete_events(call.text("task")) > 0}


def _add(call: Call, lines: list[Json]) -> Json:
    owners: dict[tuple[str, str], list[Json]] = {}
    errors: Counter[str] = Counter()
    for line in lines:
        problem = _problem(line)
        if problem:
            errors[problem] += 1
            continue
        kind = "model" if line.get("model_event") else "task"
        owners.setdefault((kind, line["task"]), []).append(_stored(call, line))
    added = 0
    for (kind, owner_id), events in owners.items():
        owner = call.store.get(kind, owner_id)
        if owner is None:
            errors[f"Invalid {kind} id: {owner_id}"] += len(events)
            continue
        for event in events:
            call.store.put_event(event, _identity(event))
        added += len(events)
        call.store.put(kind, _summarised(call, owner, events))
    if errors and not added:
        raise ApiError(400, 111, f"Invalid events: {dict(errors)}")
    return {"added": added, "errors": errors.total(), "errors_info": dict(errors)}


def _problem(line: Any) -> str:
    if not isinstance(line, dict) or line.get("type") not in _TYPES:
        return "Invalid event type"
    if not isinstance(line.get("task"), str) or not line["task"]:
        return "Event must have a task id"
    if not isinstance(line.get("iter", 0), (int, type(None))):
        return "Event iteration must be a whole number"
    if line["type"] == "training_stats_scalar" and not isinstance(line.get("value"), (int, float)):
        return "Scalar must have a value"
    return ""


def _stored(call: Call, line: Json) -> Json:
    event = {
        **{key: value for key, value in line.items() if key != "allow_locked"},
        "@timestamp": call.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "timestamp": int(line.get("timestamp") or call.now.timestamp() * 1000),
        "metric": line.get("metric") or "",
        "variant": line.get("variant") or "",
        "worker": line.get("worker") or call.worker,
    }
    if line["type"] == "log":
        return {**event, "iter": 0}
    if line["type"] == "plot":
        event["plot_len"] = len(str(line.get("plot_str") or ""))
    return {**event, "iter": line.get("iter") or 0}


def _identity(event: Json) -> str | None:
    if event["type"] == "log":
        return None
    return "\n".join(str(event[key]) for key in ("task", "type", "metric", "variant", "iter"))


def _summarised(call: Call, owner: Json, events: list[Json]) -> Json:
    metrics, stats = dict(owner.get("last_metrics") or {}), dict[str, Json]()
    last = owner.get("last_iteration") or 0
    for event in events:
        key = _md5(event["metric"])
        if event["type"] == "training_stats_scalar":
            variants = dict(metrics.get(key) or {})
            variant = _md5(event["variant"])
            metrics[key] = {**variants, variant: _with_value(variants.get(variant), event)}
        by_type = {
            **stats.get(key, {}).get("event_stats_by_type", {}),
            event["type"]: {"last_update": event["timestamp"]},
        }
        stats[key] = {"metric": event["metric"], "event_stats_by_type": by_type}
        if not event["metric"].startswith(_MONITOR):
            last = max(last, event["iter"])
    result = {**owner, "last_metrics": metrics, "last_iteration": last, "last_update": call.stamp}
    if "status" not in owner:
        return result
    return {**result, "metric_stats": stats, "last_change": call.stamp, **active_duration(call, owner)}


def _with_value(known: Json | None, event: Json) -> Json:
    value, iteration = event["value"], event["iter"]
    start = {
        "metric": event["metric"],
        "variant": event["variant"],
        "value": value,
        "min_value": value,
        "min_value_iteration": iteration,
        "max_value": value,
        "max_value_iteration": iteration,
        "first_value": value,
        "first_value_iteration": iteration,
        "count": 1,
        "mean_value": round(value, 2),
    }
    if known is None:
        return start
    count = known["count"] + 1
    new = {**known, "value": value, "count": count}
    new["mean_value"] = round(known["mean_value"] + (value - known["mean_value"]) / count, 2)
    if value < known["min_value"]:
        new |= {"min_value": value, "min_value_iteration": iteration}
    if value > known["max_value"]:
        new |= {"max_value": value, "max_value_iteration": iteration}
    return new


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
