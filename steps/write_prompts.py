r"""Writes new prompts from earlier prompts, their ratings and the reviewers' comments; chooses those that people see.

Alone, for a run that exists (its questions and history are read from its task):

    python steps/write_prompts.py --pipeline_task ID --index_task ID --chat_model demo-chat \
        --embedding_model demo-embed --candidates 4 --iteration 1 --seed 1
"""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from pathlib import Path

from redraft.learning.candidates import ModelWriter
from redraft.learning.rounds import POLICIES, WritingRound, WrittenRound, write_round
from redraft.learning.staleness import stale_answers
from redraft.llm import ChatModel, chat_endpoint
from redraft.records import Answer, Candidate, Judgement, Prompt, Question, Theme, Variant
from redraft.settings import AnswerSettings, RetrievalSettings, ScoreSettings, WriteSettings
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.bot import open_bot, present_variant, smoke_trials
from redraft.tracking.call_report import recorded
from redraft.tracking.history import history_of_run, load_history
from redraft.tracking.screening import judged_screen, report_screening
from redraft.tracking.step import open_step, run_step

PARAMETERS = ["project", "iteration", "history_hash", "questions_hash", "seed_prompts_hash", "rubric_hash", "seed"]
PARAMETERS += ["candidates", "index_task", "index_id"]
PARAMETERS += ["chat_model", "chat_endpoint", "embedding_model", "embedding_endpoint"]
SECTIONS = {"write": WriteSettings, "answer": AnswerSettings, "retrieval": RetrievalSettings, "score": ScoreSettings}


def main() -> int:
    """Run the step."""
    step = open_step(__file__, PARAMETERS, SECTIONS)
    settings = step.sections["write"]
    history = load_history(history_of_run(step.pipeline_id))
    questions = tuple(get_records(step.pipeline_id, "questions", Question))
    answer_prompt, extract_prompt = get_records(step.pipeline_id, "seedprompts", Prompt)
    writer_model = settings.writer_model or step.args["chat_model"]
    with tempfile.TemporaryDirectory() as folder, recorded(step) as calls:
        writer = ChatModel(
            chat_endpoint(os.environ), writer_model, settings=step.sections["answer"], step=step.name, log=calls
        )
        bot = open_bot(step, Path(folder), calls)
        task = WritingRound(
            questions=questions,
            seed_variant=present_variant(bot, answer_prompt, extract_prompt),
            seed_prompts=(answer_prompt, extract_prompt),
            settings=settings,
            n_candidates=step.number("candidates"),
            writer_model=writer_model,
            interval=step.sections["score"].interval,
            seed=step.number("seed") + step.number("iteration"),
            run_id=step.pipeline_id,
            stale=stale_answers(history, bot.index.chunks.values()),
        )
        screen = judged_screen(writer, writer_model, settings.judge_answers)
        policies = dataclasses.replace(POLICIES, screen=screen)
        write = ModelWriter(chat=writer, try_prompts=smoke_trials(bot, history, task))
        written = write_round(history, task, write, policies=policies)
    _keep(step.id, written)
    step.result(
        current_id=written.current.id,
        new_ids=" ".join(variant.id for variant in written.new),
        compared_ids=" ".join(written.compared_ids),
    )
    report_screening(step.task, written)
    return 0


def _keep(task_id: str, written: WrittenRound) -> None:
    put_records(task_id, "candidates", Candidate, written.candidates)
    put_records(task_id, "themes", Theme, written.themes)
    put_records(task_id, "trials", Answer, [answer for trial in written.trials for answer in trial.answers])
    put_records(task_id, "judgements", Judgement, written.judgements)
    put_records(task_id, "prompts", Prompt, written.prompts)
    put_records(task_id, "variants", Variant, written.variants)


if __name__ == "__main__":
    sys.exit(run_step(main))
