r"""Turns the review's ratings into scores and a decision; publishes the variant that was promoted.

Alone, for a review that is closed:

    python steps/score_prompts.py --pipeline_task ID --prompts_task ID --answers_task ID --review_task ID \
        --project redraft --iteration 1 --promote auto
"""

from __future__ import annotations

import sys
import time

from redraft.config import ScoreSettings
from redraft.errors import RedraftError
from redraft.learning.decide import make_decision
from redraft.learning.protocols import DecisionCase
from redraft.learning.rounds import score_round
from redraft.records import Decision, VariantScore
from redraft.tracking.artifacts import put_records
from redraft.tracking.closing import rejection
from redraft.tracking.history import history_of_run, load_history
from redraft.tracking.registry import publish_variant
from redraft.tracking.step import fail, log, open_step, results_of

PARAMETERS = ["project", "iteration", "history_hash", "questions_hash", "seed_prompts_hash", "seed", "promote"]
PARAMETERS += ["prompts_task", "answers_task", "review_task", "review_key"]


def main() -> int:
    """Run the step."""
    step = open_step(__file__, PARAMETERS, {"score": ScoreSettings})
    finished = [step.args[name] for name in ("prompts_task", "answers_task", "review_task")]
    history = load_history([*history_of_run(step.pipeline_id), *finished])
    written = results_of(step.args["prompts_task"])
    case = DecisionCase(
        current_id=written["current_id"],
        new_ids=tuple(written["new_ids"].split()),
        promote="confirm" if step.args["promote"] == "confirm" else "auto",
        now=time.time(),
        iteration=step.number("iteration"),
        run_id=step.pipeline_id,
    )
    scored = score_round(history, case, interval=step.sections["score"].interval)
    decision, why = scored.decision, rejection(step.args["review_task"])
    if why is not None:
        decision = make_decision(case, "reject", case.current_id, f"Rejected by its reviewers: {why}.")
    put_records(step.id, "scores", VariantScore, scored.board.scores)
    if decision.kind == "promote":
        variant = history.variant(decision.variant_id)
        prompts = history.prompt(variant.answer_prompt_id), history.prompt(variant.extract_prompt_id)
        publish_variant(step.task, step.args["project"], variant, prompts, scored.board.of(variant.id))
    put_records(step.id, "decisions", Decision, [decision])
    step.result(decision=decision.kind, decided_on=decision.variant_id)
    step.task.set_comment(decision.evidence)
    log.info("%s", decision.evidence)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RedraftError as error:
        sys.exit(fail(error))
