"""Smoke answers: a candidate's answers to a few dev questions, held against its parent's answers to the same ones.

Only what got worse counts. A weak model that never cites well would otherwise reject every candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from redraft.answering.answer import AnswerTask
from redraft.learning.chance import shuffled
from redraft.learning.history import History, with_prompt
from redraft.learning.protocols import Trial
from redraft.records import Answer, Prompt, Question, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeTrials:
    """The `TryPrompts` policy: each prompt takes the place of its parent's prompt of the same kind.

    Trial answers have the ids of the first answers that the new variant will give: they are the same requests. So a
    judgement from before people saw a candidate is later held against what they said.
    """

    questions: tuple[Question, ...]  # dev questions, see `smoke_questions`
    history: History  # the parents' prompts are in it
    answer: Callable[[Sequence[AnswerTask]], Sequence[Answer]]  # in the order of the tasks

    def __call__(self, prompts: Sequence[Prompt], *, parent: Variant) -> tuple[Trial, ...]:
        """Answer every question with the parent, once, and with each prompt."""
        known = self.history.add(prompts)
        variants = [parent, *(with_prompt(parent, prompt) for prompt in prompts)]
        tasks = [
            AnswerTask(
                question=question,
                variant=variant,
                answer_prompt=known.prompt(variant.answer_prompt_id),
                extract_prompt=known.prompt(variant.extract_prompt_id),
            )
            for variant in variants
            for question in self.questions
        ]
        answers, size = tuple(self.answer(tasks)), len(self.questions)
        groups = [answers[size * number : size * (number + 1)] for number in range(len(variants))]
        return tuple(
            Trial(prompt_id=prompt.id, answers=own, reasons=smoke_reasons(own, groups[0]))
            for prompt, own in zip(prompts, groups[1:], strict=True)
        )


def smoke_questions(questions: Iterable[Question], n: int, *, seed: int) -> tuple[Question, ...]:
    """Choose dev questions to try candidates on; one that the docs do not answer is among them if there is one."""
    dev = {question.id: question for question in questions if question.split == "dev"}
    drawn = [dev[question_id] for question_id in shuffled(dev, "smoke", seed)]
    unanswerable = [question for question in drawn if question.answerable is False][:1]
    rest = [question for question in drawn if question not in unanswerable]
    return tuple([*unanswerable, *rest][:n])


def smoke_reasons(candidate: Sequence[Answer], parent: Sequence[Answer]) -> tuple[str, ...]:
    """Return what the candidate does worse than its parent.

    Args:
        candidate: Its answers; failed ones say nothing of the prompt.
        parent: The parent's answers; a question that it did not answer says nothing either.
    """
    before = {answer.question_id: answer for answer in parent if answer.error is None}
    reasons = []
    for answer in candidate:
        if answer.error is None and answer.question_id in before:
            reasons += _worse(answer, before[answer.question_id])
    return tuple(reasons)


def _worse(answer: Answer, parent: Answer) -> list[str]:
    reasons, mine, its = [], answer.checks, parent.checks
    where = f"question {answer.question_id}"
    if not (answer.text or "").strip() and (parent.text or "").strip():
        reasons.append(f"no answer to {where}; the parent has one")
    if mine.citations_valid is not None and mine.citations_valid < min(1.0, its.citations_valid or 0.0):
        reasons.append(f"cites sources that were not retrieved for {where}; the parent cites better")
    if mine.sources_cited is False and its.sources_cited and not mine.refused:
        reasons.append(f"cites nothing for {where}; the parent does")
    if mine.quotes_found is not None and mine.quotes_found < min(1.0, its.quotes_found or 0.0):
        reasons.append(f"quotes what no passage says for {where}; the parent quotes better")
    if _dropped_share(answer) > _dropped_share(parent):
        reasons.append(f"copies out what no passage says for {where}; the parent copies better")
    if mine.refusal_right is False and its.refusal_right:
        reasons.append(f"{'refuses' if mine.refused else 'does not refuse'} {where}; the parent is right")
    return reasons


def _dropped_share(answer: Answer) -> float:
    """Share of what the model copied out that occurs in no passage, 0 to 1."""
    copied = len(answer.extracts) + answer.checks.extracts_dropped
    return answer.checks.extracts_dropped / copied if copied else 0.0
