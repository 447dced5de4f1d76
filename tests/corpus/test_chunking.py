"""Documents are split along their headings; code stays whole, nothing is lost, nothing is too long."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_docs import page

from redraft.corpus.chunking import split_document
from redraft.corpus.cutting import cut_block
from redraft.settings import IndexSettings

SETTINGS = IndexSettings(max_chars=600, min_chars=60, batch_size=16, max_concurrency=2)
LONG = "This sentence is here to make the section long enough to stand for itself, whatever else there is. "


def parts(text: str, **fields: object) -> list[tuple[str, str]]:
    document = page(text, **fields)  # type: ignore[arg-type]
    return [(chunk.heading_path, chunk.text) for chunk in split_document(document, SETTINGS)]


def test_a_section_is_a_chunk_under_the_path_of_its_headings():
    text = f"# Guide\n\n{LONG}\n\n## Install\n\n{LONG}1\n\n### Linux\n\n{LONG}2\n\n## Use\n\n{LONG}3"

    assert parts(text) == [
        ("Guide", LONG.strip()),
        ("Guide > Install", f"{LONG}1"),
        ("Guide > Install > Linux", f"{LONG}2"),
        ("Guide > Use", f"{LONG}3"),
    ]


def test_a_first_heading_that_is_not_the_title_is_part_of_the_path():
    assert parts(f"# Other\n\n{LONG}")[0][0] == "Guide > Other"


def test_headings_in_code_lists_and_quotes_are_text():
    text = f"{LONG}\n\n```sh\n# no heading\n```\n\n- # in a list\n\n> # in a quote\n\n    # indented"

    assert [path for path, _ in parts(text)] == ["Guide"]


def test_set_text_headings_count():
    assert [path for path, _ in parts(f"Guide\n=====\n\n{LONG}\n\nMore\n----\n\n{LONG}")] == ["Guide", "Guide > More"]


def test_tiny_siblings_are_merged_with_their_headings():
    text = f"# Guide\n\n## A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\n{LONG}\n\n## D\n\n{LONG}"

    assert parts(text) == [
        ("Guide", f"## A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\n{LONG.strip()}"),
        ("Guide > D", LONG.strip()),
    ]


def test_tiny_sections_of_different_parents_are_not_merged():
    text = "## A\n\n### A1\n\nOne.\n\n## B\n\n### B1\n\nTwo."

    assert [path for path, _ in parts(text)] == ["Guide > A > A1", "Guide > B > B1"]


def test_a_heading_with_nothing_under_it_is_kept():
    assert parts("# Guide\n\n## Only a heading") == [("Guide", "## Only a heading")]


def test_a_code_block_stays_whole_when_it_fits():
    code = "```python\n" + "\n\n".join(f"x{n} = {n}" for n in range(30)) + "\n```"
    text = f"{LONG * 4}\n\n{code}\n\n{LONG * 3}"

    assert any(code in chunk for _, chunk in parts(text))


@pytest.mark.parametrize(("opening", "closing"), [("```python", "```"), ("~~~~ sh", "~~~~"), ("````md", "````")])
def test_a_fence_that_must_be_cut_is_opened_again_with_its_language(opening, closing):
    lines = [f"line number {n} of the program" for n in range(80)]
    chunks = [text for _, text in parts("\n".join([opening, *lines, closing]))]

    assert len(chunks) > 2
    assert all(chunk.startswith(f"{opening}\n") and chunk.endswith(f"\n{closing}") for chunk in chunks)
    assert [line for chunk in chunks for line in chunk.split("\n")[1:-1]] == lines


def test_a_table_that_is_cut_repeats_its_head():
    rows = [f"| {n} | value of row number {n} |" for n in range(60)]
    chunks = [text for _, text in parts("\n".join(["| key | value |", "| --- | --- |", *rows]))]

    assert len(chunks) > 2
    assert all(chunk.startswith("| key | value |\n| --- | --- |\n") for chunk in chunks)


def test_long_chinese_text_is_cut_after_its_sentences():
    text = "".join(f"这是第{n}个用来测试分割的句子，它说明了文档的内容。" for n in range(100))
    chunks = [chunk for _, chunk in parts(text)]

    assert len(chunks) > 3
    assert all(chunk.endswith("。") for chunk in chunks)
    assert "".join(chunks) == text


@pytest.mark.parametrize("mark", ["。", "！", "？", "。”", "！」"])
def test_every_chinese_sentence_end_counts(mark):
    assert cut_block(f"{'一' * 6}{mark}{'二' * 6}{mark}", 10) == [f"{'一' * 6}{mark}", f"{'二' * 6}{mark}"]


def test_english_is_cut_after_sentences_and_not_inside_numbers():
    assert cut_block("Use version 3.11 now. It is e.g. faster! Is it? Yes.", 24) == [
        "Use version 3.11 now.",
        "It is e.g. faster!",
        "Is it? Yes.",
    ]


def test_plain_text_has_no_headings():
    assert parts(f"# a comment in a text\n\n{LONG}", kind="text") == [
        ("Guide", f"# a comment in a text\n\n{LONG.strip()}")
    ]


def test_a_thread_is_split_without_headings_and_its_code_stays_whole():
    text = f"**Question** (Ann):\n\n{LONG}\n\n```\na\n\n# b\n```"

    assert parts(text, kind="slack") == [("Guide", f"**Question** (Ann):\n\n{LONG.strip()}\n\n```\na\n\n# b\n```")]


def test_ids_follow_the_content_and_not_the_place():
    one, two = f"## A\n\n{LONG}1", f"## B\n\n{LONG}2"
    forward, backward = (split_document(page(text), SETTINGS) for text in (f"{one}\n\n{two}", f"{two}\n\n{one}"))

    assert [chunk.id for chunk in forward] == [chunk.id for chunk in reversed(backward)]
    assert [chunk.ordinal for chunk in forward] == [0, 1]
    assert split_document(replace(page(one), path="other.md"), SETTINGS)[0].id != forward[0].id


def test_a_text_that_repeats_under_the_same_headings_is_one_chunk():
    assert len(parts(f"## A\n\n{LONG}\n\n## A\n\n{LONG}")) == 1


LINES = st.sampled_from(
    [
        "# One",
        "## Two",
        "### Two",
        "text",
        "",
        "",
        "```py",
        "```",
        "~~~",
        "- item",
        "  more",
        "| a | b |",
        "| --- | --- |",
        "一二三。四五。",
        LONG,
        LONG * 9,
        "x" * 1300,
        "    code",
        "> quote",
        "1. ```sh",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=40))
def test_no_chunk_is_too_long_or_empty_and_no_word_is_lost(lines):
    text = "\n".join(lines)
    chunks = split_document(page(text), SETTINGS)

    assert all(0 < len(chunk.text.strip()) <= SETTINGS.max_chars for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    found = "".join(chunk.heading_path + chunk.text for chunk in chunks)
    for word in set(re.findall(r"text|item|more|quote|code|[一-鿿]+", text)):
        assert word in found
