"""The rubric: what is shipped, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from redraft.errors import ConfigError
from redraft.rubric import read_rubric

SCORES = "scores: {1: a, 2: b, 3: c, 4: d, 5: e}"


def test_the_rubric_that_is_shipped_says_what_every_score_means() -> None:
    rubric = read_rubric()
    assert list(rubric.scores) == [1, 2, 3, 4, 5]
    assert all(len(meaning) > 10 for meaning in rubric.scores.values())
    assert (rubric.version, rubric.comment_required_at_or_below) == ("1", 2)
    assert "invented" in rubric.tags


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("version: '1'", "got None"),
        ("scores: good", "got 'good'"),
        ("scores: {1: bad, 5: good}", "got 1, 5"),
        ("scores: {1: a, 2: b, 3: c, 4: d, 5: e, 6: f}", "got 1, 2, 3, 4, 5, 6"),
    ],
)
def test_a_rubric_without_a_meaning_for_every_score_is_refused_by_name(tmp_path: Path, text: str, found: str) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(text)
    with pytest.raises(ConfigError, match=rf"rubric.yaml: scores must say what each .* means, {found}"):
        read_rubric(rubric)


def test_every_other_mistake_of_a_rubric_is_told_at_once(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(f"{SCORES}\ntags: wrong\ncomment_required_at_or_below: yes\ncolour: red\n")
    with pytest.raises(ConfigError) as refused:
        read_rubric(rubric)
    for problem in (
        "unknown key colour",
        "tags must be a list",
        "whole number from 0 to 5, got True",
        "version is missing",
    ):
        assert problem in str(refused.value)
