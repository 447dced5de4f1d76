"""Sources of an answer: where links lead, and the dialog that shows a document at its heading."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import sourced_project as sourced
from browser import PHONE, StartApp
from clearml_stand_in import RunningServer
from playwright.sync_api import Page, expect

from redraft.errors import InputError
from redraft.records import Answer
from redraft.review_app.document import Place, around
from redraft.review_app.sources import address_of, named_document
from redraft.tracking.indexes import IndexedDocs, indexed_docs

PAGE = Path(__file__).parent / "pages" / "sourced.py"
ADDRESS = "https://docs.acme.example/guide/first%20steps"
BY_PATH = {sourced.PATH: sourced.CHUNKS[:4], sourced.OTHER: sourced.CHUNKS[4:]}


@pytest.fixture
def project(clearml_sdk: RunningServer) -> str:  # noqa: ARG001 - configures the SDK
    return f"sourced-{uuid.uuid4().hex[:12]}"


def docs(url: str | None) -> IndexedDocs:
    return IndexedDocs(chunks=BY_PATH, sources={sourced.PATH: ("First steps", url)})


def shown(page: Page, streamlit_app: StartApp, project: str, answer: Answer, index: str = "i-sourced") -> None:
    """Open the page that draws the answer."""
    env = {"PROJECT": project, "DATASET": answer.dataset_id, "INDEX": index, "PYTHONPATH": str(PAGE.parent.parent)}
    page.goto(streamlit_app(PAGE, env))
    page.get_by_text("The end.", exact=True).wait_for()


def test_an_address_leads_to_the_heading() -> None:
    assert address_of(docs(ADDRESS), sourced.CITED) == f"{ADDRESS}#set-the-key-v2"


def test_a_passage_at_the_top_of_its_page_leads_to_the_page() -> None:
    assert address_of(docs(ADDRESS), sourced.CHUNKS[0]) == ADDRESS


def test_an_address_that_names_a_place_already_stays() -> None:
    assert address_of(docs("https://chat.acme.example/#p1"), sourced.CITED) == "https://chat.acme.example/#p1"


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "/srv/docs/a.md", "file:///a"])
def test_what_is_no_web_address_leads_nowhere(url: str | None) -> None:
    assert address_of(docs(url), sourced.CITED) is None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("guide/first steps.md", "guide/first steps.md"),
        ("first%20steps.md#install", "guide/first steps.md"),
        ("../guide/First%20Steps.md", "guide/first steps.md"),
        ("/evil.md", "evil.md"),
        ("steps.md", None),
        ("", None),
        ("#install", None),
    ],
)
def test_a_link_names_a_document_by_the_end_of_its_path(target: str, path: str | None) -> None:
    assert named_document(BY_PATH, target) == path


def test_a_document_is_split_where_the_first_cited_passage_begins() -> None:
    place = Place(path=sourced.PATH, cited=(sourced.CITED,), quotes=(), address=None)
    assert around(docs(None), place) == (sourced.CHUNKS[:2], sourced.CHUNKS[2:4])


def test_without_the_document_only_what_was_cited_is_left() -> None:
    place = Place(path="gone.md", cited=(sourced.CITED,), quotes=(), address=None)
    assert around(docs(None), place) == around("no index", place) == ((), (sourced.CITED,))


def test_documents_are_read_from_the_task_that_made_the_index(project: str) -> None:
    answer = sourced.store(project)
    found = indexed_docs(project, answer.index_id, answer.dataset_id)
    assert found.chunks == BY_PATH
    assert found.sources[sourced.PATH] == (sourced.PATH, ADDRESS)


def test_documents_of_a_deleted_docs_version_have_no_addresses(project: str) -> None:
    sourced.store(project)
    assert indexed_docs(project, "i-sourced", "0" * 32).sources == {}


@pytest.mark.parametrize("index_id", ["i-sourced", "i-other"])
def test_an_index_that_is_gone_is_named(project: str, index_id: str) -> None:
    if index_id == "i-other":
        sourced.store(project)
    with pytest.raises(InputError, match=f"has no index {index_id} any more"):
        indexed_docs(project, index_id, "d")


@pytest.mark.browser
def test_a_source_opens_at_its_heading(page: Page, streamlit_app: StartApp, project: str) -> None:
    shown(page, streamlit_app, project, sourced.store(project))
    expect(page.get_by_role("link", name="first steps")).to_have_attribute("href", ADDRESS)
    expect(page.get_by_role("link", name="Web page").first).to_have_attribute("href", f"{ADDRESS}#set-the-key-v2")

    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Set the key").first.click()
    dialog = page.get_by_role("dialog")
    cited = dialog.get_by_text("First steps › Set the key (v2)")
    expect(cited).to_be_in_viewport()
    expect(dialog.get_by_text("See the guide (other.md) and go on.")).to_be_visible()
    assert dialog.locator(".stMarkdownColoredBackground").all_inner_texts() == [
        "Set ",
        "KEY",
        " first.",
        "then run",
        "it",
    ]
    expect(dialog.get_by_text("Welcome, said the page.")).to_be_hidden()
    dialog.get_by_text("Before it (2 parts)").click()
    expect(dialog.get_by_text("Welcome, said the page.")).to_be_visible()
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


@pytest.mark.browser
def test_a_hostile_document_is_text_in_the_dialog_too(page: Page, streamlit_app: StartApp, project: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (asked.append("dialog"), dialog.dismiss()))
    shown(page, streamlit_app, project, sourced.store(project))
    page.get_by_role("button", name="Evil <b>page</b> › :red[x]").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("<script>alert(1)</script> x (http://127.0.0.1:9/x.png)")).to_be_visible()
    expect(dialog.get_by_text("Evil <b>page</b>", exact=True)).to_be_visible()
    assert dialog.locator("a[href]").count() == 0
    own = page.url.rstrip("/")
    assert [url for url in asked if not url.startswith((own, "data:"))] == []


@pytest.mark.browser
def test_without_the_index_the_dialog_shows_what_the_answer_was_given(
    page: Page, streamlit_app: StartApp, project: str
) -> None:
    shown(page, streamlit_app, project, sourced.store(project), index="i-gone")
    page.get_by_role("button", name="Set the key").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("has no index i-gone any more")).to_be_visible()
    expect(dialog.get_by_text("That is all.")).to_be_visible()
