"""What `keyboard.py` rates: an open review of answers from Redraft's own docs on the stand-in server, without a model.

And the floor: a bare Streamlit page with the same texts, a button a score and no saving (`keyboard_floor.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.cli.local import LocalServices
from redraft.cli.page_process import PageProcess, free_port
from redraft.config import ROOT, load_config
from redraft.corpus.chunking import split_document
from redraft.corpus.documents import read_documents
from redraft.records import Answer, Checks, Chunk, Extract, PlanItem, Question, answer_id, content_id
from redraft.review_app.launch import page_command, page_environ

PROJECT, KEY, PASSAGES = "keyboard", "r-keyboard", 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that is served, and the review that it shows."""

    url: str
    review: str  # task id


@contextmanager
def served_review(folder: Path, n: int) -> Iterator[Page]:
    """Serve a review of `n` answers, each to another question, as `redraft review` serves it."""
    begun = dict(os.environ)
    clean = {name: value for name, value in begun.items() if not name.startswith(("CLEARML_", "TRAINS_", "REDRAFT_"))}
    try:
        with LocalServices(folder, clean, model=False, agents=False) as services:
            os.environ.update(services.environ)
            review = open_review(n)
            (folder / "review").mkdir()
            environ = page_environ(services.environ, project=PROJECT, profile=None, folder=folder)
            with PageProcess(folder / "review", "127.0.0.1", free_port("127.0.0.1", None, None)) as page:
                page.start(page_command(host="127.0.0.1", port=page.port), environ)
                page.await_ready()
                yield Page(url=page.url, review=review)
    finally:
        os.environ.clear()
        os.environ.update(begun)


@contextmanager
def served_floor(folder: Path) -> Iterator[str]:
    """Serve the bare page with the same settings of Streamlit; its address."""
    folder.mkdir()
    with PageProcess(folder, "127.0.0.1", free_port("127.0.0.1", None, None)) as page:
        command = page_command(host="127.0.0.1", port=page.port)
        script = str(Path(__file__).with_name("keyboard_floor.py"))
        given = [script if word.endswith("app.py") else word for word in command]
        page.start(given, {**os.environ, "PYTHONPATH": str(ROOT)})
        page.await_ready()
        yield page.url


def texts(n: int) -> list[tuple[Question, list[Chunk]]]:
    """Questions, and six passages of the documentation for each, the first of which answers it."""
    config = load_config()
    documents = read_documents(ROOT / "data" / "docs", config.docs).documents
    chunks = [chunk for document in documents for chunk in split_document(document, config.index)]
    chosen = chunks[:: len(chunks) // n][:n]
    found = []
    for place, chunk in enumerate(chosen):
        text = f"What does the page say about {chunk.heading_path.rpartition(' > ')[2]} ({place + 1})?"
        start = chunks.index(chunk)
        around = [chunks[(start + step) % len(chunks)] for step in range(PASSAGES)]
        found.append((Question(id=content_id("q", text), text=text), around))
    return found


def open_review(n: int) -> str:
    """Open a review of `n` answers by two letters; its task's id."""
    from clearml import Task

    from redraft.tracking.artifacts import put_records
    from redraft.tracking.inbox import REVIEW_TAG
    from redraft.tracking.queues import default_queues, ensure_queues
    from redraft.tracking.server import call
    from redraft.tracking.step import RECORDS_TAG

    ensure_queues()
    rated = texts(n)
    answers = [_answer(question, passages, place) for place, (question, passages) in enumerate(rated)]
    plan = [
        PlanItem(
            review_key=KEY, answer_id=answer.id, letter="AB"[place % 2], reviewer_slot=0, position=place, role="new"
        )
        for place, answer in enumerate(answers)
    ]
    chunks = {chunk.id: chunk for _, passages in rated for chunk in passages}
    made = Task.create(project_name=PROJECT, task_name="answer_questions", task_type="inference")
    made.set_tags([RECORDS_TAG])
    call("tasks.started", task=made.id)
    put_records(made.id, "plan", PlanItem, plan)
    put_records(made.id, "answers", Answer, answers)
    put_records(made.id, "questions", Question, [question for question, _ in rated])
    put_records(made.id, "passages", Chunk, list(chunks.values()))
    call("tasks.completed", task=made.id)
    review = Task.create(project_name=PROJECT, task_name="review", task_type="qc")
    given: dict[str, Any] = {"kind": "review", "project": PROJECT, "iteration": 1}
    given |= {"answers_task": made.id, "review_key": KEY}
    review.set_parameters({f"Args/{name}": str(value) for name, value in given.items()})
    review.set_tags([RECORDS_TAG, REVIEW_TAG])
    Task.enqueue(review, queue_name=default_queues().review)
    return str(review.id)


def _answer(question: Question, passages: list[Chunk], place: int) -> Answer:
    variant = f"v-{place % 2}"
    return Answer(
        id=answer_id(variant, question.id, "i-keyboard", 0),
        run_id="keyboard",
        variant_id=variant,
        question_id=question.id,
        dataset_id="none",
        index_id="i-keyboard",
        sample=0,
        text=f"{passages[0].text[:600]}\n\nSources: {passages[0].document_path} [1]",
        chunk_ids=tuple(passage.id for passage in passages),
        extracts=(Extract(chunk_id=passages[0].id, text=passages[0].text[:200]),),
        sources=(passages[0].document_path,),
        checks=Checks(sources_cited=True, citations_valid=1.0, words=80),
    )
