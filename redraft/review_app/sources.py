"""The documents that an answer is from: links that open a document at its heading, and a dialog that shows its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

import streamlit as st

from redraft.corpus.chunking import SEPARATOR
from redraft.errors import RedraftError
from redraft.records import Answer, Chunk
from redraft.review_app.document import Place, draw_document
from redraft.review_app.inert_text import web_address
from redraft.review_app.markdown_writer import ResolveLink
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.indexes import IndexedDocs, indexed_docs

RETRY_S = 60.0


def show_sources(visit: Visit, answer: Answer, passages: Sequence[Chunk], *, key: str = "") -> None:
    """Draw the documents that an answer cites.

    Args:
        visit: Who looks.
        answer: The answer.
        passages: What it was made from, best first.
        key: Makes widgets unique where a page shows an answer twice.
    """
    if not answer.sources:
        st.caption("The answer names no source.")
        return
    quoted = {extract.chunk_id for extract in answer.extracts}
    with st.container(gap="xxsmall"):
        for path in answer.sources:
            here = [passage for passage in passages if passage.document_path == path]
            shown = [passage for passage in here if passage.id in quoted] or here[:1]
            if shown:
                show_source(visit, answer, shown, key=f"{key}-source-{answer.id}-{path}")
            else:
                st.caption(plain(path))


def show_source(visit: Visit, answer: Answer, shown: Sequence[Chunk], *, key: str, number: int | None = None) -> None:
    """Draw a button that opens a document at the first of these passages, and a link if it has an address.

    Args:
        visit: Who looks.
        answer: The answer that they were given for.
        shown: Passages of one document.
        key: Of the button.
        number: Of the passage, as the answer may cite it.
    """
    first = shown[0]
    docs = docs_of(visit, answer)
    label = plain(first.heading_path.replace(SEPARATOR, " › "), max_chars=300)
    numbered = label if number is None else f"**{number}** {label}"
    address = None if isinstance(docs, str) else address_of(docs, first)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        opens = st.button(
            numbered,
            key=key,
            icon=":material/description:",
            type="tertiary",
            help=f"Open {plain(first.document_path, max_chars=300)} at this heading",
            wrap=True,
        )
        if address is not None:
            st.link_button("Web page", address, icon=":material/open_in_new:", type="tertiary", key=f"{key}-link")
    if opens:
        quotes = [extract.text for extract in answer.extracts if extract.chunk_id in {chunk.id for chunk in shown}]
        place = Place(path=first.document_path, cited=tuple(shown), quotes=tuple(quotes), address=address)
        open_document(docs, place, link=corpus_link(visit, answer))


def open_document(docs: IndexedDocs | str, place: Place, *, link: ResolveLink) -> None:
    """Open the dialog that shows a document's text at what was cited of it."""
    title = place.cited[0].heading_path.split(SEPARATOR)[0]
    dialog = st.dialog(plain(title, max_chars=200), width="large", icon=":material/description:")
    dialog(draw_document)(docs, place, link)


def corpus_link(visit: Visit, answer: Answer) -> ResolveLink:
    """What says where a link in an answer leads: the address of a document that it names, if it has one."""

    def resolve(target: str) -> str | None:
        if re.match(r"[a-z][a-z0-9+.\-]*:|//|#", target, re.IGNORECASE):
            return None
        docs = docs_of(visit, answer)
        path = None if isinstance(docs, str) else named_document(docs.chunks, target)
        return None if isinstance(docs, str) or path is None else docs.sources.get(path, ("", None))[1]

    return resolve


def named_document(paths: Iterable[str], target: str) -> str | None:
    """Find the one document that a link names; `None` when it is none or could be several.

    >>> named_document(["guide/a.md", "b/c.md", "d/c.md"], "./A.md#top"), named_document(["b/c.md", "d/c.md"], "c.md")
    ('guide/a.md', None)
    """
    wanted = unquote(target.split("#")[0].split("?")[0]).casefold()
    wanted = re.sub(r"^(?:\.{0,2}/)+", "", wanted)
    found = [path for path in paths if wanted and f"/{path}".casefold().endswith(f"/{wanted}")]
    exact = [path for path in found if path.casefold() == wanted]
    return next(iter(exact), found[0] if len(found) == 1 else None)


def address_of(docs: IndexedDocs, chunk: Chunk) -> str | None:
    """Where a person can open a passage's document, at its heading, or `None`.

    The heading's name is made as GitHub and most site builders make it; one that does not fit opens the page's top.
    """
    _, url = docs.sources.get(chunk.document_path, ("", None))
    address = web_address(url) if url else None
    headings = chunk.heading_path.split(SEPARATOR)[1:]
    if address is None or not headings or "#" in address:
        return address
    name = re.sub(r"[^\w\- ]", "", headings[-1].strip().lower()).replace(" ", "-")
    return web_address(f"{address}#{name}")


def docs_of(visit: Visit, answer: Answer) -> IndexedDocs | str:
    """The documents of an answer's index; or why they cannot be shown, which is tried again after a minute."""
    wanted = (visit.project, answer.index_id, answer.dataset_id)
    return _problem(*wanted) or _docs(*wanted)


@st.cache_data(ttl=RETRY_S, show_spinner=False)
def _problem(project: str, index_id: str, dataset_id: str) -> str:
    try:
        _docs(project, index_id, dataset_id)
    except RedraftError as error:
        return str(error)
    return ""


@st.cache_resource(max_entries=3, show_spinner="Reading the documents ...")
def _docs(project: str, index_id: str, dataset_id: str) -> IndexedDocs:
    return indexed_docs(project, index_id, dataset_id)
