"""A project with one answer, its index and its docs version, as ClearML tasks: what sources are read from."""

from __future__ import annotations

from clearml import Task

from redraft.records import Answer, Chunk, Document, Extract, answer_id, content_id
from redraft.tracking.artifacts import put_records
from redraft.tracking.server import call

PATH, OTHER = "guide/first steps.md", "evil.md"
HOSTILE = "<script>alert(1)</script> ![x](http://127.0.0.1:9/x.png) [click](javascript:alert(1)) :material/home:"


def chunk(path: str, heading: str, text: str, ordinal: int) -> Chunk:
    return Chunk(
        id=content_id("c", path, heading, text), document_path=path, heading_path=heading, text=text, ordinal=ordinal
    )


CHUNKS = (
    chunk(PATH, "First steps", "Welcome, said the page.", 0),
    chunk(PATH, "First steps > Install", "Download it.", 1),
    chunk(PATH, "First steps > Set the key (v2)", "Set `KEY` first.\n\n- then run\n  it\n\nThat is all.", 2),
    chunk(PATH, "First steps > After", "See [the guide](other.md) and go on.", 3),
    chunk(OTHER, "Evil <b>page</b> > :red[x]", HOSTILE, 0),
)
CITED = CHUNKS[2]
PASSAGES = (CHUNKS[4], CITED, CHUNKS[1])


def answer(dataset_id: str = "d", index_id: str = "i-sourced") -> Answer:
    """An answer that cites both documents and quotes one of them."""
    return Answer(
        id=answer_id("v", "q", index_id, 0),
        run_id="run",
        variant_id="v",
        question_id="q",
        dataset_id=dataset_id,
        index_id=index_id,
        sample=0,
        chunk_ids=tuple(passage.id for passage in PASSAGES),
        extracts=(Extract(chunk_id=CITED.id, text="Set `KEY` first.\n\n- then run\n  it"),),
        text="Set `KEY` [2], see [first steps](first%20steps.md).",
        sources=(PATH, OTHER),
    )


def store(project: str) -> Answer:
    """Store index and docs; the answer that was made from them."""
    docs = _finished(project, "docs", "documents", Document, [_document(PATH), _document(OTHER)])
    index = Task.create(project_name=project, task_name="build_index", task_type="data_processing")
    index.set_parameters({"Out/index_id": "i-sourced"})
    _fill(index.id, "chunks", Chunk, [CHUNKS[number] for number in (4, 3, 0, 2, 1)])
    return answer(docs)


def _document(path: str) -> Document:
    return Document(
        path=path,
        sha256="0",
        title=path,
        text="",
        source_kind="markdown",
        source_url="https://docs.acme.example/guide/first%20steps" if path == PATH else "javascript:alert(1)",
    )


def _finished(project: str, name: str, artifact: str, kind: type, records: list) -> str:
    task = Task.create(project_name=project, task_name=name, task_type="data_processing")
    _fill(task.id, artifact, kind, records)
    return str(task.id)


def _fill(task_id: str, artifact: str, kind: type, records: list) -> None:
    call("tasks.started", task=task_id)
    put_records(task_id, artifact, kind, records)
    call("tasks.completed", task=task_id)
