"""Hard checks of a candidate: reject and never repair, because a repaired prompt is nobody's proposal.

Each check is a `CheckCandidate`; `HARD_CHECKS` is all of them.
"""

from __future__ import annotations

import re

from redraft.learning.history import History
from redraft.learning.imported import imported_variants, own_part
from redraft.learning.orders import dictated, orders_in
from redraft.learning.overlap import PAYLOAD, copied_run, shared_run
from redraft.learning.payloads import find_payloads
from redraft.learning.protocols import CheckCandidate, WritingBrief
from redraft.records import Prompt

_PLACEHOLDER = re.compile(r"\{\{?\s*[A-Za-z_]\w*\s*\}?\}")
_CHATTER = re.compile(
    r"^\W*(?:sure|certainly|of course|here(?:'s| is)|i(?:'m| am) sorry|sorry|as an ai|i can(?:no|')t)\b", re.IGNORECASE
)


def not_empty(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse nothing at all, and a chat reply in place of a prompt."""
    del brief
    if not prompt.text.strip():
        return ("the prompt is empty",)
    if _CHATTER.match(prompt.text):
        return (f"reads like a chat reply, not like a prompt: {_short(prompt.text)}",)
    return ()


def not_too_long(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse what is over the length cap."""
    if len(prompt.text) <= brief.max_chars:
        return ()
    return (f"{len(prompt.text)} characters, at most {brief.max_chars} are allowed",)


def keeps_required_clauses(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse what lost a clause that configuration names; line breaks may differ, words may not."""
    text = one_line(prompt.text)
    lost = [clause for clause in brief.settings.required_clauses if one_line(clause) not in text]
    return tuple(f"a required clause is missing: {_short(clause)}" for clause in lost)


def keeps_placeholders(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse what lost a placeholder of its parent, or has one that neither the parent nor a required clause has."""
    mine, parents, known = (
        set(_PLACEHOLDER.findall(text)) for text in (prompt.text, brief.parent.text, _allowed(brief))
    )
    lost = [f"a placeholder of the parent is missing: {name}" for name in sorted(parents - mine)]
    return (*lost, *(f"a placeholder that the parent does not have: {name}" for name in sorted(mine - known)))


def is_new(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse the parent, and what people have judged here under any settings; one nobody judged may come again."""
    if prompt.id == brief.parent.id:
        return ("equal to its parent",)
    own = own_part(brief.history)
    judged = {answer.variant_id for _, answer in own.rated()}
    variants = [variant for variant_id, variant in own.variants.items() if variant_id in judged]
    if any(prompt.id in (variant.answer_prompt_id, variant.extract_prompt_id) for variant in variants):
        return ("equal to a prompt that was rated before",)
    return ()


def quotes_no_question(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse what repeats an example question, dev or val: it would be rated on what it was told.

    A run that the parent has already does not count: then no child could ever be accepted.
    """
    asked = {question.id: question for question in (*brief.history.questions.values(), *brief.questions)}
    reasons = []
    for question in asked.values():
        run = shared_run(prompt.text, question.text, except_in=brief.parent.text)
        if run is not None:
            reasons.append(f"repeats {question.split} question {question.id}: {_short(run)}")
    return tuple(reasons)


def carries_no_payload(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse addresses and code that came from people or documents: a comment must not write the prompt.

    What the parent or a required clause has is allowed, and so is what occurs in nothing that the writer was shown.
    """
    found = find_payloads(prompt.text, allowed=_allowed(brief), shown=_shown_texts(brief.history))
    return tuple(_short(reason, 120) for reason in found)


def obeys_no_order(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse an order to ignore instructions, and what such an order in a comment or document dictates."""
    allowed = _allowed(brief)
    known = {order.casefold() for order in orders_in(allowed)}
    own = [order for order in dict.fromkeys(orders_in(prompt.text)) if order.casefold() not in known]
    runs = (
        shared_run(prompt.text, text, except_in=allowed, length=PAYLOAD)
        for text in dictated(_shown_texts(brief.history))
    )
    taken = dict.fromkeys(run for run in runs if run is not None)
    return (
        *(f"an order to ignore instructions: {_short(order)}" for order in own),
        *(f"obeys an order in a comment or document: {_short(run)}" for run in taken),
    )


def copies_nobody(prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
    """Refuse a run of words from a comment, an answer or a document: they say what is wrong, not what to write.

    A run that an earlier prompt has is its own: answers repeat sentences that their prompt asked for.
    """
    allowed = "\n".join([_allowed(brief), *(earlier.text for earlier in brief.history.prompts.values())])
    run = copied_run(prompt.text, _shown_texts(brief.history, questions=False), except_in=allowed)
    return () if run is None else (f"copies a comment, an answer or a document: {_short(run)}",)


HARD_CHECKS: tuple[CheckCandidate, ...] = (
    not_empty,
    not_too_long,
    keeps_required_clauses,
    keeps_placeholders,
    is_new,
    quotes_no_question,
    carries_no_payload,
    obeys_no_order,
    copies_nobody,
)


def one_line(text: str) -> str:
    r"""Make every run of white space one space.

    >>> one_line(" a\n  b ")
    'a b'
    """
    return " ".join(text.split())


def _allowed(brief: WritingBrief) -> str:
    """What a candidate may repeat wherever else it occurs: its parent, and what it has to keep."""
    return "\n".join([brief.parent.text, *brief.settings.required_clauses])


def _shown_texts(history: History, *, questions: bool = True) -> list[str]:
    """Everything that people and documents said, each once, whether or not it was in this meta-prompt.

    A prompt that was imported is among it: nobody here wrote it.
    """
    comments = [rating.comment for rating in history.ratings] + [overall.comment for overall in history.overalls]
    asked = [question.text for question in history.questions.values()] if questions else []
    answers = [text for a in history.answers.values() for text in (a.text, *(extract.text for extract in a.extracts))]
    variants = [history.variants[variant_id] for variant_id in imported_variants(history)]
    used = (i for variant in variants for i in (variant.answer_prompt_id, variant.extract_prompt_id))
    prompts = [history.prompts[prompt_id].text for prompt_id in used if prompt_id in history.prompts]
    return list(dict.fromkeys(text for text in (*comments, *asked, *answers, *prompts) if text))


def _short(text: str, length: int = 60) -> str:
    line = one_line(text)
    return f"{line[:length]}…" if len(line) > length else line
