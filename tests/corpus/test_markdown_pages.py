"""Markdown as documentation generators write it becomes plain Markdown; code stays as it was."""

from __future__ import annotations

import time

import pytest

from redraft.corpus.markdown_pages import markdown_page


def text_of(source: str, *, mdx: bool = False) -> str:
    return markdown_page(source, mdx=mdx).text


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("---\ntitle: From front matter\n---\n# Heading\n", "From front matter"),
        ("# The `main` **page** { #main }\n\nx", "The `main` page"),
        ("Set text\n========\n\nx", "Set text"),
        ("```sh\n# not a heading\n```\n\n# Real\n", "Real"),
        ("## Only a section\n\nx", None),
        ("---\ntitle: 2024\n---\nx", "2024"),
    ],
)
def test_the_title_is_the_front_matters_else_the_first_heading(source, title):
    assert markdown_page(source).title == title


def test_front_matter_that_is_no_mapping_is_text():
    assert text_of("---\njust text\n---\nmore") == "---\njust text\n---\nmore"


def test_front_matter_that_is_broken_is_left_out():
    assert text_of("---\na: [1,\ndate: 2023-13-45\n---\nmore") == "more"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\n\n{* ../../docs_src/x.py hl[1] *}\n\nb", "a\n\nb"),
        ("a\n\n{!../../docs_src/x.py!}\n\nb", "a\n\nb"),
        ("a\n\n--8<-- 'x.md'\n\nb", "a\n\nb"),
        ("/// note | Technical Details\n\nInner.\n\n///\n\nOuter.", "**Note: Technical Details**\n\nInner.\n\nOuter."),
        ("/// tip\n\nInner.\n\n///", "**Tip**\n\nInner."),
        ("//// tab | Linux\n\nInner.\n\n////", "**Linux**\n\nInner."),
        (":::warning[Hot]\nInner.\n:::", "**Warning: Hot**\nInner."),
        ("::: tip\nInner.\n:::", "**Tip**\nInner."),
        ("::: fastapi.Request\n\ntext", "text"),
        ('!!! note "Mind"\n\n    Inner.\n\nOuter.', "**Note: Mind**\n\nInner.\n\nOuter."),
        ('=== "Linux"\n\n    Inner.\n', "**Linux**\n\nInner."),
        ("![a plug](img/p.png){ width=3 } and ![](x.png)on", "a plug and on"),
        ("a <!-- b\nc --> d", "a  d"),
        ('<abbr title="too long; didn\'t read">TL;DR</abbr>', "TL;DR (too long; didn't read)"),
        ("Press <kbd>C</kbd>, see `<kbd>` and ``a ` <b>``.", "Press C, see `<kbd>` and ``a ` <b>``."),
        ('<a href="https://x.org">link</a><br>next', "link\nnext"),
        ("a < b and List<str> and <https://x.org>", "a < b and List<str> and <https://x.org>"),
        ("## Title { #anchor }\n\nx", "## Title\n\nx"),
    ],
)
def test_marks_go_and_what_they_say_stays(source, expected):
    assert text_of(source) == expected


def test_mdx_imports_and_components_go():
    source = (
        'import Tabs from "@theme/Tabs";\n\n<Tabs>\n<TabItem label="Linux">\n\n'
        "Use `apt`.\n\n</TabItem>\n</Tabs>{/* x */}"
    )

    assert text_of(source, mdx=True) == "**Linux**\n\nUse `apt`."


def test_code_is_not_touched():
    code = '````md title="a.md"\n---\n# x <b>y</b>\n/// note\n{* x.py *}\n```\n![i](j)\n```\n\n\n\n<!-- c -->\n````'

    assert text_of(f"a\n\n{code}\n\nb") == f"a\n\n{code}\n\nb"


def test_an_open_fence_runs_to_the_end():
    assert text_of("```\n<b>x</b>\n/// note") == "```\n<b>x</b>\n/// note"


def test_display_options_of_a_fence_go_and_its_language_and_title_stay():
    assert text_of('```Python hl_lines="1 3" title="a.py"\nx\n```') == '```Python title="a.py"\nx\n```'
    assert text_of("```js {1,3-5} showLineNumbers\nx\n```") == "```js\nx\n```"


def test_colours_in_a_console_block_go():
    assert text_of('```console\n$ <font color="#4E9A06">run</font> &lt;x&gt;\n```') == "```console\n$ run <x>\n```"


def test_code_inside_a_note_keeps_its_own_indentation():
    source = "!!! tip\n\n    ```python\n    def f():\n        return 1\n    ```\n\nOuter."

    assert text_of(source) == "**Tip**\n\n```python\ndef f():\n    return 1\n```\n\nOuter."


@pytest.mark.parametrize(
    "hostile", ["`" * 50_000, "`a ``b " * 10_000, "<a '" * 20_000, "![" * 50_000, "<!-- " * 20_000]
)
def test_hostile_text_is_read_in_seconds(hostile):
    started = time.process_time()

    markdown_page(hostile)

    assert time.process_time() - started < 10
