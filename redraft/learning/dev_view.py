"""What the prompt writer may see of the history: dev questions and what was said about them, never a `val` one.

This is the only way from people's words to a meta-prompt. Variants pass, and prompts that are known; plans and overall
scores do not, because an overall comment is about all answers of a letter, `val` ones too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from redraft.learning.history import History
from redraft.learning.imported import UNKNOWN_PROMPTS, imported_variants
from redraft.learning.overlap import shared_run
from redraft.records import Prompt, Question, Rating, Variant


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
    leaky = _leaky_answers(history, dev, hidden)
    answers = {
        answer_id: answer
        for answer_id, answer in history.answers.items()
        if answer.question_id in dev and answer_id not in leaky
    }
    return History(
        prompts=_prompts(history, hidden),
        variants=history.variants,
        questions=dev,
        answers=answers,
        ratings=tuple(_without_quotes(rating, hidden) for rating in history.ratings if rating.answer_id in answers),
        decisions=history.decisions,
        judgements=tuple(judgement for judgement in history.judgements if judgement.answer_id in answers),
    )


def _prompts(history: History, hidden: list[str]) -> dict[str, Prompt]:
    """The prompts that are known; not one from elsewhere that repeats a hidden question."""
    strange = imported_variants(history)
    theirs, ours = (
        {i for v in history.variants.values() if (v.id in strange) is side for i in _prompt_ids(v)}
        for side in (True, False)
    )
    texts = {i: history.prompts[i].text for i in theirs - ours if i in history.prompts}
    leaky = {i for i, text in texts.items() if any(shared_run(text, question) for question in hidden)}
    return {i: prompt for i, prompt in history.prompts.items() if i not in leaky | UNKNOWN_PROMPTS}


def _prompt_ids(variant: Variant) -> tuple[str, str]:
    return variant.answer_prompt_id, variant.extract_prompt_id


def _leaky_answers(history: History, dev: Mapping[str, Question], hidden: list[str]) -> set[str]:
    """Answers from elsewhere to a hidden question in nearly the same words, or that repeat one."""
    strange = imported_variants(history)
    mine = [a for a in history.answers.values() if a.variant_id in strange and a.question_id in dev] if strange else []
    leaky = {q for q in {a.question_id for a in mine} if any(shared_run(dev[q].text, text) for text in hidden)}
    return {a.id for a in mine if a.question_id in leaky or any(shared_run(a.text or "", text) for text in hidden)}


def _without_quotes(rating: Rating, hidden: list[str]) -> Rating:
    """Drop a comment that repeats a hidden question; its score stays."""
    if rating.comment and any(shared_run(rating.comment, text) for text in hidden):
        return dataclasses.replace(rating, comment=None)
    return rating
