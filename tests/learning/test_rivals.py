from __future__ import annotations

import dataclasses

from made_records import SEED, answer, decision, questions, rated_history, variant

from redraft.learning.history import History
from redraft.learning.protocols import Scoreboard
from redraft.learning.rivals import choose_rival
from redraft.learning.score import score_variants
from redraft.records import make_prompt

CURRENT = variant(SEED)
CLOSE = variant(make_prompt("answer", "Explain briefly."), parent_id=CURRENT.id)
POOR = variant(make_prompt("answer", "Say something."), parent_id=CURRENT.id)
OTHER_MODEL = variant(make_prompt("answer", "Explain briefly."), model="another", parent_id=CURRENT.id)
ASKED = questions(4, 2)


def judged(*, close: int = 4, poor: int = 1) -> History:
    scores = {CURRENT: 4, CLOSE: close, POOR: poor, OTHER_MODEL: 5}
    return rated_history({of: dict.fromkeys(ASKED, (score, score)) for of, score in scores.items()})


def board(history: History) -> Scoreboard:
    return score_variants(history, current_id=CURRENT.id, interval=0.9)


def test_the_variant_that_may_well_be_better_is_compared_again() -> None:
    history = judged()
    assert choose_rival(history, board(history), CURRENT) == CLOSE


def test_nobody_is_asked_about_variants_that_are_surely_worse() -> None:
    history = judged(close=1)
    assert choose_rival(history, board(history), CURRENT) is None


def test_a_variant_that_is_not_on_record_any_more_is_no_rival() -> None:
    """Its ratings are there, the task that wrote it was deleted."""
    history = judged()
    lost = dataclasses.replace(history, variants={k: v for k, v in history.variants.items() if k != CLOSE.id})
    assert choose_rival(lost, board(lost), CURRENT) is None


def test_a_variant_of_other_settings_is_no_rival() -> None:
    """It is rated best of all, but people judged another model with it."""
    history = judged(close=1)
    assert board(history).of(OTHER_MODEL.id).mean == max(s.mean or 0.0 for s in board(history).scores)
    assert choose_rival(history, board(history), CURRENT) is None


def test_what_a_person_decided_against_is_not_compared_again() -> None:
    history = judged()
    refused = dataclasses.replace(decision("reject", CLOSE.id, 1.0, current_id=CURRENT.id), author="ann")
    assert choose_rival(history.add([refused]), board(history), CURRENT) is None


def test_without_ratings_there_is_no_rival() -> None:
    history = History().add([CURRENT, SEED, CLOSE, *ASKED, answer(CLOSE, ASKED[0])])
    assert choose_rival(history, board(history), CURRENT) is None
