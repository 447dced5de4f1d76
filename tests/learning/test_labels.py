"""What is current, what was before, what waits and what is refused, from the decision log alone."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from made_records import SEED, answer, decision, question, rated_history, rating, variant

from redraft.learning.history import make_history
from redraft.learning.labels import Standing, fates, labels, refused_by_people, standing, waiting_for_yes
from redraft.records import Decision, make_prompt

B, C = make_prompt("answer", "B"), make_prompt("answer", "C")


def log(*entries: tuple[str, str]) -> list[Decision]:
    """Make decisions in order, of (kind, variant)."""
    kinds: Any = entries
    return [decision(kind, variant_id, float(n), current_id="s") for n, (kind, variant_id) in enumerate(kinds)]


def test_before_the_first_promotion_nothing_is_current() -> None:
    assert standing(log(("keep", "a"), ("reject", "a"), ("stop", "s"))) == Standing(None, None)


def test_the_first_promotion_makes_the_seed_variant_previous() -> None:
    assert standing(log(("promote", "a"))) == Standing("a", "s")


def test_a_second_promotion_makes_the_first_previous() -> None:
    assert standing(log(("promote", "a"), ("keep", "c"), ("promote", "b"))) == Standing("b", "a")


def test_after_a_roll_back_the_one_that_was_rolled_back_is_previous() -> None:
    assert standing(log(("promote", "a"), ("promote", "b"), ("rollback", "a"))) == Standing("a", "b")


def test_a_variant_that_is_promoted_again_after_a_roll_back_is_current_again() -> None:
    decided = log(("promote", "a"), ("promote", "b"), ("rollback", "a"), ("promote", "b"))
    assert standing(decided) == Standing("b", "a")


def test_promoting_what_is_current_changes_nothing() -> None:
    assert standing(log(("promote", "a"), ("promote", "b"), ("promote", "b"))) == Standing("b", "a")


def test_rolling_back_to_the_seed_variant_leaves_no_circle() -> None:
    assert standing(log(("promote", "a"), ("rollback", "s"))) == Standing("s", "a")


def test_of_two_people_who_decide_at_once_the_later_in_the_log_has_the_say_in_whatever_order_it_is_read() -> None:
    first = decision("promote", "b", 7.0, current_id="a")
    second = decision("promote", "c", 7.0, current_id="a")
    earlier, later = sorted((first, second), key=lambda d: d.id)
    assert standing([later, earlier]) == standing([earlier, later]) == Standing(later.variant_id, earlier.variant_id)


@given(
    st.lists(st.tuples(st.sampled_from(["promote", "rollback", "keep", "reject", "stop"]), st.sampled_from("abc"))),
    st.randoms(use_true_random=False),
)
def test_whatever_is_decided_the_history_agrees_on_what_is_current_and_nothing_is_both(
    entries: list[tuple[str, str]], chance: random.Random
) -> None:
    decided = log(*entries)
    now = standing(decided)
    assert now.current == make_history(decided).current_variant_id
    assert now.current is None or now.current != now.previous
    assert standing(chance.sample(decided, len(decided))) == now


def test_what_was_published_once_is_told_from_what_is_now_and_from_what_waits() -> None:
    decided = log(("promote", "a"), ("promote", "b"), ("rollback", "a"), ("promote", "c"), ("keep", "b"))
    assert fates(make_history(decided)) == {"a": "previous", "b": "waits for a yes", "c": "current"}
    assert fates(make_history(decided[:4])) == {"a": "previous", "b": "was published", "c": "current"}


def test_every_judged_variant_has_one_label() -> None:
    seed, b, c = variant(), variant(B), variant(C)
    history = rated_history({each: {question("how?"): [3, 4]} for each in (seed, b, c)})
    assert labels(history) == dict.fromkeys([seed.id, b.id, c.id], "candidate")
    decided = history.add([decision("promote", b.id, 1.0, current_id=seed.id)])
    assert labels(decided) == {seed.id: "previous", b.id: "current", c.id: "candidate"}


def test_a_variant_whose_answers_all_failed_was_not_judged() -> None:
    failed = answer(variant(), question("how?"), error="timeout")
    assert labels(make_history([variant(), SEED, failed, rating(failed, 1)])) == {}


def test_a_person_who_promotes_it_after_all_lifts_the_no() -> None:
    decided = [
        decision("reject", "new", 1.0, current_id="s"),
        decision("promote", "new", 2.0, current_id="s"),
        decision("rollback", "s", 3.0, current_id="old"),
        decision("rollback", "old", 4.0, current_id="s"),
    ]

    refused = [refused_by_people(make_history(decided[:n])) for n in (1, 2, 3, 4)]
    assert refused == [{"new"}, frozenset(), {"old"}, {"s"}]


def test_reviewers_who_turn_a_whole_review_down_say_nothing_of_a_variant() -> None:
    assert refused_by_people(make_history([decision("reject", "s", 1.0, current_id="s")])) == frozenset()


def test_neither_a_stop_nor_a_review_that_was_turned_down_ends_the_waiting() -> None:
    waits = decision("keep", "new", 1.0, current_id="s")
    stop, turned_down = decision("stop", "s", 2.0, current_id="s"), decision("reject", "s", 3.0, current_id="s")
    said_no = decision("reject", "new", 4.0, current_id="s")

    assert waiting_for_yes(make_history([waits, stop, turned_down])) == waits
    assert waiting_for_yes(make_history([waits, stop, turned_down, said_no])) is None


def test_what_is_current_already_does_not_wait() -> None:
    promoted, waits = decision("promote", "new", 1.0, current_id="s"), decision("keep", "new", 2.0, current_id="s")

    assert waiting_for_yes(make_history([promoted, waits])) is None


def test_an_ordinary_keep_waits_for_nobody() -> None:
    assert waiting_for_yes(make_history([decision("keep", "s", 1.0, current_id="s")])) is None
    assert waiting_for_yes(make_history([])) is None
