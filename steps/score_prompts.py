r"""Turns the review's ratings into scores and a decision; publishes the variant that was promoted.

Alone, for a review that is closed:

    python steps/score_prompts.py --pipeline_task ID --prompts_task ID --answers_task ID --review_task ID \
        --project redraft --iteration 1 --promote auto
"""

from __future__ import annotations

import sys
import time

from redraft.learning.attribution import attribute_edits
from redraft.learning.decide import case_by_now, make_decision
from redraft.learning.history import History
from redraft.learning.orphans import orphan_warnings
from redraft.learning.protocols import DecisionCase
from redraft.learning.rounds import score_round
from redraft.learning.staleness import stale_answers
from redraft.records import Chunk, Decision, EditEffect, VariantScore
from redraft.settings import DecideSettings, ScoreSettings
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.closing import rejection
from redraft.tracking.history import history_of_run, load_decisions, load_history
from redraft.tracking.registry import register_variants
from redraft.tracking.score_report import report_scores
from redraft.tracking.step import Step, log, open_step, results_of, run_step

PARAMETERS = ["project", "iteration", "history_hash", "questions_hash", "seed_prompts_hash", "seed", "promote"]
PARAMETERS += ["index_task", "index_id", "prompts_task", "answers_task", "review_task", "review_key"]
SECTIONS = {"score": ScoreSettings, "decide": DecideSettings}


def main() -> int:
    """Run the step."""
    step = open_step(__file__, PARAMETERS, SECTIONS)
    interval = step.sections["score"].interval
    history = _history(step)
    others = [d for d in load_decisions(step.args["project"]) if d.iteration != step.number("iteration")]
    case, history = case_by_now(_case(step), history, others), history.add(others)
    stale = stale_answers(history, get_records(step.args["index_task"], "chunks", Chunk))
    scored = score_round(history, case, interval=interval, stale=stale)
    decisions, why = [scored.decision], rejection(step.args["review_task"])
    if why is not None:
        decisions = [make_decision(case, "reject", case.current_id, f"Rejected by its reviewers: {why}.")]
    elif scored.stop is not None:
        decisions.append(make_decision(case, "stop", case.current_id, f"Stop: {scored.stop}."))
    effects = attribute_edits(history, deviations=scored.board.posterior.deviations, interval=interval)
    put_records(step.id, "scores", VariantScore, scored.board.scores)
    put_records(step.id, "effects", EditEffect, effects)
    put_records(step.id, "decisions", Decision, decisions)
    step.result(
        decision=decisions[0].kind,
        decided_on=decisions[0].variant_id,
        stop=" ".join(decision.evidence for decision in decisions[1:]),
    )
    report_scores(step.task, scored.board, history, effects)
    step.task.set_comment("\n".join(decision.evidence for decision in decisions))
    for decision in decisions:
        log.info("%s", decision.evidence)
    # last, so that no label speaks of a decision that failed with its step
    register_variants(
        step.id, step.args["project"], history.add(decisions), scored.board, iteration=step.number("iteration")
    )
    return 0


def _history(step: Step) -> History:
    """Everything that the run learns from, its own ratings among them."""
    finished = [step.args[name] for name in ("prompts_task", "answers_task", "review_task")]
    history = load_history([*history_of_run(step.pipeline_id), *finished])
    for sentence in orphan_warnings(history):
        log.warning("%s", sentence)
    return history


def _case(step: Step) -> DecisionCase:
    written = results_of(step.args["prompts_task"])
    return DecisionCase(
        current_id=written["current_id"],
        new_ids=tuple(written["new_ids"].split()),
        promote="auto" if step.args["promote"] == "auto" else "confirm",
        settings=step.sections["decide"],
        now=time.time(),
        iteration=step.number("iteration"),
        run_id=step.pipeline_id,
    )


if __name__ == "__main__":
    sys.exit(run_step(main))
