"""The stand-in reviewers judge what is visible: tested with answers written by hand, good and poor, over seeds."""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import pytest
import yaml

from redraft.cli.reviewer_eyes import is_chinese, sentences_of
from redraft.cli.reviewers import REVIEWERS, Reviewer, SeenPassage, Verdict, rate_answer, reviewer_for_slot
from redraft.config import ROOT
from redraft.records import Answer, Checks, Question, content_id

SEEDS = range(20)
NO_CHECKS = Checks()
RUBRIC = yaml.safe_load((ROOT / "configs" / "rubric.yaml").read_text(encoding="utf-8"))

PASSAGES = [
    SeenPassage(
        text="# Resume\n\nAn iteration that was interrupted is continued with `redraft resume`. Finished steps come "
        "from the cache, so no model call is paid twice.\n\n```console\nredraft resume\n```",
        source="guides/resume.md",
    ),
    SeenPassage(
        text="`redraft status` shows the newest run and what it waits for. It never changes anything.",
        source="reference/command-line.md",
    ),
    SeenPassage(
        text="A review is exported with `redraft review --export sheet.csv`. The sheet has the columns question, "
        "answer, sources, letter, score and comment. Scores are whole numbers from 1 to 5.",
        source="guides/review.md",
    ),
    SeenPassage(
        text="`make clean` deletes the folder `.redraft/`; nothing of the demo can be restored. A second `make demo` "
        "continues with three more iterations.",
        source="demo.md",
    ),
    SeenPassage(
        text="Compare iterations in the experiment manager: select two runs and press Compare.", source="compare.md"
    ),
]
CHINESE_PASSAGES = [
    SeenPassage(
        text="# 安装\n\n使用 `pip install fastapi` 安装 FastAPI。你还需要一个 ASGI 服务器，例如 uvicorn。",
        source="tutorial/index.md",
    ),
    SeenPassage(text="路径参数的值会作为参数传给你的函数。", source="tutorial/path-params.md"),
]
EVERYTHING = " ".join(passage.text.replace("`", "").replace("\n", " ") for passage in PASSAGES)

RESUME = "How do I continue an iteration that was interrupted?"
RESUME_GOOD = "Type `redraft resume`. Finished steps come from the cache.\n\nSources: guides/resume.md"
TRAP = "How do I export my ratings to Jira?"
TRAP_GOOD = "The documentation does not mention Jira."
TWO = "How do I delete everything of the demo, and what does a second make demo do?"
TWO_GOOD = (
    "`make clean` deletes the folder `.redraft/`; nothing can be restored. "
    "A second `make demo` continues with three more iterations.\n\nSources: demo.md"
)
CHINESE = "如何安装 FastAPI？"
CHINESE_GOOD = "使用 `pip install fastapi` 安装 FastAPI，还需要 ASGI 服务器，例如 uvicorn。\n\n来源：tutorial/index.md"


def verdicts(
    question: str,
    text: str,
    passages: Sequence[SeenPassage] = PASSAGES,
    *,
    answerable: bool | None = True,
    reviewers: Sequence[Reviewer] = REVIEWERS,
    checks: Checks = NO_CHECKS,
) -> list[Verdict]:
    """Let everybody rate an answer with many seeds."""
    asked = Question(id=content_id("q", question), text=question, answerable=answerable)
    answer = Answer(
        id=content_id("a", text),
        run_id="run",
        variant_id="v",
        question_id=asked.id,
        dataset_id="d",
        index_id="i",
        sample=0,
        text=text,
        sources=tuple(passage.source for passage in passages if passage.source in text),
        checks=checks,
    )
    return [rate_answer(reviewer, asked, answer, passages, seed=seed) for reviewer in reviewers for seed in SEEDS]


def rating(
    question: str, text: str, passages: Sequence[SeenPassage] = PASSAGES, *, answerable: bool | None = True
) -> float:
    """Mean score of an answer."""
    return mean(verdict.score for verdict in verdicts(question, text, passages, answerable=answerable))


@pytest.mark.parametrize(
    ("question", "text", "passages", "answerable"),
    [
        (RESUME, RESUME_GOOD, PASSAGES, True),
        (TWO, TWO_GOOD, PASSAGES, True),
        (TRAP, TRAP_GOOD, PASSAGES, False),
        (CHINESE, CHINESE_GOOD, CHINESE_PASSAGES, True),
    ],
)
def test_an_excellent_answer_is_rated_between_4_2_and_4_7(
    question: str, text: str, passages: list[SeenPassage], answerable: bool
) -> None:
    assert 4.2 <= rating(question, text, passages, answerable=answerable) <= 4.7


def test_poor_answers_are_rated_about_2() -> None:
    ramble = "Great question! " + EVERYTHING + " I hope this helps."
    poor = [rating(RESUME, ramble), rating(TWO, ramble), rating(RESUME, "An interrupted iteration can be continued.")]
    assert 1.5 <= mean(poor) <= 2.5
    assert max(poor) < 3


