"""What a step's model calls leave behind: the call log, a table of it, what was spent, an end when it is too much.

With `recorded(step)` around everything that calls a model, all of that is kept however the step ends.
"""

from __future__ import annotations

import html
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd

from redraft.call_log import CallLog
from redraft.errors import BudgetSpent, RedraftError
from redraft.llm.budget import NOT_MADE, Budget
from redraft.llm.pace import Pace
from redraft.records import Answer, Chunk, LlmCall, Question
from redraft.tracking.artifacts import put_records
from redraft.tracking.kept_replies import kept_replies
from redraft.tracking.masking import make_mask
from redraft.tracking.shard import shard_count
from redraft.tracking.spending import open_budget, run_settings
from redraft.tracking.step import Step, log
from redraft.tracking.tables import MAX_ROWS, report_table

MAX_SAMPLES = 100  # questions with debug samples: the page keeps as many by default


@contextmanager
def recorded(step: Step) -> Iterator[CallLog]:
    """Give a call log to a step's models; keep it on the step's task in the end, however that comes.

    Raises:
        BudgetSpent: A limit kept calls from being made, whatever else went wrong for want of them.
    """
    settings = run_settings(step.pipeline_id)
    shares = shard_count(step, settings.scale)
    budget = open_budget(step, settings.budget, shares)
    replies, pace = kept_replies(step), Pace(settings.scale.calls_per_minute / shares)
    mask = make_mask(os.environ, settings.call_log.mask)
    calls = CallLog(limits=budget, mask=mask, replies=replies, wait_s=pace.wait_s, shares=shares)
    try:
        with replies:
            yield calls
    except RedraftError as error:
        if not budget.refused:
            raise
        log.warning("%s", error)
    finally:
        _keep(step, calls, budget)
    if budget.refused:
        raise spent_up(budget)


def not_made(answer: Answer) -> bool:
    """Whether an answer was never asked for, because the budget was spent."""
    return answer.error is not None and NOT_MADE in answer.error


def spent_up(budget: Budget) -> BudgetSpent:
    """Why a step ends that its budget did not allow to finish, and how to go on."""
    limit = budget.reached()
    assert limit is not None, "a call was refused, so a limit is reached"  # noqa: S101 - our own bug
    total = limit.before + (budget.spent.tokens if limit.unit == "tokens" else budget.spent.usd or 0.0)
    unit, digits = ("tokens", ",.0f") if limit.unit == "tokens" else ("USD", ",.4g")
    return BudgetSpent(
        f"the limit {limit.key} = {limit.most:{digits}} {unit} is reached: {total:{digits}} are spent; "
        f"{budget.refused} calls were not made, what was done is kept",
        remedy=f"`redraft resume --set {limit.key}=MORE` goes on: finished steps come from the cache",
    )


def calls_table(calls: Sequence[LlmCall]) -> pd.DataFrame:
    """The calls as rows: those that failed first, then in the order in which they ended."""
    rows = [
        {
            "step": call.step,
            "kind": call.kind,
            "model": call.model,
            "question": call.question_id or "",
            "asked": call.messages[-1][1] if call.messages else "",
            "reply": call.reply or "",
            "error": call.error or "",
            "tokens in": call.tokens_in,
            "tokens out": call.tokens_out,
            "USD": call.cost_usd,
            "s": round(call.latency_s, 2),
            "retries": call.retries,
            "kept": "yes" if call.kept else "",
        }
        for call in sorted(calls, key=lambda call: call.error is None)
    ]
    return pd.DataFrame(rows)


def report_samples(
    task: Any,
    answers: Mapping[str, Sequence[Answer]],
    questions: Sequence[Question],
    chunks: Mapping[str, Chunk],
) -> None:
    """Put question, passages and answer on a task as debug samples.

    The sample of a question has its number as iteration, so that the page that compares runs shows the answers to one
    question side by side.

    Args:
        task: The pipeline task.
        answers: Answers by what their variant is in this run: `new`, `current`.
        questions: In their order; the first `MAX_SAMPLES` are shown.
        chunks: Passages by id.
    """
    mask = make_mask(os.environ, run_settings(task.id).call_log.mask)
    logger = task.get_logger()
    for role, given in answers.items():
        by_question = {answer.question_id: answer for answer in given}
        for number, question in enumerate(questions[:MAX_SAMPLES]):
            answer = by_question.get(question.id)
            if answer is not None:
                page = sample_page(question, answer, [chunks[i] for i in answer.chunk_ids if i in chunks], mask)
                logger.report_media(
                    "answers", role, iteration=number, stream=io.StringIO(page), file_extension=".html",
                    max_history=MAX_SAMPLES,
                )  # fmt: skip
    logger.flush(wait=True)  # they are uploaded by threads that nobody waits for at the end of a run


def sample_page(question: Question, answer: Answer, chunks: Sequence[Chunk], mask: Any) -> str:
    """Write question, answer and passages as a page without anything that a browser would run."""
    parts = [("Question", question.text), ("Answer", answer.text or f"failed: {answer.error}")]
    parts += [
        (f"Passage {number}: {chunk.document_path}, {chunk.heading_path}", chunk.text)
        for number, chunk in enumerate(chunks, start=1)
    ]
    style = "font-family: sans-serif; max-width: 50em"
    shown = [
        f"<h3>{html.escape(mask(title))}</h3>\n<pre style='white-space: pre-wrap'>{html.escape(mask(text))}</pre>"
        for title, text in parts
    ]
    body = "\n".join(shown)
    return f"<!doctype html><meta charset='utf-8'><div style='{style}'>\n{body}\n</div>\n"


def _keep(step: Step, calls: CallLog, budget: Budget) -> None:
    made = calls.calls
    put_records(step.id, "calls", LlmCall, made)
    if made:
        report_table(step.task, "model calls", calls_table(made))
    budget.keep()
    known = "an unknown amount of money" if budget.spent.usd is None else f"{budget.spent.usd:.4f} USD"
    shown = f"; the table shows {MAX_ROWS}, the artifact `calls` all" if len(made) > MAX_ROWS else ""
    log.info("%d model calls, %s tokens, %s%s", len(made), f"{budget.spent.tokens:,}", known, shown)
