from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from fake_chat import FakeChat
from made_records import EXTRACT, SEED, decision, question, questions, rated_history, variant, write_settings

from redraft.config import load_config
from redraft.learning.candidates import ModelWriter
from redraft.learning.history import History
from redraft.learning.protocols import DecisionCase, Scoreboard, ScreenCase, Screened, Trial, WritingBrief, Written
from redraft.learning.rounds import POLICIES, WritingRound, score_round, write_round
from redraft.records import Candidate, Judgement, Prompt, Variant, make_prompt

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

    shown = writer.briefs[0].scores
    without_val = rated_history({variant(): {dev: [2, 2]}})
    assert [score.n_ratings for score in shown] == [2]
    assert shown == POLICIES.score(without_val, current_id=variant().id, interval=0.9).scores


def test_the_length_cap_is_the_larger_of_the_configured_one_and_one_and_a_half_seed_prompts() -> None:
    long_seed = make_prompt("answer", "x" * 4000)
    writer = Writer()

    write_round(History(), task(), writer)
    write_round(History(), task(seed_variant=variant(long_seed), seed_prompts=(long_seed, EXTRACT)), writer)

    assert [brief.max_chars for brief in writer.briefs] == [4000, 6000]


def test_the_extract_prompt_can_be_improved_instead() -> None:
    written = write_round(
        History(), task(settings=write_settings(target="extract")), Writer(accepted("Copy less.", "extract"))
    )

    assert (written.new[0].answer_prompt_id, written.new[0].extract_prompt_id) == (
        SEED.id,
        make_prompt("extract", "Copy less.").id,
    )


def test_the_parent_is_chosen_by_every_rating_and_the_writer_is_shown_dev_scores() -> None:
    dev, val = question("dev?"), question("val?", split="val")
    history = rated_history({variant(): {dev: [2], val: [5, 5]}})
    seen: list[int] = []

    def parent(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
        del history, seed
        seen.extend(score.n_ratings for score in board.scores)
        return current

    writer = Writer()
    write_round(history, task(), writer, policies=dataclasses.replace(POLICIES, parent=parent))

    assert (seen, [score.n_ratings for score in writer.briefs[0].scores]) == ([3], [1])


def test_the_screen_gets_the_trials_and_what_it_says_is_kept() -> None:
    cases: list[ScreenCase] = []
    proposals = (accepted("Quote."), accepted("Be brief."))
    trial = Trial(prompt_id=proposals[0].prompt.id, answers=())
    judgement = Judgement(id="j-1", answer_id="a-1", judge="judge", score=4.0)

    def write(brief: WritingBrief) -> Written:
        del brief
        return Written(candidates=proposals, trials=(trial,))

    def screen(case: ScreenCase) -> Screened:
        cases.append(case)
        scored = tuple(dataclasses.replace(candidate, judge_score=3.0) for candidate in case.candidates)
        return Screened(chosen=scored[1:], candidates=scored, judgements=(judgement,), sentence="By a whim.")

    asked = task()
    written = write_round(History(), asked, write, policies=dataclasses.replace(POLICIES, screen=screen))

    assert (cases[0].trials, cases[0].questions, cases[0].chosen) == ((trial,), asked.questions, 1)
    assert [candidate.judge_score for candidate in written.candidates] == [3.0, 3.0]
    assert written.new[0].answer_prompt_id == proposals[1].prompt.id
    assert (written.sentence, written.judgements, written.trials) == ("By a whim.", (judgement,), (trial,))


def test_a_policy_can_be_replaced_without_the_others_knowing() -> None:
    other = variant(BETTER)

    def best(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
        del current, seed
        return history.variant(max(board.scores, key=lambda score: score.mean or 0.0).variant_id)

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


def case(*new: Variant, **fields: Any) -> DecisionCase:
    given = {"promote": "auto", "settings": load_config().decide, "now": 9.0, **fields}
    return DecisionCase(current_id=variant().id, new_ids=tuple(v.id for v in new), **given)


def compared(current: int, new: int) -> History:
    """Each of 6 dev and val questions, rated for the seed variant and for the better one."""
    asked = questions(3, 3)
    return rated_history({variant(): {q: [current] for q in asked}, variant(BETTER): {q: [new] for q in asked}})


def test_scoring_compares_and_decides() -> None:
    better, history = variant(BETTER), compared(2, 4)

    scored = score_round(history, case(better), interval=0.9)

    assert (scored.decision.kind, scored.decision.variant_id) == ("promote", better.id)
    assert [(c.variant_id, c.low > 0) for c in scored.board.comparisons] == [(better.id, True)]
    assert score_round(history, case(better), interval=0.9) == scored


def test_a_promotion_that_has_to_be_confirmed_is_a_keep_of_the_winner() -> None:
    better = variant(BETTER)

    decided = score_round(compared(2, 4), case(better, promote="confirm"), interval=0.9).decision

    assert (decided.kind, decided.variant_id, decided.current_id) == ("keep", better.id, variant().id)
    assert decided.evidence.endswith("; waits for your yes.")


def test_stale_answers_count_less_in_what_is_decided() -> None:
    better, history = variant(BETTER), compared(2, 4)
    stale = frozenset(answer.id for _, answer in history.rated() if answer.variant_id == better.id)

    fresh, aged = (score_round(history, case(better), interval=0.9, stale=some) for some in (frozenset(), stale))

    assert aged.board.comparisons[0].p_better < fresh.board.comparisons[0].p_better
    assert aged.board.of(better.id).n_stale == 6


@pytest.mark.parametrize(("current", "new", "then_current"), [(2, 4, BETTER), (4, 2, SEED)])
def test_whether_to_stop_is_asked_of_the_variant_that_is_current_afterwards(
    current: int, new: int, then_current: Prompt
) -> None:
    asked: list[tuple[str, int]] = []

    def stop(history: History, board: Scoreboard, case: DecisionCase) -> str | None:
        del board
        asked.append((case.current_id, len(history.decisions)))
        return "enough"

    policies = dataclasses.replace(POLICIES, stop=stop)
    scored = score_round(compared(current, new), case(variant(BETTER)), interval=0.9, policies=policies)

    assert asked == [(variant(then_current).id, 1)]
    assert scored.stop == "enough"


def test_candidates_are_derived_from_a_better_variant_that_waits_for_its_yes() -> None:
    better = variant(BETTER)
    writer = Writer(accepted("Quote."))

    written = write_round(compared(2, 4).add([BETTER]), task(), writer)

    assert (written.current, writer.briefs[0].parent) == (variant(), BETTER)
    assert [v.parent_id for v in written.new] == [better.id]
