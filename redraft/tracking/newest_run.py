"""Where the project's newest run is: for people who wait for it, and never see ClearML."""

from __future__ import annotations

from dataclasses import dataclass

from redraft.tracking.prepare import runs_of
from redraft.tracking.server import find_tasks
from redraft.tracking.step import why_ended
from redraft.tracking.templates import pipeline_project

STEPS = {
    "version_docs": "reading the docs",
    "build_index": "indexing the docs",
    "write_prompts": "writing new prompts",
    "answer_questions": "answering the example questions",
    "review": "people rate the answers",
    "score_prompts": "scoring the prompts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A run as people should know it."""

    run_id: str
    iteration: int  # 0: not numbered yet
    status: str  # of its task
    doing: str  # what is done now, in words; empty when nothing is
    step: int  # its place, from 1; 0: none yet
    steps: int
    reviewed: bool  # people have said what they had to say
    why: str = ""  # it ended badly


def newest_run(project: str) -> RunState | None:
    """The project's newest run; `None` before the first."""
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    if not runs:
        return None
    run = runs[-1]
    fields = ["name", "status"]
    tasks = {task["name"]: task["status"] for task in find_tasks(parent=run["id"], only_fields=fields)}
    names = list(STEPS)
    at = max((names.index(name) for name in tasks if name in names), default=-1)
    reviewed = tasks.get("review") in ("completed", "published") or at > names.index("review")
    at = max(at, names.index("review") + 1) if reviewed else at
    live = run["status"] in ("queued", "in_progress", "created")
    return RunState(
        run_id=str(run["id"]),
        iteration=run["iteration"],
        status=str(run["status"]),
        doing=(STEPS[names[at]] if at >= 0 else "starting") if live else "",
        step=at + 1,
        steps=len(names),
        reviewed=reviewed,
        why=why_ended(run) if run["status"] in ("failed", "stopped") else "",
    )
