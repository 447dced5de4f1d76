"""What an open review is about when model, documents and question writers are all hostile; see `hostile_texts`."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import judged_project as made
from hostile_texts import answers, labels
from rating_world import KEY, Records

from redraft.llm.structured import clean
from redraft.records import (
    Answer,
    Checks,
    Chunk,
    Extract,
    PlanItem,
    Prompt,
    PromptEdit,
    Question,
    Theme,
    Variant,
    answer_id,
    content_id,
    make_prompt,
)


def hostile_records(beacon: str) -> Records:
    """Two variants' answers, each hostile text one of them, with questions, notes, passages and prompts of the kind.

    Args:
        beacon: Address of a server that must not hear of them.
    """
    short, long = labels(beacon), answers(beacon)[len(labels(beacon)) :]
    texts: list[Any] = ["\n\n".join(short), *map(clean, long)]  # half a character never leaves `redraft.llm`
    prompts, variants = _variants(short)
    asked = [_question(number, text) for number, text in enumerate(islice(cycle(short), (len(texts) + 1) // 2))]
    passages = [_passage(place, text, short[place % len(short)]) for place, text in enumerate(texts)]
    given = [
        _answer(variants[place % 2], asked[place // 2], text, short, (passages[place], passages[place - 1]))
        for place, text in enumerate(texts)
    ]
    plan = [
        PlanItem(
            review_key=KEY,
            answer_id=answer.id,
            letter="AB"[place % 2],
            reviewer_slot=0,
            position=place,
            role="current" if place % 2 == 0 else "new",
        )
        for place, answer in enumerate(given)
    ]
    themes = [Theme(id=made.THEME.id, text=short[2], comment_ids=())]
    return {
        "prompts": (Prompt, prompts),
        "variants": (Variant, variants),
        "questions": (Question, asked),
        "passages": (Chunk, passages),
        "answers": (Answer, given),
        "plan": (PlanItem, plan),
        "themes": (Theme, themes),
    }


def _variants(short: list[str]) -> tuple[list[Prompt], list[Variant]]:
    seed = make_prompt("answer", f"{short[0]}. {short[3]}.")
    added = f"{short[2]} {short[4]}."
    edit = PromptEdit(theme_id=made.THEME.id, sentence=added)
    new = make_prompt("answer", f"{seed.text} {added}", parent_ids=(seed.id,), edits=(edit,))
    first = made.variant(seed)
    return [made.EXTRACT, seed, new], [first, made.variant(new, parent_id=first.id)]


def _question(number: int, text: str) -> Question:
    asked = f"{number}: {text}"
    return Question(id=content_id("q", asked), text=asked, note=text)


def _passage(place: int, text: str, label: str) -> Chunk:
    return Chunk(id=f"c-{place}", document_path=label, heading_path=f"{label} > {label}", text=text, ordinal=place)


def _answer(variant: Variant, question: Question, text: str, short: list[str], passages: tuple[Chunk, Chunk]) -> Answer:
    plain = replace(
        made.answers_of(made.SEED)[0],
        id=answer_id(variant.id, question.id, "i-1", 0),
        variant_id=variant.id,
        question_id=question.id,
    )
    return replace(
        plain,
        text=text,
        chunk_ids=tuple(chunk.id for chunk in passages),
        extracts=tuple(Extract(chunk_id=chunk.id, text=chunk.text[3:40]) for chunk in passages),
        sources=tuple(short),
        checks=Checks(unsupported=tuple(short[:4]), absent_words=tuple(short[4:]), words=7),
    )
