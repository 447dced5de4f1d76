"""What the prompt writer may see of the history: dev questions and what was said about them, never a `val` one.

This is the only way from people's words to a meta-prompt. Prompts and variants pass; plans and overall scores do not,
because an overall comment is about all answers of a letter, `val` ones too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from redraft.learning.history import History
from redraft.learning.overlap import shared_run
from redraft.records import Question, Rating


def dev_view(history: History, questions: Iterable[Question]) -> History:
    """Return the history without anything of `val` questions.

    Args:
        history: Everything.
        questions: This iteration's questions. One that is `val` here or anywhere in the history is hidden, even if it
            was `dev` once; an answer to an unknown question is hidden too.
    """
    every = history.add(questions).questions
    dev = {question_id: question for question_id, question in every.items() if question.split == "dev"}
    hidden = [question.text for question in every.values() if question.split == "val"]
    answers = {answer_id: answer for answer_id, answer in history.answers.items() if answer.question_id in dev}
    return History(
        prompts=history.prompts,
        variants=history.variants,
        questions=dev,
        answers=answers,
        ratings=tuple(_without_quotes(rating, hidden) for rating in history.ratings if rating.answer_id in answers),
        decisions=history.decisions,
        judgements=tuple(judgement for judgement in history.judgements if judgement.answer_id in answers),
    )


def _without_quotes(rating: Rating, hidden: list[str]) -> Rating:
    """Drop a comment that repeats a hidden question; its score stays."""
    if rating.comment and any(shared_run(rating.comment, text) for text in hidden):
        return dataclasses.replace(rating, comment=None)
    return rating
