import pytest

from redraft.answering.checks import check_answer


@pytest.fixture
def chunks(chunk):
    return [chunk("Install it with `pip install quill`. The server stops at once when the disk is full.")]


def test_a_good_answer_has_no_flags(chunks, question):
    checks, sources = check_answer(
        'Run `pip install quill`. "The server stops at once when the disk is full." [1]\n\nSources: guide/install.md',
        question("How do I install quill?", answerable=True),
        chunks,
    )
    assert sources == ("guide/install.md",)
    assert (checks.sources_cited, checks.citations_valid, checks.quotes_found) == (True, 1.0, 1.0)
    assert (checks.unsupported, checks.absent_words) == ((), ())
    assert (checks.refused, checks.refusal_right) == (False, True)


def test_a_bad_answer_has_all_of_them(chunks, question):
    checks, sources = check_answer(
        'Run `pip install quill --turbo` on port 9999. It says "everything works out of the box". Sources: other.md',
        question("How do I install the turbo plugin?", answerable=False),
        chunks,
        extracts_dropped=2,
    )
    assert sources == ()
    assert (checks.sources_cited, checks.citations_valid, checks.quotes_found) == (True, 0.0, 0.0)
    assert checks.unsupported == ("--turbo", "9999")
    assert checks.absent_words == ("turbo", "plugin")
    assert (checks.refused, checks.refusal_right, checks.extracts_dropped) == (False, False, 2)


def test_a_refusal_needs_no_source(chunks, question):
    checks, _ = check_answer("I don't know: the docs do not say.", question(answerable=False), chunks)
    assert (checks.sources_cited, checks.refused, checks.refusal_right) == (None, True, True)


def test_an_answer_without_source_is_flagged(chunks, question):
    checks, sources = check_answer("Run `pip install quill`.", question(), chunks)
    assert (checks.sources_cited, checks.citations_valid, sources, checks.refusal_right) == (False, None, (), None)


@pytest.mark.parametrize(
    ("text", "words"),
    [("Run it now.", 3), ("运行它。", 3), ("运行 `pip install quill` 即可。", 7), ("", 0), ("don't, e.g. a-b", 3)],
)
def test_length_counts_words_and_chinese_signs(chunks, question, text, words):
    assert check_answer(text, question(), chunks)[0].words == words


def test_no_passages_at_all_are_survived(question):
    checks, sources = check_answer("Port 80 [1].", question("Which port?"), [])
    assert (checks.citations_valid, checks.unsupported, sources) == (0.0, ("80",), ())


def test_a_hostile_text_takes_no_time(chunks, question):
    for text in (
        "`" * 20_000,
        '"' * 20_000,
        "[" * 20_000,
        "(source: " * 5_000,
        "- a\n" * 5_000,
        "1." * 10_000,
        "> " * 9000,
        "没" * 20_000,
    ):
        assert check_answer(text, question(), chunks)[0].words is not None
