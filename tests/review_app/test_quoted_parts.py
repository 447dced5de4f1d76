"""Passages, read as Markdown, with the parts that an answer quotes on a background."""

from __future__ import annotations

import random
import re

import pytest
from hostile_texts import made_of_fragments
from read_back import ACTING, parsed, seen

from redraft.review_app.safe_text import highlighted, markdown, quoted

BACKGROUND = re.compile(r":yellow-background\[((?:[^\[\]]|\[[^\]]*\])*)\]")


def on_background(made: str) -> str:
    """What stands on the background, as it is read."""
    return "".join(map(seen, BACKGROUND.findall(made)))


def letters(made: str) -> str:
    """Every letter and digit that can be read, in blocks of code too."""
    texts = [token.content for token in reversed([*parsed(made)]) if token.type in ("text", "code_inline", "fence")]
    return "".join(filter(str.isalnum, re.sub(r":color\[(.)\]", r"\1", "".join(texts))))


@pytest.mark.parametrize(
    ("passage", "quote", "shown"),
    [
        (
            "Run it **now**, or not.",
            "Run it **now**",
            ":yellow-background[Run it&#32;]**:yellow-background[now]**, or not.",
        ),
        ("1. One.\n2. Two.", "2. Two.", "1. One.\n2. :yellow-background[Two.]"),
        ("# Head\n\nText.", "# Head", "**:yellow-background[Head]**\n\nText."),
        (
            "a (see [b](https://x.y/b)).",
            "see [b]",
            "a (:yellow-background[see&#32;][:yellow-background[b]](<https://x.y/b>)",
        ),
        ("Set `KEY`", "`KEY`", "Set :yellow-background[`KEY`]"),
        ("Set `a[0]`", "`a[0]`", "Set :yellow-background[a&#91;0&#93;]"),
        ("a\nb", "a b", ":yellow-background[a]\n:yellow-background[b]"),
    ],
)
def test_a_passage_is_read_as_markdown_with_its_quotes_on_a_background(passage: str, quote: str, shown: str) -> None:
    assert quoted(passage, [quote]).startswith(shown)


def test_a_row_of_a_table_is_found_although_it_is_no_table_by_itself() -> None:
    made = quoted("| a | b |\n|---|---|\n| `1` | one |\n| `2` | two |", ["| `2` | two |"])
    assert made.endswith("| `1` | one |\n| :yellow-background[`2`] | :yellow-background[two] |")


def test_lines_of_a_block_of_code_are_quoted_line_by_line_and_keep_their_spaces() -> None:
    made = quoted("```yaml\na:\n  b: 1\nc: 2\n```", ["a:\n  b: 1\n"])
    assert made == ":yellow-background[`a:`]\\\n:yellow-background[`\xa0\xa0b: 1`]\\\n`c: 2`"


def test_a_block_of_code_that_the_quote_does_not_close_is_found() -> None:
    assert on_background(quoted("Do:\n\n```sh\nrun --all\nstop\n```", ["```sh\nrun --all"])) == "run --all"


def test_a_quote_is_found_as_whole_words_first() -> None:
    assert quoted("Bathe keys, the key", ["the key"]) == "Bathe keys, :yellow-background[the key]"
    assert quoted("Bathe keys.", ["the key"]) == "Ba:yellow-background[the key]s."


def test_signs_at_the_ends_of_a_quote_are_of_it_and_others_are_not() -> None:
    assert quoted("See (--all)!", ["--all)"]) == "See (:yellow-background[:color[&#45;]&#45;all)]&#33;"


@pytest.mark.parametrize("quote", ["two", "*", "a[b](c)"])
def test_where_a_quote_is_not_found_the_passage_is_shown_as_it_is(quote: str) -> None:
    passage = "One **word** and a * star."
    assert quoted(passage, ["One", quote]) == highlighted(passage, ["One", quote])


def test_without_quotes_it_is_the_markdown_of_the_passage() -> None:
    for passage in ("a **b** `c`\n\n- d", "", " "):
        assert quoted(passage, ["", " "]) == markdown(passage)


def test_quoting_changes_no_word() -> None:
    """Whatever is quoted of whatever text, the same can be read as without a background."""
    draw, compared = random.Random(5), 0
    for _ in range(300):
        text = made_of_fragments(draw)
        start = draw.randrange(len(text))
        quote = text[start : start + draw.randint(1, 30)]
        made = quoted(text, [quote])
        assert {token.type for token in parsed(made)}.isdisjoint(ACTING), text
        if made == highlighted(text, [quote]):
            continue
        compared += 1
        assert letters(BACKGROUND.sub(r"&#8203;\1", made)) == letters(markdown(text)), text
    assert compared > 50