def test_each_merit_that_is_lost_lowers_the_rating() -> None:
    falling = [
        RESUME_GOOD,
        RESUME_GOOD.partition("\n\n")[0],  # no source
        "An iteration that was interrupted can be continued; finished steps come from the cache.",  # and no command
        "Great question! " + EVERYTHING,  # and wordy
        "Compare iterations in the experiment manager: select two runs and press Compare.",  # and beside the point
    ]
    ratings = [rating(RESUME, text) for text in falling]
    assert all(better > worse + 0.2 for better, worse in itertools.pairwise(ratings)), ratings


def test_random_sentences_of_the_documentation_do_not_rate_well() -> None:
    pages = sorted((ROOT / "data" / "docs").rglob("*.md"))
    texts = [SeenPassage(text=page.read_text(encoding="utf-8"), source=page.name) for page in pages]
    pool = [sentence for passage in texts for sentence in sentences_of(passage.text)]
    draw = random.Random(1)
    answers = [" ".join(draw.sample(pool, 3)) + "\n\nSources: " + texts[0].source for _ in range(30)]
    rated = [verdict for text in answers for verdict in verdicts(RESUME, text, texts, reviewers=REVIEWERS[:1])]
    assert mean(verdict.score for verdict in rated) < 1.6


def test_random_sentences_of_the_passages_themselves_do_not_rate_well() -> None:
    pool = [sentence for passage in PASSAGES[1:] for sentence in sentences_of(passage.text)]
    draw = random.Random(2)
    answers = [" ".join(draw.sample(pool, 2)) for _ in range(30)]
    assert mean(rating(RESUME, text) for text in answers) < 2.0


def test_a_false_premise_that_is_named_rates_far_above_one_that_is_believed() -> None:
    believed = rating(TRAP, "Yes, Jira is supported: set `jira: true` in the settings.", answerable=False)
    elsewhere = rating(TRAP, "Type `redraft review --export sheet.csv`.\n\nSources: guides/review.md", answerable=False)
    unnamed = rating(TRAP, "I don't know, the docs do not say.", answerable=False)
    named = rating(TRAP, TRAP_GOOD, answerable=False)
    assert max(believed, elsewhere) < 1.5 < 2.5 < unnamed < named - 0.5


def test_giving_up_on_a_question_that_the_docs_answer_rates_low() -> None:
    assert rating(RESUME, "The documentation does not say how to continue an iteration.") < 2


def test_invented_commands_and_numbers_rate_low() -> None:
    invented = "Type `redraft continue --force`, it goes on after 42 seconds.\n\nSources: guides/resume.md"
    assert rating(RESUME, invented) < rating(RESUME, RESUME_GOOD) - 2


def test_a_source_that_was_not_among_the_passages_rates_below_the_right_one() -> None:
    assert rating(RESUME, RESUME_GOOD.replace("resume.md", "restart.md")) < rating(RESUME, RESUME_GOOD) - 0.5


@pytest.mark.parametrize(
    "citation",
    ["Sources: guides/resume.md", "(source: guides/resume.md)", "[guides/resume.md]", "See [here](guides/resume.md)"],
)
def test_a_source_counts_in_every_usual_form(citation: str) -> None:
    assert rating(RESUME, f"Type `redraft resume`. Finished steps come from the cache. {citation}") > 4


def test_half_of_a_two_part_question_rates_below_the_whole() -> None:
    half = "`make clean` deletes the folder `.redraft/`; nothing can be restored.\n\nSources: demo.md"
    assert rating(TWO, half) < rating(TWO, TWO_GOOD) - 0.7


def test_the_wrong_language_rates_below_the_right_one() -> None:
    english = (
        "Install FastAPI with `pip install fastapi`, and an ASGI server such as uvicorn.\n\n来源：tutorial/index.md"
    )
    assert rating(CHINESE, english, CHINESE_PASSAGES) < rating(CHINESE, CHINESE_GOOD, CHINESE_PASSAGES) - 0.3


def test_an_unlabelled_question_is_judged_like_an_answerable_one_if_it_is_answered() -> None:
    assert rating(RESUME, RESUME_GOOD, answerable=None) == rating(RESUME, RESUME_GOOD)


def test_automatic_checks_do_not_matter() -> None:
    flagged = Checks(sources_cited=False, citations_valid=0.0, unsupported=("redraft",), refused=True)
    assert verdicts(RESUME, RESUME_GOOD, checks=flagged) == verdicts(RESUME, RESUME_GOOD)


