"""A batch of answers in shards: who answers which questions, and how the answers come together by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from redraft.answering.answer import AnswerTask, too_many_failed
from redraft.call_log import CallLog
from redraft.errors import RunError
from redraft.records import Answer, answer_id
from redraft.tracking.artifacts import artifact_urls, get_records, put_records
from redraft.tracking.bot import Bot
from redraft.tracking.call_report import not_made
from redraft.tracking.shard import SPENT_UP, end_with_step, shard_of
from redraft.tracking.shards import Shards
from redraft.tracking.step import Step, log

SHARE = "share"  # artifact of a shard: its answers; a name that is no part of the history


def answer_in_shards(step: Step, bot: Bot, calls: CallLog, tasks: Sequence[AnswerTask]) -> list[Answer]:
    """Answer a batch with the help of other agents; what they did not answer is answered here.

    Args:
        step: The step `answer_questions`.
        bot: Answers.
        calls: The step's call log, which knows how many shards there are; 1: the step works alone.
        tasks: The whole batch.

    Returns:
        An answer a task, in the order of the tasks, whoever made it.
    """
    count = calls.shares
    if count == 1:
        return bot.answer_all(tasks)
    made: dict[str, Answer] = {}
    with Shards(step, calls, count) as shards:
        for number in shards.own():
            made |= {answer.id: answer for answer in bot.answer_all(part_of(tasks, number, count))}
        for shard in shards.completed:
            made |= {answer.id: answer for answer in _share_of(shard, bot)}
    ids = [answer_id(task.variant.id, task.question.id, bot.index.id, task.sample) for task in tasks]
    left = [task for task, name in zip(tasks, ids, strict=True) if name not in made or not_made(made[name])]
    log.info("%d answers in %d shards; %d are made now", len(ids) - len(left), count, len(left))
    made |= {answer.id: answer for answer in bot.answer_all(left)}
    return [made[name] for name in ids]


def answer_share(step: Step, bot: Bot, calls: CallLog, tasks: Sequence[AnswerTask]) -> int:
    """Be a shard: answer this one's part of the batch.

    Raises:
        RunError: Too many answers failed, or nobody waits for them any more.
    """
    number, count = shard_of(step)
    over = end_with_step(step, calls)
    answers = bot.answer_all(part_of(tasks, number, count))
    over()
    put_records(step.id, SHARE, Answer, [answer for answer in answers if not not_made(answer)])
    if calls.ended is not None:
        raise RunError(calls.ended)
    if any(map(not_made, answers)):
        step.result(**{SPENT_UP: "yes"})
    problem = too_many_failed(answers, step.sections["answer"].max_failed_share)
    if problem:
        raise RunError(problem)
    log.info("%d answers", len(answers))
    return 0


def part_of(tasks: Sequence[AnswerTask], number: int, count: int) -> list[AnswerTask]:
    """The tasks of shard `number`, from 1: every so-manieth question, with all answers to it."""
    places = {question: place for place, question in enumerate(dict.fromkeys(task.question.id for task in tasks))}
    return [task for task in tasks if places[task.question.id] % count == number - 1]


def _share_of(shard: str, bot: Bot) -> list[Answer]:
    """Answers of a completed shard, as this run's; failed ones are made again."""
    if SHARE not in artifact_urls(shard):
        return []
    given = get_records(shard, SHARE, Answer)
    return [replace(a, run_id=bot.run_id, dataset_id=bot.dataset_id) for a in given if a.error is None]
