"""Texts made fit for Streamlit, read back by a parser; a browser's view of them is in `test_hostile_page`."""

from __future__ import annotations

import random
import time

import pytest
from hostile_texts import FRAGMENTS, made_of_fragments
from read_back import ACTING, parsed, seen, targets

from redraft.answering.extract import PassageText
from redraft.review_app.inert_text import web_address
from redraft.review_app.safe_text import highlighted, markdown, plain, quoted


@pytest.mark.parametrize(
    "text",
    [
        "# Title",
        "1. one",
        "- item",
        "> quote",
        "a\n===",
        "a | b\n--|--",
        "    indented",
        "*a* _b_ **c** ~~d~~ `e`",
        "[a](https://x.y) ![b](https://x.y) <https://x.y> <b>c</b> <!-- d -->",
        "&lt; &#58; \\* \\",
        "```\na\n```",
    ],
)
def test_plain_text_is_one_paragraph_of_text_and_nothing_else(text: str) -> None:
    tokens = {token.type for token in parsed(plain(text))}
    assert tokens <= {"paragraph_open", "paragraph_close", "inline", "text", "hardbreak"}
    assert seen(plain(text)).replace("\xa0", " ") == text.replace("\n", "")


def test_lines_and_leading_spaces_stay() -> None:
    assert plain("a\n  b\n\nc") == "a\\\n&#160;&#160;b\\\n&#160;\\\nc"


def test_an_empty_text_stays_empty() -> None:
    assert plain("") == markdown("") == highlighted("", ["a"]) == ""


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("https://x.y", ":"),
        ("www.x.y", "."),
        ("WWW.x.y", "."),
        ("a@b.c", "@"),
        (":material_home:", ":"),
        (":smile:", ":"),
        ("a -> b", "-"),
        ("a -- b", "-"),
    ],
)
def test_a_sign_that_streamlit_acts_on_after_parsing_stands_in_a_span_of_its_own(text: str, apart: str) -> None:
    """`->` would become an arrow, `a@b.c` a link to a mail program: no escape helps there."""
    assert f":color[&#{ord(apart)};]" in plain(text)


def test_directives_icons_and_latex_have_none_of_their_marks() -> None:
    shown = plain(":red[a] :material/home: $b$ ::leaf :::block")
    assert not {"$", "[", "]"} & set(shown)
    assert ":" not in shown


def test_control_characters_and_overrides_of_direction_are_shown() -> None:
    for make in (plain, markdown):
        assert make("a\x00b\u202ecod.exe\x1b") == "a‹U+0000›b‹U+202E›cod.exe‹U+001B›"


def test_a_lone_surrogate_can_be_encoded() -> None:
    """Streamlit sends UTF-8, and would fail in the middle of the page."""
    for made in (
        plain("\ud800"),
        markdown("\ud800 `\udfff`"),
        highlighted("\ud800 a", ["a"]),
        quoted("\ud800 a", ["a"]),
    ):
        assert "‹U+D800›".encode() in made.encode()


def test_what_is_too_long_is_cut_and_says_by_how_much() -> None:
    for made in (
        plain("a" * 100_000),
        markdown("a" * 100_000),
        highlighted("a" * 100_000, []),
        quoted("a" * 100_000, []),
    ):
        assert made == "a" * 20_000 + "\n\n*… 80,000 more characters are not shown*"
    assert plain("abc", max_chars=2) == "ab\n\n*… 1 more characters are not shown*"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "![" * 10_000,
        "a@" * 10_000,
        ":a" * 10_000,
        "<" * 20_000,
        "_a*b" * 5_000,
        "![" * 500 + "a" + "](b)" * 500,
    ],
)
def test_a_text_made_to_be_slow_takes_a_moment(text: str) -> None:
    started = time.perf_counter()
    markdown(text)
    plain(text)
    highlighted(text, [text[:100]])
    quoted(text, [text[:100], text[5:5000]])
    assert time.perf_counter() - started < 5  # seconds, on a busy machine; 0.4 on a quiet one


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_put_together_nothing_acts(seed: int) -> None:
    """1,000 texts made of fragments of Markdown: no image, no HTML, no link to anything but a web address."""
    draw = random.Random(seed)
    for _ in range(250):
        text = made_of_fragments(draw)
        quotes = [text[2:20], text[5:9]]
        for made in (plain(text), markdown(text), highlighted(text, quotes), quoted(text, quotes)):
            tokens = list(parsed(made))
            assert {token.type for token in tokens}.isdisjoint(ACTING), text
            assert all(target.startswith(("http://", "https://")) for target in targets(made)), text
        assert targets(plain(text)) == [], text


def test_the_fragments_do_act_when_nothing_is_done_to_them() -> None:
    """Else the test above could not fail."""
    draw = random.Random(0)
    acting = {token.type for _ in range(100) for token in parsed(made_of_fragments(draw))}
    assert acting >= {"image", "html_inline"}
    assert any("evil" in fragment for fragment in FRAGMENTS)


def test_quoted_parts_stand_on_a_background() -> None:
    assert highlighted("Run `a` now.", ["`a`"]) == "Run :yellow-background[&#96;a&#96;] now."


def test_quotes_that_overlap_or_touch_become_one() -> None:
    assert highlighted("one two three four", ["one two", "two three"]) == ":yellow-background[one two three] four"


def test_a_quote_over_several_lines_is_marked_line_by_line() -> None:
    assert highlighted("a [b\n\n  c] d", ["[b c]"]) == (
        "a :yellow-background[&#91;b]\\\n&#160;\\\n:yellow-background[&#160;&#160;c&#93;] d"
    )


def test_a_quote_that_is_found_in_an_answer_is_found_on_the_page() -> None:
    """The same words are found by the step that keeps extracts, whatever the white space and the marks around."""
    passage = "Set  the key\n\tto *on*. Then </question> go."
    for quote in ("Set the key to", '"to *on*."', "&lt;/question> go"):
        assert PassageText(passage).find(quote) is not None
        assert ":yellow-background[" in highlighted(passage, [quote])


def test_a_quote_that_is_not_in_the_passage_marks_nothing() -> None:
    assert highlighted("a b", ["c", "", " "]) == "a b"


def test_a_web_address_holds_nothing_that_markdown_reads() -> None:
    made = web_address("https://x.y/:material/home:/<a>`|$\u202e(b)*c*")
    assert made is not None
    assert set(made).isdisjoint("<>`|$\u202e \\")
    assert ":material/" not in made
