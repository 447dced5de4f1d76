from __future__ import annotations

from collections.abc import Sequence

from made_records import SEED

from redraft.learning.history import History, make_history
from redraft.learning.screen import choose_diverse
from redraft.records import Candidate, PromptEdit, Theme, make_prompt

THEMES = [
    Theme(id="t-cite", text="Cite.", comment_ids=("a", "b", "c")),
    Theme(id="t-short", text="Short.", comment_ids=("d", "e")),
    Theme(id="t-steps", text="Steps.", comment_ids=("f",)),
    Theme(id="t-praise", text="Kind.", comment_ids=("g",) * 9, praise=True),
]


def candidate(text: str, *themes: str, accepted: bool = True) -> Candidate:
    edits = tuple(PromptEdit(theme_id=theme, sentence=text) for theme in themes)
    return Candidate(prompt=make_prompt("answer", text, edits=edits), accepted=accepted)


def chosen(candidates: Sequence[Candidate], n: int, history: History = History(), seed: int = 1) -> list[str]:  # noqa: B008
    found = choose_diverse(candidates, themes=THEMES, history=history, chosen=n, seed=seed)
    return [each.prompt.text for each in found]


def test_the_candidate_that_answers_most_comments_is_chosen_then_what_adds_most() -> None:
    both = candidate("cites, is short", "t-cite", "t-short")
    steps, cites = candidate("gives steps", "t-steps"), candidate("cites only", "t-cite")

    assert chosen([cites, steps, both], 2) == ["cites, is short", "gives steps"]


def test_praise_and_unknown_themes_weigh_nothing() -> None:
    assert chosen([candidate("kind", "t-praise", "t-x"), candidate("steps", "t-steps")], 1) == ["steps"]


def test_of_equals_the_one_least_like_an_earlier_prompt_is_chosen() -> None:
    near, far = candidate("Please explain it."), candidate("Quote what the passages say.")

    assert chosen([near, far], 1, make_history([SEED])) == ["Quote what the passages say."]


def test_rejected_candidates_are_never_chosen() -> None:
    assert chosen([candidate("cites", "t-cite", accepted=False)], 1) == []


def test_the_same_seed_chooses_the_same_whatever_the_order() -> None:
    equals = [candidate(text) for text in ("aaa", "bbb", "ccc")]

    assert chosen(equals, 1) == chosen(equals[::-1], 1)
    assert len({chosen(equals, 1, seed=seed)[0] for seed in range(20)}) == 3


def test_the_reason_is_added_to_the_chosen() -> None:
    found = choose_diverse([candidate("cites", "t-cite")], themes=THEMES, history=History(), chosen=1, seed=1)

    assert found[0].reasons == (
        "chosen: answers themes of 3 comments that no chosen one answers; at most 0 % like an earlier prompt",
    )
