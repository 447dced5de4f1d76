"""What people said and did outside a review, as tables: feedback, edits of questions, decisions."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from redraft.learning.history import History
from redraft.tracking.export_table import Kind, frame_of, iso_time, prompt_cells

FEEDBACK: Mapping[str, Kind] = {
    "feedback_id": str,
    "reviewer": str,
    "thumb": str,  # up or down
    "comment": str,
    "created": str,
    "question": str,
    "answer": str,
    "sources": list,
    "variant_id": str,
    "answer_prompt": str,
    "extract_prompt": str,
    "preferred_to": str,  # variant of the other answer, when two were shown
    "docs_version": str,
    "index_id": str,
}
DECISIONS: Mapping[str, Kind] = {
    "decision_id": str,
    "created": str,
    "decision": str,  # promote, keep, reject, rollback, stop
    "variant_id": str,
    "current_id": str,  # that was current before
    "author": str,
    "evidence": str,
    "iteration": int,
    "run_id": str,
}
QUESTION_EDITS: Mapping[str, Kind] = {
    "edit_id": str,
    "created": str,
    "kind": str,  # add, edit, retire
    "author": str,
    "reason": str,
    "question": str,  # as it is from then on; of `retire`: that is no longer asked
    "split": str,
    "answerable": bool,  # missing: not known
    "note": str,
    "replaced": str,  # of `edit`: the question as it was, if the history holds it
    "question_id": str,
    "replaced_id": str,
}


def feedback_frame(history: History) -> pd.DataFrame:
    """One row a thumb or comment of somebody who asked the bot, oldest first."""
    rows = [
        {
            "feedback_id": said.id,
            "reviewer": said.reviewer,
            "thumb": said.thumb,
            "comment": said.comment,
            "created": iso_time(said.created),
            "question": said.question,
            "answer": said.answer,
            "sources": list(said.sources),
            "variant_id": said.variant_id,
            **prompt_cells(history, said.variant_id),
            "preferred_to": said.preferred_to,
            "docs_version": said.dataset_id,
            "index_id": said.index_id,
        }
        for said in history.feedback
    ]
    return frame_of(rows, FEEDBACK)


def decisions_frame(history: History) -> pd.DataFrame:
    """One row a decision, oldest first."""
    rows = [
        {
            "decision_id": decision.id,
            "created": iso_time(decision.created),
            "decision": decision.kind,
            "variant_id": decision.variant_id,
            "current_id": decision.current_id,
            "author": decision.author,
            "evidence": decision.evidence,
            "iteration": decision.iteration,
            "run_id": decision.run_id,
        }
        for decision in history.decisions
    ]
    return frame_of(rows, DECISIONS)


def question_edits_frame(history: History) -> pd.DataFrame:
    """One row a question that somebody added, edited or retired on the page, oldest first."""
    texts = {edit.question.id: edit.question.text for edit in history.question_edits}
    texts |= {question.id: question.text for question in history.questions.values()}
    rows = [
        {
            "edit_id": edit.id,
            "created": iso_time(edit.created),
            "kind": edit.kind,
            "author": edit.author,
            "reason": edit.reason,
            "question": edit.question.text,
            "split": edit.question.split,
            "answerable": edit.question.answerable,
            "note": edit.question.note,
            "replaced": texts.get(edit.question.replaces or ""),
            "question_id": edit.question.id,
            "replaced_id": edit.question.replaces,
        }
        for edit in history.question_edits
    ]
    return frame_of(rows, QUESTION_EDITS)
