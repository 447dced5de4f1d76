from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fake_chat import FakeChat
from made_records import EXTRACT, SEED, decision, question, questions, rated_history, variant, write_settings

from redraft.learning.candidates import ModelWriter
from redraft.learning.history import History
from redraft.learning.protocols import DecisionCase, WritingBrief, Written
from redraft.learning.rounds import POLICIES, WritingRound, score_round, write_round
from redraft.records import Candidate, Variant, VariantScore, make_prompt

BETTER = make_prompt("answer", "Answer with sources.", parent_ids=(SEED.id,))


def task(**fields: Any) -> WritingRound:
    given = {
        "questions": questions(4, 1),
        "seed_variant": variant(),
        "seed_prompts": (SEED, EXTRACT),
        "settings": write_settings(),
        "n_candidates": 2,
        "writer_model": "writer",
        "interval": 0.9,
        "seed": 1,
        **fields,
    }
    return WritingRound(**given)


class Writer:
    """A `WriteCandidates` without a model: proposes what it was made with, and remembers its briefs."""

    def __init__(self, *candidates: Candidate) -> None:
        self.briefs: list[WritingBrief] = []
        self._candidates = candidates

    def __call__(self, brief: WritingBrief) -> Written:
        """Propose."""
        self.briefs.append(brief)
        return Written(candidates=self._candidates)


def accepted(text: str, kind: Any = "answer") -> Candidate:
    return Candidate(prompt=make_prompt(kind, text), accepted=True)


def test_the_first_iteration_starts_from_the_seed_prompts() -> None:
    writer = Writer(accepted("Answer with sources."))

    written = write_round(History(), task(), writer)

    assert writer.briefs[0].parent == SEED
    assert written.current == variant()
    assert [(v.answer_prompt_id, v.extract_prompt_id, v.parent_id) for v in written.new] == [
        (BETTER.id, EXTRACT.id, variant().id)
    ]
    assert {p.id for p in written.prompts} == {SEED.id, BETTER.id, EXTRACT.id}
    assert written.variants == (written.current, *written.new)


def test_later_iterations_start_from_the_current_variant() -> None:
    better = variant(BETTER)
    history = rated_history({better: {question("how?"): [4]}}).add([BETTER, decision("promote", better.id, 1.0)])
    writer = Writer()

    written = write_round(history, task(), writer)

    assert (writer.briefs[0].parent, writer.briefs[0].parent_variant_id) == (BETTER, better.id)
    assert (written.current, written.new) == (better, ())


def test_after_a_change_of_model_the_current_prompts_are_compared_under_the_new_one() -> None:
    better = variant(BETTER)
    history = rated_history({better: {question("how?"): [4]}}).add([BETTER, decision("promote", better.id, 1.0)])

    written = write_round(history, task(seed_variant=variant(model="other")), Writer(accepted("Quote.")))

    assert [(v.chat_model, v.answer_prompt_id) for v in written.variants] == [
        ("other", BETTER.id),
        ("other", make_prompt("answer", "Quote.").id),
    ]


def test_rejected_candidates_are_kept_with_reasons_and_reach_nobody() -> None:
    rejected = Candidate(prompt=make_prompt("answer", "Bad."), accepted=False, reasons=("too long",))

    written = write_round(History(), task(), Writer(rejected, accepted("Good.")))

    assert written.candidates[0] == rejected
    assert written.candidates[1].reasons[0].startswith("chosen: ")
    assert len(written.new) == 1


def test_when_every_candidate_is_rejected_there_is_no_new_variant() -> None:
    rejected = Candidate(prompt=make_prompt("answer", ""), accepted=False, reasons=("the prompt is empty",))

    assert write_round(History(), task(), Writer(rejected)).new == ()


def test_as_many_candidates_reach_people_as_are_configured() -> None:
    proposals = [accepted(text) for text in ("Quote the docs.", "Be brief.", "Name sources.")]

    written = write_round(History(), task(settings=write_settings(chosen=2)), Writer(*proposals))

    assert len(written.new) == 2


def test_the_writer_is_shown_scores_from_dev_ratings_only() -> None:
    dev, val = question("dev?"), question("val?", split="val")
    history = rated_history({variant(): {dev: [2, 2], val: [5, 5]}})
    writer = Writer()

    write_round(history, task(), writer)

    assert [(score.mean, score.n_ratings) for score in writer.briefs[0].scores] == [(2.0, 2)]


def test_the_length_cap_is_the_larger_of_the_configured_one_and_one_and_a_half_seed_prompts() -> None:
    long_seed = make_prompt("answer", "x" * 4000)
    writer = Writer()

    write_round(History(), task(), writer)
    write_round(History(), task(seed_variant=variant(long_seed), seed_prompts=(long_seed, EXTRACT)), writer)

    assert [brief.max_chars for brief in writer.briefs] == [4000, 6000]


def test_the_extract_prompt_can_be_improved_instead() -> None:
    written = write_round(History(), task(kind="extract"), Writer(accepted("Copy less.", "extract")))

    assert (written.new[0].answer_prompt_id, written.new[0].extract_prompt_id) == (
        SEED.id,
        make_prompt("extract", "Copy less.").id,
    )


def test_a_policy_can_be_replaced_without_the_others_knowing() -> None:
    other = variant(BETTER)

    def best(history: History, scores: Sequence[VariantScore], *, current: Variant, seed: int) -> Variant:
        del current, seed
        return history.variant(max(scores, key=lambda score: score.mean or 0.0).variant_id)

    history = rated_history({variant(): {question("how?"): [2]}, other: {question("how?"): [4]}}).add([BETTER])
    policies = dataclasses.replace(POLICIES, parent=best)

    written = write_round(history, task(), Writer(accepted("Quote.")), policies=policies)

    assert (written.current, written.new[0].parent_id) == (variant(), other.id)


def test_the_same_replies_make_the_same_round() -> None:
    rounds = []
    for _ in range(2):
        chat = FakeChat()
        chat.enqueue("write", *({"prompt": f"Way {n} to answer it.", "edits": []} for n in ("one", "two")))
        rounds.append(write_round(History(), task(), ModelWriter(chat)))

    assert rounds[0] == rounds[1]


def test_scoring_compares_and_decides() -> None:
    better, asked = variant(BETTER), questions(3)
    history = rated_history({variant(): {q: [2] for q in asked}, better: {q: [4] for q in asked}})
    case = DecisionCase(current_id=variant().id, new_ids=(better.id,), promote="auto", now=9.0)

    scored = score_round(history, case, interval=0.9)

    assert (scored.decision.kind, scored.decision.variant_id) == ("promote", better.id)
    assert [c.difference for c in scored.board.comparisons] == [2.0]
    assert score_round(history, case, interval=0.9) == scored
