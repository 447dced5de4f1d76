"""The bot outside any run, on a real index, against the stand-in model."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from askable_project import (
    CONFIG,
    LONG,
    PAGES,
    PLAIN,
    QUESTION,
    SHORT,
    endpoint_of,
    history_of,
    publish,
    say_no,
    store_index,
    store_variants,
    variant_of,
)
from judged_project import EXTRACT

from redraft.errors import InputError, ModelError, ModelUnavailable
from redraft.tracking.askable import Choice, choices, published_choice
from redraft.tracking.asking import MAX_QUESTION_CHARS, answer_question, ask, check_question, find_index
from redraft.tracking.indexes import OpenIndex


@pytest.fixture(autouse=True)
def _endpoint(model_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in endpoint_of(model_server).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def index(project: str, tmp_path: Path) -> Iterator[OpenIndex]:
    with OpenIndex(store_index(project, tmp_path), tmp_path / "open") as opened:
        yield opened


def choice_of(project: str, variant_id: str) -> Choice:
    return next(choice for choice in choices(history_of(project), CONFIG) if choice.variant.id == variant_id)


def test_before_the_first_promotion_the_seed_prompt_answers(project: str, tmp_path: Path) -> None:
    store_index(project, tmp_path)
    answered = answer_question(QUESTION, project, CONFIG, tmp_path / "ask")
    assert "15 minutes" in answered.text
    assert answered.choice.role == "seed prompt"
    assert {chunk.document_path for chunk in answered.passages} == set(PAGES)


def test_the_published_prompt_answers_with_its_own_retrieval_settings(project: str, tmp_path: Path) -> None:
    store_index(project, tmp_path)
    published = variant_of(SHORT)
    store_variants(project, {published: 4, variant_of(LONG): 5})
    publish(project, published)
    answered = answer_question(QUESTION, project, CONFIG, tmp_path / "ask")
    assert (answered.choice.role, answered.answer.variant_id) == ("published", published.id)
    assert answered.choice.answer_prompt == SHORT
    assert len(answered.passages) == 2  # its top_k; the configured one is larger
    assert answered.answer.dataset_id == "dataset-1"


def test_nothing_is_left_of_the_index_that_a_question_was_answered_from(project: str, tmp_path: Path) -> None:
    store_index(project, tmp_path)
    answer_question(QUESTION, project, CONFIG, tmp_path / "ask")
    assert list((tmp_path / "ask").iterdir()) == []


def test_without_an_index_it_is_said_which_command_makes_one(project: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no index made with .* demo-embed\. Run `redraft run`"):
        answer_question(QUESTION, project, CONFIG, tmp_path)


def test_the_published_comes_first_then_what_waits_then_the_best_and_last_what_people_refused(project: str) -> None:
    published, waiting = variant_of(SHORT), variant_of(LONG)
    best, refused = variant_of(PLAIN), variant_of(PLAIN, retrieval="{}")
    unrated = variant_of(PLAIN, sampling="{}")
    store_variants(project, {published: 2, waiting: 3, best: 4, refused: 5, unrated: None})
    publish(project, published, waiting=waiting)
    say_no(project, refused)
    found = choices(history_of(project), CONFIG)
    assert [choice.variant for choice in found[:3]] == [published, waiting, best]
    assert {choice.variant.id for choice in found[3:5] if choice.role != "seed prompt"} == {unrated.id}
    assert [choice.variant for choice in found[5:]] == [refused]
    assert [choice.role for choice in found[:3]] == ["published", "waits for a yes", "candidate"]


def test_a_variant_whose_prompt_is_lost_cannot_be_asked(project: str) -> None:
    kept, lost = variant_of(SHORT), variant_of(LONG)
    store_variants(project, {kept: 3, lost: 5}, prompts=(EXTRACT, SHORT))
    ids = [choice.variant.id for choice in choices(history_of(project), CONFIG)]
    assert kept.id in ids
    assert lost.id not in ids


def test_before_any_iteration_only_the_seed_prompt_can_be_asked(project: str) -> None:
    (only,) = choices(history_of(project), CONFIG)
    assert only == published_choice(history_of(project), CONFIG)
    assert only.role == "seed prompt"


def test_two_variants_answer_the_same_question_each_with_its_own_settings(project: str, index: OpenIndex) -> None:
    one, other = variant_of(SHORT), variant_of(LONG, retrieval='{"top_k": 1, "of_another_redraft": 7}')
    store_variants(project, {one: 4, other: 3})
    pair = [choice_of(project, other.id), choice_of(project, one.id)]
    answers = ask(QUESTION, pair, index, CONFIG)
    assert [answered.answer.variant_id for answered in answers] == [other.id, one.id]
    assert [len(answered.passages) for answered in answers] == [1, 2]
    assert all("15 minutes" in answered.text for answered in answers)


def test_if_one_of_two_does_not_answer_one_message_names_its_model(project: str, index: OpenIndex) -> None:
    one, other = variant_of(SHORT), variant_of(LONG, chat_model="gone-model")
    store_variants(project, {one: 4, other: 3})
    pair = [choice_of(project, one.id), choice_of(project, other.id)]
    with pytest.raises(ModelUnavailable, match=r"no answer from gone-model at http.*: .*404"):
        ask(QUESTION, pair, index, CONFIG)


def test_without_a_model_endpoint_the_message_says_where_none_answers(
    project: str, index: OpenIndex, monkeypatch: pytest.MonkeyPatch, model_server: str
) -> None:
    monkeypatch.setenv("OPENAI_ENDPOINT_NAME", model_server)  # so that the index is this embedder's all the same
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    config = dataclasses.replace(CONFIG, answer=dataclasses.replace(CONFIG.answer, max_retries=0))
    with pytest.raises(ModelError, match=r"no model endpoint can be reached at http://127\.0\.0\.1:9/v1"):
        ask(QUESTION, [published_choice(history_of(project), config)], index, config)


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_an_empty_question_is_not_asked(text: str) -> None:
    with pytest.raises(InputError, match="the question is empty"):
        check_question(text)


def test_a_question_may_have_2000_characters_without_the_space_around_it() -> None:
    longest = "x" * MAX_QUESTION_CHARS
    assert check_question(f"  {longest}\n") == longest
    with pytest.raises(InputError, match=r"the question has 2,001 characters, 2,000 are the most"):
        check_question(longest + "x")


def test_an_open_index_is_searched_by_several_threads_at_once(index: OpenIndex) -> None:
    vectors = np.eye(3, 384, dtype=np.float32)

    def search(_: int) -> tuple[object, object]:
        return index.index.nearest(vectors, 3), index.index.best_by_words("export notes", 3)

    with ThreadPoolExecutor(max_workers=8) as pool:
        first, *others = pool.map(search, range(40))
    assert all(found == first for found in others)


def test_the_folder_of_an_index_goes_when_nobody_uses_it_any_more(project: str, tmp_path: Path) -> None:
    opened = OpenIndex(store_index(project, tmp_path), tmp_path / "open")
    assert len(list((tmp_path / "open").iterdir())) == 1
    del opened
    gc.collect()
    assert list((tmp_path / "open").iterdir()) == []


def test_the_newest_index_is_asked(project: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    store_index(project, tmp_path / "a")
    newest = store_index(project, tmp_path / "b")
    assert find_index(project, CONFIG) == newest


def test_with_the_calculator_on_it_is_another_variant_and_computes(project: str, tmp_path: Path) -> None:
    store_index(project, tmp_path)
    config = dataclasses.replace(CONFIG, answer=dataclasses.replace(CONFIG.answer, calculator=True))
    power = "What is 13 raised to the .3432 power?"
    computed = answer_question(power, project, config, tmp_path / "ask")
    assert "2.41160046266" in computed.text
    assert computed.choice.variant.sampling == '{"calculator": true, "temperature": 0.0}'
    without = answer_question(power, project, CONFIG, tmp_path / "ask")
    assert "2.4116" not in without.text
    assert without.choice.variant.sampling == '{"temperature": 0.0}'
