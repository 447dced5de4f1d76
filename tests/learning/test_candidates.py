from __future__ import annotations

from collections.abc import Sequence

import pytest
from fake_chat import FakeChat
from made_records import EXTRACT, answer, question, rating, variant, write_settings, writing

from redraft.errors import ModelUnavailable
from redraft.learning.candidates import ModelWriter, variations
from redraft.learning.history import History, make_history
from redraft.learning.protocols import Trial
from redraft.llm import ChatReply
from redraft.records import Prompt, PromptEdit, Theme, Variant, content_id, make_prompt

THEMES = tuple(Theme(id=f"t-{n}", text=f"Theme {n}.", comment_ids=("c",)) for n in range(6))
PRAISE = Theme(id="t-p", text="Praise.", comment_ids=("c",), praise=True)


def proposal(prompt: str, *edits: tuple[str, str]) -> dict[str, object]:
    return {"prompt": prompt, "edits": [{"theme": theme, "sentence": sentence} for theme, sentence in edits]}


def test_every_proposal_becomes_a_candidate_with_its_parent_and_writer(chat: FakeChat) -> None:
    chat.enqueue("write", proposal("Answer with sources."), proposal("Quote the documentation word for word."))

    written = ModelWriter(chat)(writing(History(), run_id="run-1"))

    assert [c.prompt.text for c in written.candidates if c.accepted] == [
        "Answer with sources.",
        "Quote the documentation word for word.",
    ]
    first = written.candidates[0].prompt
    assert (first.writer_model, first.run_id, first.id) == ("writer", "run-1", make_prompt("answer", first.text).id)


def test_a_repeated_prompt_is_proposed_once(chat: FakeChat) -> None:
    chat.enqueue("write", proposal("Answer, naming sources."), proposal("Answer, naming sources!"), proposal("Quote."))

    candidates = ModelWriter(chat)(writing(History(), n_candidates=3)).candidates

    assert [c.accepted for c in candidates] == [True, False, True]
    assert candidates[1].reasons == (f"a duplicate of candidate {candidates[0].prompt.id}",)


def test_a_duplicate_of_a_rejected_candidate_is_judged_by_itself(chat: FakeChat) -> None:
    chat.enqueue("write", proposal("Answer with sources {x}."), proposal("Answer with sources x."))

    candidates = ModelWriter(chat)(writing(History(), settings=write_settings(duplicate_ratio=80))).candidates

    assert [c.accepted for c in candidates] == [False, True]


def test_prose_an_empty_prompt_and_a_failed_call_are_rejected_with_their_reasons(chat: FakeChat) -> None:
    failed = ChatReply(text=None, error="timeout after 60 s")
    chat.enqueue("write", "Try to cite sources.", proposal(" "), {"edits": []}, failed)

    candidates = ModelWriter(chat)(writing(History(), n_candidates=4)).candidates

    assert [(c.accepted, *c.reasons) for c in candidates] == [
        (False, "the reply is not the JSON that was asked for"),
        (False, "the prompt is empty"),
        (False, "the reply has no `prompt`"),
        (False, "timeout after 60 s"),
    ]
    assert candidates[0].prompt.text == "Try to cite sources."


def test_an_edit_whose_sentence_is_not_in_the_prompt_or_not_new_is_dropped_and_noted(chat: FakeChat) -> None:
    asked = question("how?")
    given = answer(variant(), asked)
    comments = [rating(given, 1, id=f"c-{n}", reviewer=f"r{n}", comment="source?") for n in range(3)]
    chat.enqueue("themes", {"themes": [{"text": "Cite.", "comment_ids": ["c-1"], "praise": False}]})
    theme_id = "t-unknown"
    text = "Please explain.\nCite your\n sources. Be kind."
    edits = [("t-x", "Cite your sources."), (theme_id, "Not there."), (theme_id, "Please explain."), (theme_id, "")]
    chat.enqueue("write", proposal(text, *edits))

    candidate = ModelWriter(chat)(writing(make_history([asked, given, *comments]), n_candidates=1)).candidates[0]

    assert candidate.accepted
    assert candidate.prompt.edits == (PromptEdit(theme_id=None, sentence="Cite your sources."),)
    assert len(candidate.reasons) == 3


