"""The screen inside a step: by which rubric the judge rates, and what the task shows of candidates and judge."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from redraft.config import RUBRIC
from redraft.learning.judge import Judge
from redraft.learning.protocols import Agreement, Chat
from redraft.learning.rounds import WrittenRound
from redraft.learning.screen import JudgedScreen
from redraft.records import Candidate
from redraft.rubric import read_rubric
from redraft.tracking.tables import report_table

log = logging.getLogger("redraft")

MAX_PROMPT_CHARS = 1000  # of a prompt in the table; whole prompts are in the artifact


def judged_screen(chat: Chat, model: str, judge_answers: int, *, rubric: Path = RUBRIC) -> JudgedScreen:
    """Make the screen that asks this model, by the meanings that people rate by."""
    return JudgedScreen(
        judge=Judge(chat=chat, model=model, rubric=read_rubric(rubric).scores), judge_answers=judge_answers
    )


def report_screening(task: Any, written: WrittenRound) -> None:
    """Show candidates, accepted and rejected, and how far the judge agrees with people, on the step's task and log."""
    for candidate in written.candidates:
        log.info("%s %s", "accepted" if candidate.accepted else "rejected", "; ".join(candidate.reasons))
    log.log(logging.INFO if written.new else logging.WARNING, "%s", written.sentence)
    report_table(task, "candidates", candidates_table(written.candidates), max_chars=MAX_PROMPT_CHARS)
    if written.agreement is not None:
        for name, value in agreement_values(written.agreement).items():
            task.get_logger().report_single_value(name, value)
    task.set_comment(written.sentence)


def agreement_values(agreement: Agreement) -> dict[str, float]:
    """The single values of the judge's agreement with people; what cannot be told is left out."""
    values = {
        "judge answers": float(agreement.n),
        "judge spearman": agreement.spearman,
        "judge spearman low": agreement.spearman_low,
        "judge spearman high": agreement.spearman_high,
        "judge kappa": agreement.kappa,
        "judge kappa low": agreement.kappa_low,
        "judge kappa high": agreement.kappa_high,
    }
    return {name: value for name, value in values.items() if value is not None}


def candidates_table(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """One row a candidate: accepted or not, the judge's score, why, and the prompt."""
    rows = [
        {
            "accepted": "yes" if candidate.accepted else "no",
            "judge score": "" if candidate.judge_score is None else f"{candidate.judge_score:.2f}",
            "reasons": "; ".join(candidate.reasons),
            "prompt": candidate.prompt.text,
        }
        for candidate in candidates
    ]
    return pd.DataFrame(rows, columns=["accepted", "judge score", "reasons", "prompt"])
