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

from redraft.call_log import CallLog
from redraft.config import AnswerSettings, RetrievalSettings, ScoreSettings, WriteSettings
from redraft.errors import RedraftError
from redraft.learning.candidates import ModelWriter
from redraft.learning.rounds import WritingRound, write_round
from redraft.llm import ChatModel, chat_endpoint
from redraft.records import Candidate, LlmCall, Prompt, Question, Theme, Variant
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.bot import open_bot, present_variant, smoke_check
from redraft.tracking.history import history_of_run, load_history
from redraft.tracking.step import fail, log, open_step

PARAMETERS = ["project", "iteration", "history_hash", "questions_hash", "seed_prompts_hash", "seed", "candidates"]
PARAMETERS += ["index_task", "index_id", "chat_model", "chat_endpoint", "embedding_model", "embedding_endpoint"]
SECTIONS = {"write": WriteSettings, "answer": AnswerSettings, "retrieval": RetrievalSettings, "score": ScoreSettings}


def main() -> int:
    """Run the step."""
    step = open_step(__file__, PARAMETERS, SECTIONS)
    settings, calls = step.sections["write"], CallLog()
    history = load_history(history_of_run(step.pipeline_id))
    questions = tuple(get_records(step.pipeline_id, "questions", Question))
    answer_prompt, extract_prompt = get_records(step.pipeline_id, "seedprompts", Prompt)
    writer_model = settings.writer_model or step.args["chat_model"]
    writer = ChatModel(
        chat_endpoint(os.environ), writer_model, settings=step.sections["answer"], step=step.name, log=calls
    )
    with tempfile.TemporaryDirectory() as folder:
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
        )
        smoke = smoke_check(bot, history, task)
        try:
            written = write_round(history, task, ModelWriter(chat=writer, smoke=smoke))
        finally:
            put_records(step.id, "calls", LlmCall, calls.calls)
    put_records(step.id, "candidates", Candidate, written.candidates)
    put_records(step.id, "themes", Theme, written.themes)
    put_records(step.id, "prompts", Prompt, written.prompts)
    put_records(step.id, "variants", Variant, written.variants)
    step.result(current_id=written.current.id, new_ids=" ".join(variant.id for variant in written.new))
    for candidate in written.candidates:
        log.info("%s %s", "accepted" if candidate.accepted else "rejected", "; ".join(candidate.reasons))
    step.task.get_logger().report_table("candidates", "all", iteration=0, table_plot=_table(written.candidates))
    if not written.new:
        log.warning("no candidate was accepted: the current prompt is rated again")
    return 0


def _table(candidates: tuple[Candidate, ...]) -> object:
    import pandas as pd

    rows = [dataclasses.asdict(candidate) for candidate in candidates]
    return pd.DataFrame(
        [
            {"accepted": r["accepted"], "reasons": "; ".join(r["reasons"]), "prompt": r["prompt"]["text"][:300]}
            for r in rows
        ]
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RedraftError as error:
        sys.exit(fail(error))
