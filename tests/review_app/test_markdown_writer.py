"""Answers, written out again: their structure stays, and nothing in them acts."""

from __future__ import annotations

import pytest
from read_back import ACTING, parsed, seen, targets

from redraft.review_app.safe_text import markdown


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
    assert {token.type for token in parsed(markdown(r"\![a](https://x.y/i.png)"))}.isdisjoint(ACTING)


def test_codes_that_touch_do_not_let_out_what_is_in_them() -> None:
    """An image without words and address vanished, and two codes became one with an end that fits nowhere."""
    made = markdown("``![x](http://evil.example/x.png)``![]()`b`")
    assert {token.type for token in parsed(made)}.isdisjoint(ACTING)
    assert "![x](http://evil.example/x.png)" in seen(made)


def test_code_in_a_cell_is_not_cut_by_a_bar() -> None:
    made = markdown("| a |\n| - |\n| `\\\\|![x](http://evil.example)` |")
    assert {token.type for token in parsed(made)}.isdisjoint(ACTING)


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
