"""What changed from one variant's prompts to another's, sentence by sentence, and which comments asked for it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from redraft.learning.history import History
from redraft.records import EditEffect, Prompt, PromptEdit, PromptKind, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A sentence of one of two prompts."""

    kind: PromptKind  # of the prompt
    mark: Literal[" ", "+", "-"]  # in both, only in the later, only in the earlier
    sentence: str
    theme: str = ""  # what several comments have in common, which it answers
    n_comments: int = 0  # of that theme
    effect: EditEffect | None = None  # what it did to the ratings


def prompt_diff(
    history: History, before: Variant, after: Variant, effects: Sequence[EditEffect] = ()
) -> tuple[DiffLine, ...]:
    """Compare both prompts of two variants; a prompt that did not change has no lines.

    Args:
        history: All records.
        before: The earlier variant.
        after: The later one. A sentence that it has from an ancestor answers what the ancestor's edit answered.
        effects: What is known of edits, of any variants.
    """
    pairs: list[tuple[PromptKind, str, str]] = [
        ("answer", before.answer_prompt_id, after.answer_prompt_id),
        ("extract", before.extract_prompt_id, after.extract_prompt_id),
    ]
    lines: list[DiffLine] = []
    for kind, old, new in pairs:
        if old != new:
            edits = list(_edits(history, after, kind))
            lines += [
                _explained(line, history, edits, effects)
                for line in _compare(kind, history.prompt(old).text, history.prompt(new).text)
            ]
    return tuple(lines)


def sentences(prompt: str) -> list[str]:
    r"""Cut a prompt into sentences.

    >>> sentences("Be short. Cite sources:\n- page\n答案要短。写出来源。")
    ['Be short.', 'Cite sources:', '- page', '答案要短。', '写出来源。']
    """
    return [part for part in re.split(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+", prompt.strip()) if part]


def new_sentences(prompt: str, before: str) -> list[str]:
    """Sentences that a prompt has and the one before has not; dots for the others; all, if it is the same.

    >>> new_sentences("Be short. Cite the page.", "Be short."), new_sentences("Be short.", "Be short.")
    (['...', 'Cite the page.'], ['Be short.'])
    """
    known = set(sentences(before))
    shown = ["..." if sentence in known else sentence for sentence in sentences(prompt)]
    if all(sentence == "..." for sentence in shown):
        return sentences(prompt)
    return [
        sentence for place, sentence in enumerate(shown) if sentence != "..." or shown[place - 1 : place] != ["..."]
    ]


def _compare(kind: PromptKind, before: str, after: str) -> Iterable[DiffLine]:
    old, new = sentences(before), sentences(after)
    for tag, i, j, k, n in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (DiffLine(kind=kind, mark=" ", sentence=sentence) for sentence in new[k:n])
        else:
            yield from (DiffLine(kind=kind, mark="-", sentence=sentence) for sentence in old[i:j])
            yield from (DiffLine(kind=kind, mark="+", sentence=sentence) for sentence in new[k:n])


def _edits(history: History, variant: Variant, kind: PromptKind) -> Iterable[tuple[str, PromptEdit]]:
    """Edits that led to a variant's prompt, its own first, each with the variant that made it."""
    seen: set[str] = set()
    step: Variant | None = variant
    while step is not None and step.id not in seen:
        seen.add(step.id)
        prompt: Prompt | None = history.prompts.get(
            step.answer_prompt_id if kind == "answer" else step.extract_prompt_id
        )
        yield from ((step.id, edit) for edit in (prompt.edits if prompt else ()))
        step = history.variants.get(step.parent_id or "")


def _explained(
    line: DiffLine, history: History, edits: Sequence[tuple[str, PromptEdit]], effects: Sequence[EditEffect]
) -> DiffLine:
    made = next(((variant_id, edit) for variant_id, edit in edits if _same(edit.sentence, line.sentence)), None)
    if line.mark != "+" or made is None:
        return line
    variant_id, edit = made
    themes = [theme for theme in history.themes if theme.id == edit.theme_id]
    return DiffLine(
        kind=line.kind,
        mark=line.mark,
        sentence=line.sentence,
        theme=themes[0].text if themes else "",
        n_comments=len({comment for theme in themes for comment in theme.comment_ids}),
        effect=next((e for e in effects if e.variant_id == variant_id and e.sentence == edit.sentence), None),
    )


def _same(edit: str, sentence: str) -> bool:
    """Whether a sentence is an edit's, or one of its: writers quote their own sentences loosely.

    >>> _same("Cite the page.  Be short.", "be short."), _same("Be short.", "Be shorter.")
    (True, False)
    """
    edited = {" ".join(part.lower().split()) for part in sentences(edit)}
    return " ".join(sentence.lower().split()) in edited
