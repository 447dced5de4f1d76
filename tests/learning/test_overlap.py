from __future__ import annotations

import pytest

from redraft.learning.overlap import shared_run

QUESTION = "How do I clone a whole project with all of its tasks?"


@pytest.mark.parametrize(
    "text",
    [
        "For example: how do I clone a whole project with a command?",  # 8 words, the start
        "HOW DO I\nclone -- a whole, project: with",  # case, line breaks and punctuation
        "say if project with all of its tasks? is unclear: a whole project with all of its tasks",  # the end
    ],
)
def test_eight_shared_words_in_a_row_are_found(text: str) -> None:
    assert shared_run(text, QUESTION)


@pytest.mark.parametrize(
    "text", ["how do I clone a whole project", "whole clone a project tasks its of all", "", "..."]
)
def test_seven_shared_words_or_words_in_another_order_are_not(text: str) -> None:
    assert shared_run(text, QUESTION) is None


def test_a_short_question_is_found_whole() -> None:
    assert shared_run("Example: how do I upload artifacts? Then", "How do I upload artifacts?")
    assert shared_run("Explain what a task is.", "What is a task?") is None


def test_twelve_shared_chinese_characters_are_found_and_eleven_are_not() -> None:
    question = "如何把一个完整的项目连同它的任务一起克隆到新位置?"

    assert shared_run("比如:如何把一个完整的项目,连同它的任务", question)
    assert shared_run("比如:如何把一个完整的项目连同", question) == "如何把一个完整的项目连同"
    assert shared_run("比如:如何把一个完整的项目连", question) is None


def test_a_run_that_the_parent_has_already_does_not_count() -> None:
    text = "For example: how do I clone a whole project with a command?"

    assert shared_run(text, QUESTION, except_in=text) is None


def test_part_of_a_word_is_not_a_word() -> None:
    assert shared_run("show do i clone a whole project withal", "how do I clone a whole project with") is None
