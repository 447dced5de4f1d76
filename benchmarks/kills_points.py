"""The cells of the table of `kills.py`: who is killed when, what came of it, and the run that shows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kills_world import World

from redraft.config import ROOT, load_config
from redraft.settings import Config

STEPS = ("version_docs", "build_index", "write_prompts", "answer_questions", "review", "score_prompts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Who is killed, and when."""

    victim: str
    step: str
    moment: str  # before, during, after; unsent: during, with ratings that only the page has; change: docs were pushed
    keeper: bool = False  # `redraft watch` runs
    limit_s: float = field(default=180.0, compare=False)  # after the kill; longer is a hang

    @property
    def words(self) -> str:
        """As in the table."""
        if not self.victim:
            return "nothing is killed"
        return f"{self.victim}, {self.moment} {self.step}{', keeper' if self.keeper else ''}"


@dataclass(slots=True, kw_only=True)
class Found:
    """What came of it."""

    cell: Cell
    outcome: str = "hung"
    command: str = "nothing"
    seconds: float = 0.0  # from the kill to the run's end
    calls: int = 0
    twice: int = 0  # calls that were made again
    in_flight: int = 0  # at the kill
    clicked: int = 0
    acknowledged: int = 0
    lost: int = 0  # ratings that people clicked and that are nowhere
    reviews: int = 0  # that were made
    open_reviews: int = 0  # that are left
    orphans: int = 0  # other tasks that are left
    further_runs: int = 0
    notes: list[str] = field(default_factory=list)


def config_for(world: World, step: str, number: int) -> Config:
    """Iteration 1 once more, with one setting so that all before a step comes from the cache, and the step does not."""
    docs = world.docs(number) if step in STEPS[:2] else world.folder / "docs"
    tiny = number / 1e6
    settings = {
        "run.docs": str(docs),
        "run.questions": str(world.folder / "questions.jsonl"),
        "run.iteration": 1,
        "run.candidates": 2,
        "run.ratings": 8,
        "plan.reviewers": 2,
        "answer.max_concurrency": 4,
        "index.max_concurrency": 2,
        "index.batch_size": 8,
        "write.temperature": 0.9 + tiny * (step == "write_prompts"),
        "plan.anchor_share": 0.1 + tiny * (step in ("answer_questions", "review")),
        "decide.largest_drift": 0.5 + tiny * (step == "score_prompts"),
    }
    return load_config(ROOT / "configs" / "stand_ins.yaml", settings)
