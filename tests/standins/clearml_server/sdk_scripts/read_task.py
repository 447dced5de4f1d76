"""Everything that `write_task.py` wrote, read back in a process without a task of its own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from clearml import InputModel, Model, Task


def main() -> None:
    """Read the task of the given id and write what was found."""
    task = Task.get_task(sys.argv[1])
    facts: dict[str, Any] = {
        "status": str(task.status),
        "parameters": task.get_parameters(),
        "cast": task.get_parameters_as_dict(cast=True)["Args"],
        "properties": task.get_user_properties(value_only=True),
        "prompt": task.get_configuration_object_as_dict("prompt"),
        "notes": task.get_configuration_object("notes"),
        "comment": task.comment,
        "tags": task.get_tags(),
        "scalars": task.get_reported_scalars(),
        "scalars_three": task.get_reported_scalars(max_samples=3),
        "single_values": task.get_reported_single_values(),
        "single_value": task.get_reported_single_value("final.score"),
        "last_scalars": task.get_last_scalar_metrics(),
        "last_iteration": task.get_last_iteration(),
        "plots": [[plot["metric"], plot["variant"]] for plot in task.get_reported_plots()],
        "console": "".join(task.get_reported_console_output(10)),
        "samples": _samples(task),
    }
    facts |= _artifacts(task) | _models(task)
    Path("read.json").write_text(json.dumps(facts), encoding="utf-8")


def _samples(task: Task) -> list[list[Any]]:
    found = task.get_debug_samples("samples", "q1")
    return [[event["iter"], event["url"]] for event in found]


def _artifacts(task: Task) -> dict[str, Any]:
    rows, frame = task.artifacts["rows"], task.artifacts["frame"]
    return {
        "artifact_names": sorted(task.artifacts),
        "rows": Path(rows.get_local_copy(force_download=True)).read_text(encoding="utf-8"),
        "rows_metadata": rows.metadata,
        "rows_size": rows.size,
        "plan": task.artifacts["plan"].get(force_download=True),
        "frame": frame.get(force_download=True)[["x", "y"]].to_dict("list"),
        "frame_hash": frame.hash,
    }


def _models(task: Task) -> dict[str, Any]:
    model = task.models["output"][-1]
    found = InputModel(name="prompt of the round", project="flows/tasks", only_published=True)
    queried = Model.query_models(project_name="flows/tasks", tags=["promoted", "-retired"], only_published=True)
    started = time.monotonic()
    text = Path(found.get_local_copy(force_download=True)).read_text(encoding="utf-8")
    return {
        "model": model.id,
        "model_text": text,
        "model_seconds": time.monotonic() - started,
        "model_published": found.published,
        "model_tags": found.tags,
        "model_metadata": found.get_metadata("score"),
        "model_found": found.id,
        "models_queried": [item.id for item in queried],
        "models_by_metadata": [item.id for item in Model.query_models(metadata={"score": "0.75"})],
        "models_by_wrong_metadata": [item.id for item in Model.query_models(metadata={"score": "0.76"})],
    }


if __name__ == "__main__":
    main()
