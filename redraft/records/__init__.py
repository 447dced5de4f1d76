"""Every record that travels between steps, pages and runs. How they are written: `redraft.jsonl`.

Records are frozen; they join by id, never by position; missing is `None`. An id is a hash of what makes the record
what it is, so the same thing gets the same id on every machine.
"""

from __future__ import annotations

from redraft.records.answers import Answer, Checks, Extract, Judgement, KeptReply, LlmCall, answer_id
from redraft.records.docs import Chunk, Document, DocumentSize, Question, Split
from redraft.records.events import EditKind, Feedback, Import, QuestionEdit
from redraft.records.ids import content_id
from redraft.records.prompts import Candidate, Prompt, PromptEdit, PromptKind, Theme, Variant, make_prompt, make_variant
from redraft.records.reviewing import Flag, Overall, PlanItem, Presence, Rating, Role
from redraft.records.scores import Decision, DecisionKind, EditEffect, Evidence, IterationResult, VariantScore

__all__ = [
    "Answer",
    "Candidate",
    "Checks",
    "Chunk",
    "Decision",
    "DecisionKind",
    "Document",
    "DocumentSize",
    "EditEffect",
    "EditKind",
    "Evidence",
    "Extract",
    "Feedback",
    "Flag",
    "Import",
    "IterationResult",
    "Judgement",
    "KeptReply",
    "LlmCall",
    "Overall",
    "PlanItem",
    "Presence",
    "Prompt",
    "PromptEdit",
    "PromptKind",
    "Question",
    "QuestionEdit",
    "Rating",
    "Role",
    "Split",
    "Theme",
    "Variant",
    "VariantScore",
    "answer_id",
    "content_id",
    "make_prompt",
    "make_variant",
]
