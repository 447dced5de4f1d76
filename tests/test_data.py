"""The shipped questions, prompts, rubric and documentation fit together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from redraft.config import DEFAULTS, ROOT
from redraft.jsonl import read_jsonl
from redraft.records import Prompt, Question, content_id, make_prompt

DATA = ROOT / "data"
DOCS = DATA / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
QUESTIONS = read_jsonl(DATA / "questions.jsonl", Question)

# What a right answer must say, word for word as the page that the question's note names has it.
ANSWERS = {
    "How do I continue an iteration that was interrupted?": ["redraft resume"],
    "Which file formats can the docs folder contain?": [
        "Markdown, plain text, reStructuredText, HTML, PDF, Slack exports, and tables of questions and answers"
    ],
    "What happens when I start a run and the docs have not changed?": ["uses the same dataset version"],
    "How do I go back to an earlier version of the docs?": ["dataset:<id>"],
    "How many chunks of one page are used at most to answer a question?": ["At most 2 chunks of one page are used"],
    "When must a reviewer write a comment in the review sheet?": ["write a comment for every score of 2 or less"],
    "Which environment variable gives embeddings an address of their own?": ["REDRAFT_EMBEDDING_BASE_URL"],
    "How do I use a model that is served by Ollama?": ["export OPENAI_BASE_URL=http://127.0.0.1:11434/v1"],
    "What does exit code 3 mean?": ["Exit code 3 means that the model endpoint is the problem"],
    "What is a variant, and why does a new chat model make a new one?": [
        "A variant is what people judge",
        "scores of different models must never mix",
    ],
    "Which queue does an open review wait on, and does that queue need an agent?": [
        "waits on the queue `human-review`",
        "No agent may serve that queue",
    ],
    "How do I get the answers of an open review as a spreadsheet?": ["redraft review --export sheet.csv"],
    "What is the difference between dev and val questions?": ["`val` questions are never shown to the prompt writer"],
    "Which folder holds everything that a local run writes?": [
        "`.redraft/` in the repository holds everything that a local run writes"
    ],
    "How many answers are people asked to rate in one iteration by default?": ["rate 16 answers in one iteration"],
    "How do I delete everything the demo made, and what happens if I type make demo again instead?": [
        "make clean",
        "continues with three more iterations",
    ],
}
# What each trap asks for and Redraft does not have.
ABSENT = {
    "How do I export my ratings to Jira?": "jira",
    "How do I turn on fine-tuning of the chat model's weights?": "fine-tun",
    "Which setting reads pages from a Confluence space?": "confluence",
    "How do I send a Telegram message when a review opens?": "telegram",
    "Where do I set the password of the GraphQL interface?": "graphql",
}


def text_of(page: Path) -> str:
    """Return a page's text in one line."""
    return " ".join(page.read_text(encoding="utf-8").split())


def leaves(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Flatten a configuration."""
    flat: dict[str, object] = {}
    for key, value in tree.items():
        flat.update(leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value})
    return flat


def test_every_question_has_the_id_of_its_text() -> None:
    assert [question.id for question in QUESTIONS] == [content_id("q", question.text) for question in QUESTIONS]
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS) == 21


def test_a_third_of_the_questions_is_val() -> None:
    splits = [question.split for question in QUESTIONS]
    assert (splits.count("dev"), splits.count("val")) == (14, 7)


@pytest.mark.parametrize("split", ["dev", "val"])
def test_both_splits_have_traps_and_two_part_questions(split: str) -> None:
    questions = [question for question in QUESTIONS if question.split == split]
    assert sum(question.answerable is False for question in questions) >= 2
    assert any(", and " in question.text for question in questions)


def test_every_question_is_either_answered_or_a_trap() -> None:
    assert {q.text for q in QUESTIONS if q.answerable} == set(ANSWERS)
    assert {q.text for q in QUESTIONS if q.answerable is False} == set(ABSENT)


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.answerable], ids=lambda q: q.text)
def test_the_page_in_a_note_holds_the_answer(question: Question) -> None:
    page = text_of(DOCS / str(question.note))
    assert [answer for answer in ANSWERS[question.text] if answer not in page] == []


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.answerable is False], ids=lambda q: q.text)
def test_what_a_trap_asks_for_is_nowhere_in_the_docs(question: Question) -> None:
    word = ABSENT[question.text]
    assert [page.name for page in PAGES if word in text_of(page).lower()] == []


def test_the_seed_prompts_are_one_of_each_kind_with_right_ids() -> None:
    prompts = read_jsonl(DATA / "seed_prompts.jsonl", Prompt)
    assert [prompt.kind for prompt in prompts] == ["answer", "extract"]
    assert prompts == [make_prompt(prompt.kind, prompt.text) for prompt in prompts]


def test_the_rubric_says_what_each_number_means() -> None:
    rubric = yaml.safe_load((ROOT / "configs" / "rubric.yaml").read_text(encoding="utf-8"))
    assert sorted(rubric) == ["comment_required_at_or_below", "scores", "tags", "version"]
    assert isinstance(rubric["version"], str)
    assert sorted(rubric["scores"]) == [1, 2, 3, 4, 5]
    assert all(isinstance(meaning, str) for meaning in rubric["scores"].values())
    assert rubric["comment_required_at_or_below"] == 2


def test_there_are_twenty_pages_or_more_of_a_readable_length() -> None:
    assert len(PAGES) >= 20
    lengths = {page.name: len(page.read_text(encoding="utf-8").split("\n")) for page in PAGES}
    assert {name: lines for name, lines in lengths.items() if not 35 <= lines <= 120} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))]
    assert [t for t in targets if "://" not in t and not (page.parent / t).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_every_page_begins_with_its_only_title(page: Path) -> None:
    prose = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    assert prose.startswith("# ")
    assert len(re.findall(r"(?m)^# ", prose)) == 1


def test_the_configuration_pages_have_every_key_with_its_default() -> None:
    pages = sorted((DOCS / "reference").glob("configuration*.md"))
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    shown = dict(re.findall(r"(?m)^\| `([a-z_.]+)` \| `?([^|`]*)`? \|", text))
    written = {
        key: "empty" if value == "" else "none" if value == [] else str(value).lower() if value is False else str(value)
        for key, value in leaves(yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))).items()
    }
    assert {key: value.strip() for key, value in shown.items()} == written


def test_every_file_of_data_is_described() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    names = [path.name + ("/" if path.is_dir() else "") for path in DATA.iterdir() if path.name != "README.md"]
    assert [name for name in names if f"`{name}`" not in readme] == []
