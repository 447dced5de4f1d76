"""What the keyboard benchmark rates is as it says: another question each time, with passages that are real text."""

from __future__ import annotations

from benchmark_scripts import load_benchmark

keyboard_world = load_benchmark("keyboard_world")


def test_every_answer_is_to_another_question_and_has_six_passages() -> None:
    rated = keyboard_world.texts(14)
    assert len({question.id for question, _ in rated}) == 14
    assert {len({passage.id for passage in passages}) for _, passages in rated} == {6}
    assert min(len(passages[0].text) for _, passages in rated) > 20
