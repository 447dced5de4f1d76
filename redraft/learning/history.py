"""Every record so far, as one value: what each decision is made from.

`redraft.tracking` loads it; nothing here knows where records are kept. Merging is a union by id, so it does not matter
in which order, how often or on how many machines the parts were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from redraft.errors import RecordError
from redraft.learning.union import AsText, as_text, latest, rows, union
from redraft.records import (
    Answer,
    Candidate,
    Decision,
    Feedback,
    Flag,
    Import,
    Judgement,
    Overall,
    PlanItem,
    Prompt,
    Question,
    QuestionEdit,
    Rating,
    Theme,
    Variant,
    make_variant,
)

Record = (
    Prompt
    | Variant
    | Question
    | Answer
    | Rating
    | Overall
    | Decision
    | PlanItem
    | Candidate
    | Theme
    | Judgement
    | Flag
    | Feedback
    | QuestionEdit
    | Import
)
"""What a history is made of."""

RecordT = TypeVar("RecordT", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All records of a project, each once; make one with `make_history`."""

    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    ratings: tuple[Rating, ...] = ()  # the last by (review, reviewer, answer), ordered by (created, id)
    overalls: tuple[Overall, ...] = ()  # the last by (review, letter, reviewer)
    decisions: tuple[Decision, ...] = ()  # ordered by (created, id)
    plan: tuple[PlanItem, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    themes: tuple[Theme, ...] = ()
    judgements: tuple[Judgement, ...] = ()  # the judge model's; they never count as ratings
    flags: tuple[Flag, ...] = ()  # questions that reviewers find bad; the last by (review, question, reviewer)
    feedback: tuple[Feedback, ...] = ()  # from people who asked the bot, ordered by (created, id)
    question_edits: tuple[QuestionEdit, ...] = ()  # ordered by (created, id)
    imports: tuple[Import, ...] = ()  # ordered by (created, id)

    def records(self) -> list[Record]:
        """Return everything, in no meaningful order."""
        by_id = (self.prompts, self.variants, self.questions, self.answers)
        rows = (self.ratings, self.overalls, self.decisions, self.plan, self.candidates, self.themes, self.judgements)
        said = (self.flags, self.feedback, self.question_edits, self.imports)
        return [record for kind in by_id for record in kind.values()] + [
            record for kind in (*rows, *said) for record in kind
        ]

    def add(self, records: Iterable[Record]) -> History:
        """Return the history with more records."""
        return make_history([*self.records(), *records])

    def merge(self, *others: History) -> History:
        """Return the union with other histories; the order does not matter."""
        return make_history([record for history in (self, *others) for record in history.records()])

    @property
    def current_variant_id(self) -> str | None:
        """The variant promoted, or rolled back to, last; None: still the seed variant (see `current_variant`)."""
        chosen = [decision.variant_id for decision in self.decisions if decision.kind in ("promote", "rollback")]
        return chosen[-1] if chosen else None

    def prompt(self, prompt_id: str) -> Prompt:
        """Look a prompt up.

        Raises:
            RecordError: It is not in the history.
        """
        return _look_up(self.prompts, prompt_id, "prompt")

    def variant(self, variant_id: str) -> Variant:
        """Look a variant up.

        Raises:
            RecordError: It is not in the history.
        """
        return _look_up(self.variants, variant_id, "variant")

    def rated(self) -> list[tuple[Rating, Answer]]:
        """Every rating with its answer; ratings of unknown or failed answers say nothing of a variant."""
        pairs = ((rating, self.answers.get(rating.answer_id)) for rating in self.ratings)
        return [(rating, answer) for rating, answer in pairs if answer is not None and answer.error is None]

    def ratings_of(self, variant_id: str) -> tuple[Rating, ...]:
        """The ratings of a variant's answers."""
        return tuple(rating for rating, answer in self.rated() if answer.variant_id == variant_id)

    def ratings_by_question(self, variant_id: str | None = None) -> dict[str, list[Rating]]:
        """The ratings of each question's answers, of one variant or of all."""
        found: dict[str, list[Rating]] = {}
        for rating, answer in self.rated():
            if variant_id in (None, answer.variant_id):
                found.setdefault(answer.question_id, []).append(rating)
        return found

    def next_sample(self, variant_id: str, question_id: str, index_id: str) -> int:
        """How many times the variant has answered the question on this index: the sample number of its next answer."""
        key = (variant_id, question_id, index_id)
        samples = [a.sample for a in self.answers.values() if (a.variant_id, a.question_id, a.index_id) == key]
        return max(samples, default=-1) + 1


def make_history(records: Iterable[Record]) -> History:
    """Make a history of records in any order; accepted candidates bring their prompts."""
    kinds: dict[type, list[Any]] = {}
    for record in records:
        kinds.setdefault(type(record), []).append(record)
    candidates: list[Candidate] = kinds.get(Candidate, [])
    prompts = [*kinds.get(Prompt, []), *(c.prompt for c in candidates if c.accepted)]
    return History(
        prompts=union(prompts, lambda p: p.id, as_text),
        # Of two origins of one variant the one without a parent is kept: a change of model and back makes no circle.
        variants=union(kinds.get(Variant, []), lambda v: v.id, lambda v: (v.parent_id is not None, as_text(v))),
        # A question that was `val` anywhere stays hidden from the prompt writer.
        questions=union(kinds.get(Question, []), lambda q: q.id, lambda q: (q.split != "val", as_text(q))),
        answers=union(kinds.get(Answer, []), lambda a: a.id, lambda a: (a.error is not None, as_text(a))),
        # An answer that is rated again in a later review shows whether its reviewers drift: then both ratings stay.
        ratings=latest(
            kinds.get(Rating, []),
            lambda r: (r.review_key, r.reviewer, r.answer_id),
            lambda r: (r.supersedes or "", r.id),
        ),
        overalls=latest(kinds.get(Overall, []), lambda o: (o.review_key, o.letter, o.reviewer), AsText),
        decisions=latest(kinds.get(Decision, []), lambda d: d.id, AsText),
        plan=rows(kinds.get(PlanItem, []), lambda i: (i.review_key, i.reviewer_slot, i.position, i.answer_id)),
        # A candidate and its rejected duplicate are one prompt: what became of it is that it was accepted.
        candidates=rows(candidates, lambda c: (c.prompt.run_id or "", c.prompt.id), lambda c: not c.accepted),
        themes=rows(kinds.get(Theme, []), lambda t: (t.id, t.comment_ids)),
        judgements=rows(kinds.get(Judgement, []), lambda j: j.id),
        flags=latest(kinds.get(Flag, []), lambda f: (f.review_key, f.question_id, f.reviewer), AsText),
        feedback=latest(kinds.get(Feedback, []), lambda f: f.id, AsText),
        question_edits=latest(kinds.get(QuestionEdit, []), lambda e: e.id, AsText),
        imports=latest(kinds.get(Import, []), lambda i: i.id, AsText),
    )


def current_variant(history: History, seed: Variant) -> Variant:
    """Return the current prompts under the present settings.

    Args:
        history: The decision log is in it.
        seed: The seed prompts' variant, made with the present model, endpoint and retrieval settings.

    Returns:
        The variant promoted last. If model or retrieval settings have changed since, the variant that has its prompts
        and the present settings: it has no ratings yet, because scores of different settings never mix.
    """
    if history.current_variant_id is None:
        return history.variants.get(seed.id, seed)
    last = history.variant(history.current_variant_id)
    if settings_of(last) == settings_of(seed):
        return last
    moved = derive_variant(seed, last.answer_prompt_id, last.extract_prompt_id, parent_id=last.id)
    return history.variants.get(moved.id, moved)


def derive_variant(base: Variant, answer_prompt_id: str, extract_prompt_id: str, *, parent_id: str | None) -> Variant:
    """Make a variant of other prompts with the settings of `base`."""
    return make_variant(
        answer_prompt_id=answer_prompt_id, extract_prompt_id=extract_prompt_id, parent_id=parent_id, **settings_of(base)
    )


def with_prompt(parent: Variant, prompt: Prompt) -> Variant:
    """Return the variant that has a prompt in place of its parent's prompt of that kind; the other one stays."""
    answer_id = prompt.id if prompt.kind == "answer" else parent.answer_prompt_id
    extract_id = prompt.id if prompt.kind == "extract" else parent.extract_prompt_id
    return derive_variant(parent, answer_id, extract_id, parent_id=parent.id)


def settings_of(variant: Variant) -> dict[str, str]:
    """Everything of a variant's identity but its prompts."""
    return {
        "chat_model": variant.chat_model,
        "endpoint": variant.endpoint,
        "sampling": variant.sampling,
        "retrieval": variant.retrieval,
        "embedder": variant.embedder,
    }


def _look_up(records: Mapping[str, RecordT], record_id: str, kind: str) -> RecordT:
    if record_id not in records:
        raise RecordError(
            f"the history names {kind} {record_id}, but holds no such {kind} (it has {len(records)})",
            remedy="restore the task that made it, or roll back to a variant that is there",
        )
    return records[record_id]