def test_edits_name_the_theme_that_they_answer(chat: FakeChat) -> None:
    asked = question("how?")
    given = answer(variant(), asked)
    history = make_history([asked, given, rating(given, 1, id="c-1", comment="source?")])
    chat.enqueue("themes", {"themes": [{"text": "Cite.", "comment_ids": ["c-1"], "praise": False}]})
    theme_id = content_id("t", "Cite.")
    chat.enqueue("write", proposal("Please explain. Cite.", (theme_id, "Cite.")))

    candidate = ModelWriter(chat)(writing(history, n_candidates=1)).candidates[0]

    assert candidate.prompt.edits == (PromptEdit(theme_id=theme_id, sentence="Cite."),)
    assert f'<theme id="{theme_id}" count="1">Cite.</theme>' in chat.asked("write")[-1].user


def test_a_tag_that_was_defused_for_the_writer_is_restored_in_what_it_copied(chat: FakeChat) -> None:
    parent = make_prompt("answer", "Read the <passages> first.")
    chat.enqueue("write", proposal("Read the &lt;passages> first. Then answer."))

    candidate = ModelWriter(chat)(writing(History(), parent=parent, n_candidates=1)).candidates[0]

    assert candidate.prompt.text == "Read the <passages> first. Then answer."


def test_when_no_call_is_answered_the_round_fails_and_says_why(chat: FakeChat) -> None:
    chat.enqueue("write", *(ChatReply(text=None, error="HTTP 500") for _ in range(2)))

    with pytest.raises(ModelUnavailable, match="none of 2 calls, the first: HTTP 500"):
        ModelWriter(chat)(writing(History()))


def test_requests_differ_in_temperature_seed_and_themes_and_the_first_answers_all() -> None:
    found = variations(writing(History(), n_candidates=4), [*THEMES, PRAISE])

    assert len({variation.seed for variation in found}) == len({variation.temperature for variation in found}) == 4
    assert [len(variation.themes) for variation in found] == [7, 5, 5, 5]
    assert all(PRAISE in variation.themes for variation in found)
    assert len({variation.themes for variation in found}) > 2


def test_the_same_seed_makes_the_same_requests_and_another_seed_others() -> None:
    one, same, other = (variations(writing(History(), n_candidates=4, seed=seed), THEMES) for seed in (1, 1, 2))

    assert one == same != other


def test_one_theme_is_in_every_request() -> None:
    assert all(len(v.themes) == 1 for v in variations(writing(History(), n_candidates=3), THEMES[:1]))


def test_only_accepted_candidates_are_tried_and_what_fails_is_rejected_with_the_reason(chat: FakeChat) -> None:
    chat.enqueue("write", proposal("Answer with sources."), proposal(""), proposal("Quote the passages."))
    tried: list[str] = []

    def try_prompts(prompts: Sequence[Prompt], *, parent: Variant) -> list[Trial]:
        tried.extend(f"{parent.id} {prompt.text}" for prompt in prompts)
        reasons = [("cites nothing",) if "Quote" in prompt.text else () for prompt in prompts]
        return [Trial(prompt_id=p.id, answers=(), reasons=r) for p, r in zip(prompts, reasons, strict=True)]

    written = ModelWriter(chat, try_prompts=try_prompts)(writing(make_history([variant()]), n_candidates=3))

    assert tried == [f"{variant().id} {text}" for text in ("Answer with sources.", "Quote the passages.")]
    assert [trial.prompt_id for trial in written.trials] == [written.candidates[n].prompt.id for n in (0, 2)]
    assert [(c.accepted, c.reasons) for c in written.candidates] == [
        (True, ()),
        (False, ("the prompt is empty",)),
        (False, ("cites nothing",)),
    ]


def test_when_everything_was_rejected_nothing_is_tried(chat: FakeChat) -> None:
    def try_prompts(prompts: Sequence[Prompt], *, parent: Variant) -> list[Trial]:
        raise AssertionError(prompts, parent)

    chat.enqueue("write", proposal(""), "prose")
    written = ModelWriter(chat, try_prompts=try_prompts)(writing(History()))

    assert not any(c.accepted for c in written.candidates)
    assert written.trials == ()


def test_a_candidate_is_of_its_parents_kind(chat: FakeChat) -> None:
    chat.enqueue("write", proposal("Copy out whole sentences."))

    candidate = ModelWriter(chat)(writing(History(), parent=EXTRACT, n_candidates=1)).candidates[0]

    assert candidate.accepted
    assert candidate.prompt.id == make_prompt("extract", "Copy out whole sentences.").id
