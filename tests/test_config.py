"""The configuration is checked whole: every problem of a source at once, with key, value and what was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from redraft.config import DEFAULTS, ROOT, load_config, parse_config, parse_section, read_yaml, section_text, to_tree
from redraft.errors import ConfigError
from redraft.settings import LIMITS, AnswerSettings, WriteSettings

PROFILES = sorted(
    path for path in (ROOT / "configs").glob("*.yaml") if path.name not in ("default.yaml", "rubric.yaml")
)


def profile(folder: Path, text: str) -> Path:
    path = folder / "profile.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path | None = None, **overrides: object) -> str:
    with pytest.raises(ConfigError) as error:
        load_config(path, {key.replace("__", "."): value for key, value in overrides.items()})
    return str(error.value)


def test_the_defaults_are_in_the_file_alone_and_every_number_has_limits() -> None:
    tree = read_yaml(DEFAULTS)
    assert to_tree(load_config()) == tree
    numbers = {
        f"{section}.{key}"
        for section, values in tree.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert numbers | {"seed"} == set(LIMITS)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.name)
def test_every_profile_that_we_ship_is_valid(path: Path) -> None:
    assert load_config(path) != load_config()


def test_a_profile_changes_what_it_names_and_run_parameters_come_on_top(tmp_path: Path) -> None:
    path = profile(tmp_path, "run: {candidates: 9, ratings: 30}\nseed: 7\n")
    config = load_config(path, {"run.ratings": "12"})
    default = load_config()
    assert (config.run.candidates, config.run.ratings, config.seed) == (9, 12, 7)
    assert (config.run.docs, config.retrieval) == (default.run.docs, default.retrieval)


def test_an_empty_profile_changes_nothing(tmp_path: Path) -> None:
    assert load_config(profile(tmp_path, "# nothing\n")) == load_config()


def test_unknown_keys_are_told_with_the_known_ones(tmp_path: Path) -> None:
    said = refused(profile(tmp_path, "runs: {}\nrun: {candidate: 3}\nretrieval: {topk: 3}\n"))
    for words in (
        "3 problems",
        "profile.yaml: unknown key 'runs'; known keys: run, docs, index",
        "profile.yaml: unknown key run.candidate; known keys: docs, questions",
        "profile.yaml: unknown key retrieval.topk; known keys: top_k",
    ):
        assert words in said


def test_every_wrong_value_is_told_at_once_with_file_key_value_and_what_was_expected(tmp_path: Path) -> None:
    said = refused(
        profile(
            tmp_path,
            "run: {candidates: many, promote: never, ratings: 0, docs: [a]}\n"
            "retrieval: {top_k: 2.5}\nanswer: {temperature: 3, max_retries: true, timeout_s: null}\n"
            "write: {required_clauses: one, smoke_questions: .nan}\nseed: -1\n",
        )
    )
    for words in (
        "run.candidates must be a whole number, got 'many'",
        "run.promote must be one of auto, confirm, got 'never'",
        "run.ratings must be >= 2, got 0",
        "run.docs must be text, got ['a']",
        "retrieval.top_k must be a whole number, got 2.5",
        "answer.temperature must be <= 2, got 3",
        "answer.max_retries must be a whole number, got True",
        "answer.timeout_s must be a number, got None",
        "write.required_clauses must be a list of texts, got 'one'",
        "write.smoke_questions must be a whole number",
        "seed must be >= 0, got -1",
    ):
        assert words in said
    assert said.count("profile.yaml: ") == 11


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_what_is_no_finite_number_is_refused(tmp_path: Path, value: str) -> None:
    assert "answer.timeout_s must be" in refused(profile(tmp_path, f"answer: {{timeout_s: {value}}}\n"))


def test_a_plan_for_nobody_and_a_budget_without_a_comparison_are_refused_by_key_value_and_what_to_give(
    tmp_path: Path,
) -> None:
    """One rating cannot compare two prompts."""
    said = refused(profile(tmp_path, "plan: {reviewers: 0}\nrun: {ratings: 1}\n"))
    assert "profile.yaml: plan.reviewers must be >= 1, got 0" in said
    assert "profile.yaml: run.ratings must be >= 2, got 1" in said
    assert "run parameters: run.ratings must be >= 2, got 1" in refused(run__ratings="1")


def test_run_parameters_are_named_as_the_source() -> None:
    assert "run parameters: run.candidates must be a whole number, got 'x'" in refused(run__candidates="x")
    assert "run parameters: unknown key run.candidate" in refused(run__candidate="3")
    assert "run parameters: unknown key 'nothing'" in refused(nothing="3")
    assert "run parameters: seed must be a whole number" in refused(seed="x")


def test_a_value_is_not_a_section_and_a_section_is_not_a_value(tmp_path: Path) -> None:
    assert "run must hold `key: value` lines, got 5" in refused(profile(tmp_path, "run: 5\n"))
    assert "seed must be a whole number" in refused(profile(tmp_path, "seed: {a: 1}\n"))
    assert "seed" in refused(**{"seed.deep": "1"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run: [", "not valid YAML"),
        ("- a\n", "expected `key: value` lines, got list"),
        ("just text\n", "expected `key: value` lines, got str"),
        ("!!python/object/apply:os.system ['true']\n", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in refused(profile(tmp_path, text))


def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    assert "no such configuration file" in refused(tmp_path / "none.yaml")
    assert "not a text file" in refused(tmp_path)
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"run: {docs: \xe4}\n")
    assert "not a text file in UTF-8" in refused(path)


@pytest.mark.parametrize("key", sorted(LIMITS))
def test_every_limit_is_checked_at_both_ends_and_reached(key: str) -> None:
    smallest, largest = LIMITS[key]
    tree: dict[str, Any] = read_yaml(DEFAULTS)
    for value, good in ((smallest, True), (largest, True), (smallest - 1, False), (largest + 1, False)):
        section, _, name = key.rpartition(".")
        target = tree[section] if section else tree
        old, target[name] = target[name], value
        if good:
            parse_config(tree, name="c")
        else:
            with pytest.raises(ConfigError, match=f"c: {key} must be"):
                parse_config(tree, name="c")
        target[name] = old


@pytest.mark.parametrize("section", [name for name, value in to_tree(load_config()).items() if isinstance(value, dict)])
def test_a_section_comes_back_from_the_text_that_its_step_receives(section: str) -> None:
    settings = getattr(load_config(), section)
    assert parse_section(type(settings), section_text(settings), name=section) == settings


def test_a_section_that_was_edited_in_the_ui_is_checked_with_its_limits() -> None:
    text = section_text(load_config().answer).replace("max_retries: 5", "max_retries: 99")
    with pytest.raises(ConfigError, match=r"configuration object answer: max_retries must be <= 20, got 99"):
        parse_section(AnswerSettings, text, name="answer")
    with pytest.raises(ConfigError, match="is missing"):
        parse_section(WriteSettings, "temperature: 0.5\n", name="write")


def test_texts_of_any_script_survive() -> None:
    config = load_config(overrides={"write.required_clauses": ["引用来源。", "- dash: colon # hash"]})
    assert parse_section(WriteSettings, section_text(config.write), name="write") == config.write
    assert "引用来源。" in section_text(config.write)


def test_the_whole_configuration_survives_as_text() -> None:
    config = load_config()
    assert parse_config(yaml.safe_load(section_text(config)), name="c") == config


@pytest.mark.parametrize(("given", "value"), [(True, True), ("true", True), ("False", False), (False, False)])
def test_a_switch_is_true_or_false_also_as_text(given: object, value: bool) -> None:
    assert load_config(None, {"answer.calculator": given}).answer.calculator is value


@pytest.mark.parametrize("given", ["maybe", 1, None, ""])
def test_a_switch_is_nothing_else(given: object) -> None:
    assert "answer.calculator must be true or false" in refused(answer__calculator=given)


@pytest.mark.parametrize("key", ["docs", "questions", "chat_model", "embedding_model"])
def test_a_path_or_model_that_is_empty_is_refused(key: str) -> None:
    """An empty folder of docs was the folder that the process happened to be in."""
    assert refused(**{f"run__{key}": " "}) == f"run parameters: run.{key} must not be empty"