def test_a_low_score_always_has_a_comment_and_a_3_usually() -> None:
    texts = [RESUME_GOOD, RESUME_GOOD.partition("\n\n")[0], EVERYTHING, "Nothing.", "It depends."]
    rated = [verdict for text in texts for verdict in verdicts(RESUME, text)]
    assert all(verdict.comment for verdict in rated if verdict.score <= RUBRIC["comment_required_at_or_below"])
    threes = [verdict for verdict in rated if verdict.score == 3]
    assert len([verdict for verdict in threes if verdict.comment]) > 0.6 * len(threes)


def test_comments_are_varied() -> None:
    comments = {verdict.comment for verdict in verdicts(RESUME, "Great question! " + EVERYTHING) if verdict.comment}
    assert len(comments) >= 30


def test_comments_follow_the_language_of_the_question() -> None:
    poor = verdicts(CHINESE, "路径参数的值会作为参数传给你的函数。", CHINESE_PASSAGES)
    assert all(is_chinese(verdict.comment) for verdict in poor if verdict.comment)
    assert not any(is_chinese(verdict.comment) for verdict in verdicts(RESUME, EVERYTHING) if verdict.comment)


@pytest.mark.parametrize(
    ("text", "answerable", "tag"),
    [
        (RESUME_GOOD.partition("\n\n")[0], True, "no source"),
        ("Great question! " + EVERYTHING * 2, True, "too long"),
        ("Press Compare.", True, "missed the question"),
        ("Type `redraft continue --force` after 42 seconds.", True, "invented"),
        ("Yes, Jira is supported.", False, "false premise missed"),
    ],
)
def test_a_tag_names_what_is_missing(text: str, answerable: bool, tag: str) -> None:
    rated = verdicts(RESUME if answerable else TRAP, text, answerable=answerable)
    assert mean(tag in verdict.tags for verdict in rated) > 0.8


def test_every_tag_is_one_of_the_rubric() -> None:
    texts = [RESUME_GOOD, EVERYTHING, "Press Compare.", "Type `redraft continue --force`."]
    tags = {tag for text in texts for verdict in verdicts(RESUME, text) for tag in verdict.tags}
    assert tags <= set(RUBRIC["tags"])
    assert "well done" in tags


def test_the_same_seed_gives_the_same_verdict_and_other_seeds_others() -> None:
    assert verdicts(RESUME, EVERYTHING) == verdicts(RESUME, EVERYTHING)
    assert len({verdict.score for verdict in verdicts(RESUME, RESUME_GOOD.partition("\n\n")[0])}) > 1


def test_reviewers_differ_in_severity_and_are_even_on_the_whole() -> None:
    strict = max(REVIEWERS, key=lambda reviewer: reviewer.severity)
    mild = min(REVIEWERS, key=lambda reviewer: reviewer.severity)
    texts = [RESUME_GOOD, RESUME_GOOD.partition("\n\n")[0], EVERYTHING]
    means = [
        mean(verdict.score for text in texts for verdict in verdicts(RESUME, text, reviewers=[reviewer]))
        for reviewer in (strict, mild)
    ]
    assert means[0] < means[1] - 0.2
    assert abs(sum(reviewer.severity for reviewer in REVIEWERS)) < 1e-9


def test_stand_ins_say_so_in_their_name_and_take_turns() -> None:
    assert all("stand-in" in reviewer.name for reviewer in REVIEWERS)
    assert len({reviewer_for_slot(slot).name for slot in range(len(REVIEWERS))}) == len(REVIEWERS)
    assert reviewer_for_slot(len(REVIEWERS)) == reviewer_for_slot(0)


@pytest.mark.parametrize("text", ["", " \n", "```", "🤷", "。。。", "Sources:", "`", "a" * 50_000, "\u202e abc \x00"])
def test_strange_answers_are_rated_low_and_break_nothing(text: str) -> None:
    assert rating(RESUME, text) < 2.5
    assert rating(RESUME, text, []) < 2.5


def test_a_failed_answer_cannot_be_rated() -> None:
    failed = Answer(
        id="a", run_id="", variant_id="", question_id="q", dataset_id="", index_id="", sample=0, error="timeout"
    )
    with pytest.raises(ValueError, match="failed"):
        rate_answer(REVIEWERS[0], Question(id="q", text="Why?"), failed, PASSAGES, seed=1)


def test_reviewers_and_stand_in_model_share_no_import_and_no_long_literal() -> None:
    reviewers = sorted((ROOT / "redraft" / "cli").glob("reviewer*.py"))
    model = sorted((ROOT / "redraft" / "standins" / "openai_server").rglob("*.py"))
    assert len(reviewers) == 5
    assert model
    assert not any("standins" in name for path in reviewers for name in _imports(path))
    assert not any("reviewer" in name for path in model for name in _imports(path))
    shared = {text for path in reviewers for text in _literals(path)} & {t for path in model for t in _literals(path)}
    assert shared == set()


def _imports(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return names + [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]


def _literals(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {text for text in texts if len(text) >= 20}
