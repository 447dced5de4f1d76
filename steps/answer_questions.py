r"""Answers example questions with the current and the new variants, and plans who rates which answer.

Alone, for a run that exists:

    python steps/answer_questions.py --pipeline_task ID --prompts_task ID --index_task ID --chat_model demo-chat \
        --embedding_model demo-embed --ratings 24 --iteration 1 --seed 1
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from redraft.answering.answer import too_many_failed
from redraft.corpus.index import Index
from redraft.errors import RunError
from redraft.learning.design import rows_of
from redraft.learning.history import History
from redraft.learning.plan import answer_tasks
from redraft.learning.protocols import ReviewBrief
from redraft.learning.rounds import POLICIES
from redraft.learning.staleness import stale_answers
from redraft.learning.variances import estimate_deviations
from redraft.records import Answer, Chunk, PlanItem, Question
from redraft.settings import AnswerSettings, PlanSettings, RetrievalSettings
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.bot import open_bot
from redraft.tracking.call_report import not_made, recorded
from redraft.tracking.history import history_of_run, load_history
from redraft.tracking.shard import PARAMETERS as SHARD_PARAMETERS
from redraft.tracking.shared_answers import answer_in_shards, answer_share
from redraft.tracking.step import Step, log, open_step, results_of, run_step

PARAMETERS = ["project", "iteration", "history_hash", "questions_hash", "seed_prompts_hash", "seed", "ratings"]
PARAMETERS += ["prompts_task", "index_task", "index_id", "dataset_id"]
PARAMETERS += ["chat_model", "chat_endpoint", "embedding_model", "embedding_endpoint", *SHARD_PARAMETERS]
SECTIONS = {"answer": AnswerSettings, "retrieval": RetrievalSettings, "plan": PlanSettings}


def main() -> int:
    """Run the step."""
    step = open_step(__file__, PARAMETERS, SECTIONS)
    questions = get_records(step.pipeline_id, "questions", Question)
    history = load_history([*history_of_run(step.pipeline_id), step.args["prompts_task"]]).add(questions)
    with tempfile.TemporaryDirectory() as folder, recorded(step) as calls:
        bot = open_bot(step, Path(folder), calls)
        brief = _brief(step, history, questions, bot.index)
        tasks = answer_tasks(POLICIES.plan.ask(history, brief), history, questions)
        if step.args["shard"]:
            return answer_share(step, bot, calls, tasks)
        answers = answer_in_shards(step, bot, calls, tasks)
        chunks = bot.index.chunks
        put_records(step.id, "answers", Answer, [answer for answer in answers if not not_made(answer)])
    put_records(step.id, "questions", Question, questions)
    problem = too_many_failed(answers, step.sections["answer"].max_failed_share)
    if problem:
        raise RunError(problem, remedy="mend the endpoint and run `redraft resume`")
    plan = POLICIES.plan.plan(history, brief, answers)
    again = [history.answers[item.answer_id] for item in plan if item.role == "anchor"]
    put_records(step.id, "answers", Answer, [*answers, *again])  # whoever reviews needs no other task
    used = dict.fromkeys(chunk_id for answer in (*answers, *again) for chunk_id in answer.chunk_ids)
    put_records(step.id, "passages", Chunk, [chunks[chunk_id] for chunk_id in used])
    put_records(step.id, "plan", PlanItem, plan)
    step.result(review_key=plan[0].review_key, answers=len(answers), planned=len(plan))
    failed = sum(answer.error is not None for answer in answers)
    log.info("%d answers, %d of them failed; %d ratings planned", len(answers), failed, len(plan))
    return 0


def _brief(step: Step, history: History, questions: list[Question], index: Index) -> ReviewBrief:
    written, plan = results_of(step.args["prompts_task"]), step.sections["plan"]
    stale = stale_answers(history, index.chunks.values())
    return ReviewBrief(
        questions=tuple(questions),
        current_id=written["current_id"],
        new_ids=tuple(written["compared_ids"].split()),
        index_id=index.id,
        ratings=step.number("ratings"),
        reviewers=plan.reviewers,
        current_share=plan.current_share,
        second_share=plan.second_share,
        anchor_share=plan.anchor_share,
        known_chunks=frozenset(index.chunks),
        stale=stale,
        deviations=estimate_deviations(rows_of(history, stale=stale)),
        seed=step.number("seed") + step.number("iteration"),
    )


if __name__ == "__main__":
    sys.exit(run_step(main))
