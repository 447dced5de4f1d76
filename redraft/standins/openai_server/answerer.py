"""Plays the documentation bot: answers from the sentences of the passages, as well as its instructions make it.

Without instructions it is the bot that everybody has met: it rambles, names no source, answers one half of a question,
and claims that whatever was asked about exists. Each kind of instruction in `instructions.py` mends one of these.
"""

import hashlib
from random import Random

from redraft.standins.openai_server.composing import Composer
from redraft.standins.openai_server.findings import study
from redraft.standins.openai_server.instructions import Instructions, read_instructions
from redraft.standins.openai_server.language import is_chinese, terms
from redraft.standins.openai_server.questions import Question, read_question
from redraft.standins.openai_server.selection import Ranking, read_passages
from redraft.standins.openai_server.tagged import section


def answer(system: str, user: str, variation: str) -> str:
    """Answer the question of a request.

    Args:
        system: the instructions; what the passages say is never taken for one.
        user: the tagged passages and question.
        variation: the request's seed; it varies fixed phrases only.

    """
    instructions = read_instructions(system)
    question = read_question(section(user, "question") or user.rpartition("</passages>")[2])
    ranking = Ranking(read_passages(user))
    known = terms(system)
    parts = question.parts if instructions.wants("all_parts") else question.parts[:1]
    findings = [study(part, ranking, known, how_to=question.how_to) for part in parts]
    seed = hashlib.blake2b(f"{question.text}|{variation}".encode(), digest_size=8).digest()
    chinese = _answers_in_chinese(question, ranking, instructions)
    composer = Composer(ranking, instructions, question, chinese=chinese, random=Random(seed))  # noqa: S311 - a repeatable choice of words
    return composer.compose(findings)


def _answers_in_chinese(question: Question, ranking: Ranking, instructions: Instructions) -> bool:
    """The asker's language if told so, or if the passages are in it too; else the passages' language."""
    if instructions.wants("english") or instructions.wants("chinese"):
        return instructions.wants("chinese")
    if instructions.wants("own_language") or not ranking.passages:
        return question.chinese
    return is_chinese(" ".join(p.text[:400] for p in ranking.passages))
