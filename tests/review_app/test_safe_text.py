"""What is made fit for Streamlit, read back by a Markdown parser; a browser's view of it is in `test_hostile_page`."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

import pytest
from hostile_texts import FRAGMENTS, made_of_fragments
from markdown_it import MarkdownIt
from markdown_it.token import Token

from redraft.answering.extract import PassageText
from redraft.review_app.inert_text import web_address
from redraft.review_app.safe_text import highlighted, markdown, plain

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_ACTING = {"image", "html_inline", "html_block"}


def parsed(text: str) -> Iterator[Token]:
    """All tokens that a browser's Markdown parser would see, those within others too."""
    waiting = _PARSER.parse(text)
    while waiting:
        token = waiting.pop()
        waiting += token.children or []
        yield token


def seen(text: str) -> str:
    """The text that stays on the page; to Streamlit, `:color[a]` is a."""
    texts = (token.content for token in reversed([*parsed(text)]) if token.type in {"text", "code_inline"})
    return re.sub(r":color\[(.)\]", r"\1", "".join(texts))


def targets(text: str) -> list[str]:
    return [str(token.attrs["href"]) for token in parsed(text) if token.type == "link_open"]


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
    for made in (plain("\ud800"), markdown("\ud800 `\udfff`"), highlighted("\ud800 a", ["a"])):
        assert "‹U+D800›".encode() in made.encode()


def test_what_is_too_long_is_cut_and_says_by_how_much() -> None:
    for made in (plain("a" * 100_000), markdown("a" * 100_000), highlighted("a" * 100_000, [])):
        assert made == "a" * 20_000 + "\n\n*… 80,000 more characters are not shown*"
    assert plain("abc", max_chars=2) == "ab\n\n*… 1 more characters are not shown*"


def test_the_structure_of_an_answer_stays() -> None:
    answer = "\n\n".join(
        (
            "# Head",
            "*a* **b** ~~c~~ `d`  \ne",
            "- f\n  - g\n- h",
            "3. i\n4. j",
            "> k",
            "| l | m |\n| --- | --: |\n| n | o |",
            "```python\np = 1\n```",
            "***",
        )
    )
    assert markdown(answer) == answer.replace("# Head", "**Head**").replace("  \n", "\\\n")


def test_a_heading_has_no_address_of_its_own() -> None:
    """Streamlit would give it an id, made of what the model wrote, and a link to it."""
    assert "heading_open" not in {token.type for token in parsed(markdown("# a\n\nb\n---\n\n###### c"))}


def test_an_image_is_its_words_and_its_address() -> None:
    assert seen(markdown("![a cat](https://x.y/z.png?q=secret)")) == "a cat (https://x.y/z.png?q=secret)"
    assert markdown("![](data:text/html,x)") == "data&#58;text/html,x"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#115;cript:alert(1)",
        "javascript&colon;alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example/x",
        "/\\evil.example",
        "page.md",
        "#top",
        "mailto:a@b.c",
        "https:evil",
        "https://docs.acme.com@evil.example/",
        "https://[::1",
        "https://x.y:port/",
        "<java\tscript:alert(1)>",
        "<\x01javascript:alert(1)>",
    ],
)
def test_a_link_to_anything_else_is_its_text(target: str) -> None:
    made = markdown(f"[label]({target})")
    assert targets(made) == []
    assert seen(made).startswith("label")


def test_a_definition_of_a_link_stays_visible_and_defines_nothing() -> None:
    made = markdown("See [the docs][x].\n\n[x]: javascript:alert(1)")
    assert targets(made) == []
    assert seen(made) == "See [the docs][x].[x]: javascript:alert(1)"


def test_a_web_link_says_which_host_it_leads_to() -> None:
    assert (
        markdown("[docs](https://evil.example/a?b=1&c=$d)")
        == "[docs](<https://evil.example/a?b=1&amp;c=%24d>) (evil.example)"
    )
    assert seen(markdown("<https://x.y/z>")) == "https://x.y/z"


def test_a_link_to_a_document_leads_where_the_corpus_says() -> None:
    known = {"guide/a.md": "https://docs.acme.com/guide/a", "b.md": "javascript:alert(1)"}
    assert markdown("[A](guide/a.md)", link=known.get) == "[A](<https://docs.acme.com/guide/a>)"
    assert targets(markdown("[B](b.md)", link=known.get)) == []


def test_an_exclamation_mark_before_a_link_makes_no_image_of_it() -> None:
    assert {token.type for token in parsed(markdown(r"\![a](https://x.y/i.png)"))}.isdisjoint(_ACTING)


def test_codes_that_touch_do_not_let_out_what_is_in_them() -> None:
    """An image without words and address vanished, and two codes became one with an end that fits nowhere."""
    made = markdown("``![x](http://evil.example/x.png)``![]()`b`")
    assert {token.type for token in parsed(made)}.isdisjoint(_ACTING)
    assert "![x](http://evil.example/x.png)" in seen(made)


def test_code_in_a_cell_is_not_cut_by_a_bar() -> None:
    made = markdown("| a |\n| - |\n| `\\\\|![x](http://evil.example)` |")
    assert {token.type for token in parsed(made)}.isdisjoint(_ACTING)


def test_code_of_a_language_that_would_be_drawn_is_only_code() -> None:
    assert markdown("```mermaid\ngraph TD\n```\n\n```math\nx\n```") == "```\ngraph TD\n```\n\n```\nx\n```"


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000,
        "\n".join("  " * depth + "- a" for depth in range(100)),
        "*a _b " * 1_000 + "c" + "_ *" * 1_000,
    ],
)
def test_what_is_nested_too_deeply_is_shown_as_it_is(text: str) -> None:
    shown = "".join(text.split())
    assert "".join(seen(markdown(text)).split()).startswith(shown[:10_000])


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
    assert time.perf_counter() - started < 5  # seconds, on a busy machine; 0.4 on a quiet one


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_put_together_nothing_acts(seed: int) -> None:
    """1,000 texts made of fragments of Markdown: no image, no HTML, no link to anything but a web address."""
    draw = random.Random(seed)
    for _ in range(250):
        text = made_of_fragments(draw)
        for made in (plain(text), markdown(text), highlighted(text, [text[2:20], text[5:9]])):
            tokens = list(parsed(made))
            assert {token.type for token in tokens}.isdisjoint(_ACTING), text
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
