"""One task that reports everything a task can report; prints its id."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pandas as pd
from clearml import OutputModel, Task


def main() -> None:
    """Write the task."""
    task = Task.init(
        project_name="flows/tasks",
        task_name="writes everything",
        tags=["written"],
        output_uri=True,
        auto_connect_frameworks=False,
    )
    task.connect({"top_k": 5, "ratio": 0.5, "on": True, "names": ["a", "b"], "none": None}, name="Args")
    task.connect({"nested": {"depth": 2}}, name="retrieval")
    task.set_parameter("Args/late", "later")
    task.set_user_properties(owner="qa")
    task.connect_configuration({"style": "short", "limits": {"chars": 900}}, name="prompt")
    task.set_configuration_object("notes", config_text="first line\nsecond line")
    task.set_comment("written by one process, read by another")
    _report(task)
    _upload(task)
    _models(task)
    logging.warning("a line on standard error")
    print("a line on standard output: über")  # noqa: T201 (it is what the console log must hold)
    task.flush(wait_for_uploads=True)
    task.close()
    Path("written.json").write_text(json.dumps({"task": task.id}), encoding="utf-8")


def _report(task: Task) -> None:
    logger = task.get_logger()
    for iteration in range(5):
        logger.report_scalar("score", "mean", 0.1 * iteration, iteration)
        logger.report_scalar("score", "max", 1.0 * iteration, iteration)
    logger.report_single_value("final.score", 0.75)
    logger.report_single_value("cost/usd", 0.125)
    logger.report_text("a reported line")
    logger.report_table("answers", "all", iteration=0, table_plot=pd.DataFrame({"question": ["q1"], "score": [4]}))
    logger.report_histogram("ratings", "counts", values=[1, 2, 3], iteration=0, xlabels=["1", "2", "3"])
    Path("sample.txt").write_text("answer one", encoding="utf-8")
    logger.report_media("samples", "q1", iteration=0, local_path="sample.txt")


def _upload(task: Task) -> None:
    Path("rows.jsonl").write_text('{"id": 1}\n{"id": 2}\n', encoding="utf-8")
    assert task.upload_artifact("rows", Path("rows.jsonl"), metadata={"rows": "2"}, wait_on_upload=True)
    assert task.upload_artifact("plan", {"letters": ["A", "B"], "größe": 3}, wait_on_upload=True)
    assert task.upload_artifact("frame", pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), wait_on_upload=True)
    assert task.upload_artifact("rows", Path("rows.jsonl"), metadata={"rows": "again"}, wait_on_upload=True)


def _models(task: Task) -> None:
    Path("best.txt").write_text("You answer from the documentation.", encoding="utf-8")
    model = OutputModel(task=task, name="prompt of the round", tags=["candidate"], framework="Custom")
    model.update_weights("best.txt", auto_delete_file=False, async_enable=False)
    model.set_metadata("score", "0.75", "float")
    model.tags = ["candidate", "promoted"]
    task.flush(wait_for_uploads=True)
    model.publish()


if __name__ == "__main__":
    main()
