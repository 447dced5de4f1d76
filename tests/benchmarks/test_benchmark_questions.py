"""The questions about FastAPI's documentation, that benchmarks ask, fit the pages that lie beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from redraft.config import ROOT
from redraft.jsonl import read_jsonl
from redraft.questions import question_warnings, read_questions
from redraft.records import Question, content_id

LANGUAGES = ("en", "zh")
FILES = {language: ROOT / "benchmarks" / "questions" / f"fastapi-{language}.jsonl" for language in LANGUAGES}
QUESTIONS = {language: read_jsonl(path, Question) for language, path in FILES.items()}

# What a right answer must say, as the page that the question's note names has it: in the order of the file.
ANSWERS = {
    "en": [
        ["by setting their default to `None`"],
        ["`UploadFile`", "without consuming all the memory"],
        ["`CORSMiddleware`", "`allow_origins`"],
        ["using the `lifespan` parameter of the `FastAPI` app", "before the application **starts** taking requests"],
        ["pass the parameter `deprecated`"],
        ["with the method `.add_task()`", "heavy background computation", "Celery"],
        ["with the `--workers` command line option"],
        ["You can set its URL with the parameter `docs_url`", "You can disable it by setting `docs_url=None`"],
        ["`app.dependency_overrides`", "to be an empty `dict`"],
    ],
    "zh": [
        ["`response_model_exclude_unset=True`", "只包含实际设置的值"],
        ["`StaticFiles()` 实例“挂载”（Mount）到指定路径"],
        ["声明 `Cookie` 参数的方式与声明 `Query` 和 `Path` 参数相同"],
        ["“中间件”是一个函数"],
        ["在开发环境中运行你的 FastAPI 应用，可以使用 `fastapi dev`", "在生产环境中，你会使用 `fastapi run`"],
        ["触发状态码为 `404` 的异常", "可以用 `@app.exception_handler()` 添加自定义异常处理器"],
        ["在 `with` 语句中使用 `TestClient` 连接到 WebSocket"],
        ["`APIRouter`"],
        ["配置项 `env_file`", "`@lru_cache` 装饰器"],
    ],
}
# What each trap asks for, in lower case, that no page of its language has.
ABSENT = {"en": ["rate limit", "sentry", "ldap"], "zh": ["短信", "grpc", "爬虫"]}
TWO_PARTS = {"en": ", and ", "zh": "，以及"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_the_id_of_its_text_and_is_asked_once(language: str) -> None:
    questions = QUESTIONS[language]
    assert [question.id for question in questions] == [content_id("q", question.text) for question in questions]
    assert len({question.id for question in questions}) == len(questions) == 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_is_read_as_a_run_reads_it_without_a_warning(language: str) -> None:
    questions = read_questions(FILES[language])
    assert questions == QUESTIONS[language]
    assert question_warnings(questions, name=language) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_eight_questions_are_dev_and_four_val_with_traps_and_two_parts_in_both(language: str) -> None:
    counts = {
        split: (
            len(asked),
            sum(q.answerable is False for q in asked),
            sum(TWO_PARTS[language] in q.text for q in asked),
        )
        for split in ("dev", "val")
        for asked in [[question for question in QUESTIONS[language] if question.split == split]]
    }
    assert counts == {"dev": (8, 2, 1), "val": (4, 1, 1)}
    assert all(question.answerable is not None for question in QUESTIONS[language])


def pages_of(shared: Path, language: str) -> dict[str, str]:
    """The pages of a corpus by path, each in one line."""
    folder = shared / "corpora" / "fastapi" / language
    return {
        path.relative_to(folder).as_posix(): " ".join(path.read_text(encoding="utf-8").split())
        for path in sorted(folder.rglob("*.md"))
    }


@pytest.mark.shared
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_in_a_note_exists_and_holds_the_answer(shared: Path, language: str) -> None:
    pages = pages_of(shared, language)
    asked = [question for question in QUESTIONS[language] if question.answerable]
    assert [question.text for question in asked if question.note not in pages] == []
    missing = [
        (question.text, words)
        for question, answer in zip(asked, ANSWERS[language], strict=True)
        for words in answer
        if words not in pages[str(question.note)]
    ]
    assert missing == []


@pytest.mark.shared
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_trap_asks_for_is_on_no_page(shared: Path, language: str) -> None:
    traps = [question for question in QUESTIONS[language] if question.answerable is False]
    for question, word in zip(traps, ABSENT[language], strict=True):
        assert word in question.text.lower()
        assert [path for path, text in pages_of(shared, language).items() if word in text.lower()] == []
