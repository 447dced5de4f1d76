"""Joins rows from elsewhere to what a history has: questions, answers and variants, or makes new ones."""

from __future__ import annotations

import json

from redraft.learning.history import History
from redraft.learning.import_rows import ForeignRating, Origin
from redraft.learning.imported import UNKNOWN_ANSWER, UNKNOWN_EXTRACT, UNKNOWN_PROMPT, is_imported
from redraft.records import Answer, Prompt, Question, Split, Variant, content_id, make_prompt, make_variant

UNKNOWN = "unknown"


class Joins:
    """The questions, prompts, variants and answers that rows are about, by id; new ones and those of the history."""

    def __init__(self, history: History, origin: Origin) -> None:
        self._history = history
        self._origin = origin
        self.questions: dict[str, Question] = {}
        self.prompts: dict[str, Prompt] = {}
        self.variants: dict[str, Variant] = {}
        self.answers: dict[str, Answer] = {}
        self._by_text: dict[tuple[str, str], list[Answer]] = {}
        for answer in history.answers.values():
            if answer.text is not None:
                self._by_text.setdefault((answer.question_id, flat(answer.text)), []).append(answer)

    def answer(self, row: ForeignRating) -> Answer:
        """Return the answer that a row is about: one of the history in these words, or a new one."""
        question = self._question(row)
        text = row.answer or UNKNOWN_ANSWER
        fitting = [a for a in self._by_text.get((question.id, text), ()) if self._fits(row, a)]
        if fitting:
            found = min(fitting, key=lambda a: (a.id != row.answer_id, not self.given_here(a), a.id))
            return self.answers.setdefault(found.id, found)
        variant = self._variant(row)
        made = Answer(
            id=content_id("a", variant.id, question.id, self._origin.key, text),
            run_id=self._origin.key,
            variant_id=variant.id,
            question_id=question.id,
            dataset_id=UNKNOWN,
            index_id=UNKNOWN,
            sample=0,
            text=text,
        )
        return self.answers.setdefault(made.id, made)

    def given_here(self, answer: Answer) -> bool:
        """Whether an answer is one of this project's own."""
        variant = self._history.variants.get(answer.variant_id)
        return answer.id in self._history.answers and variant is not None and not is_imported(variant)

    def _fits(self, row: ForeignRating, answer: Answer) -> bool:
        """Whether a row may be about an answer of these words: nothing that it says speaks against it."""
        variant = self._history.variants.get(answer.variant_id)
        if variant is None:
            return False
        prompt = self._history.prompts.get(variant.answer_prompt_id)
        said = UNKNOWN_PROMPT.text if row.prompt is None and is_imported(variant) else row.prompt
        if said is not None and (prompt is None or flat(prompt.text) != said):
            return False
        if row.variant is not None:
            return row.variant == variant.id or variant.id == self._variant(row).id
        return row.model in (None, variant.chat_model)

    def _question(self, row: ForeignRating) -> Question:
        text = row.question or ""
        question_id = content_id("q", text)
        if question_id in self._history.questions:
            return self.questions.setdefault(question_id, self._history.questions[question_id])
        split: Split = self._origin.split if row.split is None else "val" if row.split == "val" else "dev"
        before = self.questions.get(question_id)
        if before is None or split == "val":  # val anywhere is val
            self.questions[question_id] = Question(id=question_id, text=text, split=split)
        return self.questions[question_id]

    def _variant(self, row: ForeignRating) -> Variant:
        prompt = make_prompt("answer", row.prompt) if row.prompt else UNKNOWN_PROMPT
        extract = make_prompt("extract", row.extract_prompt) if row.extract_prompt else UNKNOWN_EXTRACT
        variant = make_variant(
            answer_prompt_id=prompt.id,
            extract_prompt_id=extract.id,
            chat_model=row.model or UNKNOWN,
            endpoint=self._origin.key,
            sampling=json.dumps({"imported variant": row.variant} if row.variant else {}),
            retrieval="{}",
            embedder=UNKNOWN,
        )
        self.prompts.update({prompt.id: prompt, extract.id: extract})
        return self.variants.setdefault(variant.id, variant)


def flat(text: str) -> str:
    r"""A text as it is compared: without space around it, whatever ends its lines.

    >>> flat(" a\r\nb ")
    'a\nb'
    """
    return text.replace("\r\n", "\n").strip()
