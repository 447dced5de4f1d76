"""The passages under an answer: quoted parts first, open and on a background."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
import sourced_project as sourced
from clearml_stand_in import RunningServer
from streamlit.testing.v1 import AppTest

from redraft.records import Answer, Chunk


@pytest.fixture(autouse=True)
def _clearml(clearml_sdk: RunningServer) -> None:
    """Configure the SDK: the page asks the server for the documents, which these projects do not have."""


def drawn(answer: Answer, passages: tuple[Chunk, ...]) -> AppTest:
    """Draw the passages of an answer."""

    def script(project, answer, passages):  # run from its text: it knows no names of here
        from pathlib import Path

        from redraft.config import load_config
        from redraft.review_app.passages import show_passages
        from redraft.review_app.visit import Visit

        visit = Visit(project=project, reviewer="Ann", lead=False, config=load_config(None), folder=Path())
        show_passages(visit, answer, passages)

    page = AppTest.from_function(script, args=(f"p-{uuid.uuid4().hex}", answer, passages))
    page.run(timeout=30)
    assert not page.exception
    return page


def test_quoted_passages_come_first_and_keep_their_number() -> None:
    page = drawn(sourced.answer(), sourced.PASSAGES)
    assert [button.label.split()[0] for button in page.button] == ["**2**", "**1**", "**3**"]
    assert page.main.markdown[0].value.startswith(":yellow-background[Set&#32;]:yellow-background[`KEY`]")


def test_the_other_passages_are_folded() -> None:
    (folded,) = drawn(sourced.answer(), sourced.PASSAGES).expander
    assert folded.label == "2 more passages that it was given and does not quote"
    assert not folded.proto.expanded
    assert [button.label.split()[0] for button in folded.button] == ["**1**", "**3**"]


def test_an_answer_without_quotes_folds_all_of_them() -> None:
    page = drawn(replace(sourced.answer(), extracts=()), sourced.PASSAGES[:1])
    assert page.expander[0].label == "1 passage that it was given; no part was copied out word for word"


def test_an_answer_without_passages_says_so() -> None:
    page = drawn(sourced.answer(), ())
    assert page.caption[0].value == "Nothing was found in the documents for this question."


def test_a_hostile_passage_is_text() -> None:
    page = drawn(sourced.answer(), sourced.PASSAGES[:1])
    assert page.button[0].label == "**1** Evil &#60;b&#62;page&#60;/b&#62; › &#58;red&#91;x&#93;"
    assert not {"<", "[", "!"} & set(page.markdown[0].value.replace(":color[", "").replace("]", ""))
