"""A project that can be asked: an index of three pages, and variants of the stand-in model, some of them rated."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from clearml import Task
from judged_project import EXTRACT, QUESTIONS, answers_of, decision, ratings_of, with_records

from redraft.call_log import CallLog
from redraft.config import ROOT, load_config
from redraft.corpus.index import build_index, pack_index
from redraft.learning.history import History
from redraft.llm import chat_endpoint
from redraft.records import (
    Answer,
    Chunk,
    Decision,
    Prompt,
    Question,
    Rating,
    Variant,
    content_id,
    make_prompt,
    make_variant,
)
from redraft.tracking.artifacts import put_file
from redraft.tracking.embedding import make_embedder
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.server import call

CONFIG = load_config(ROOT / "configs" / "stand_ins.yaml")
PAGES = {
    "guide/notes.md": ("Notes", "Notes are synchronised every 15 minutes with the server of your team."),
    "guide/export.md": ("Export", "To export notes as PDF, type `quill export --format pdf` in a terminal."),
    "guide/tags.md": ("Tags", "A tag is a word that begins with a hash; tags group notes by their subject."),
}
QUESTION = "How often are notes synchronised?"
SHORT = make_prompt("answer", "Answer in one sentence. Name the page that you took it from.")
LONG = make_prompt("answer", "Answer the question about the docs at length, step by step.")
PLAIN = make_prompt("answer", "Answer the question.")


def endpoint_of(model_server: str) -> dict[str, str]:
    """What to set in the environment so that the stand-in model is asked."""
    return {"OPENAI_BASE_URL": model_server, "OPENAI_API_KEY": "stand-in"}


def variant_of(prompt: Prompt, **settings: str) -> Variant:
    """A variant of the stand-in model at today's endpoint; a setting: chat_model, retrieval, sampling."""
    identity = {
        "answer_prompt_id": prompt.id,
        "extract_prompt_id": EXTRACT.id,
        "chat_model": CONFIG.run.chat_model,
        "endpoint": chat_endpoint(os.environ).name,
        "sampling": '{"temperature": 0.0}',
        "retrieval": '{"chunks_per_page": 1, "pool": 10, "rank_constant": 60, "top_k": 2}',
        "embedder": make_embedder(CONFIG.run.embedding_model, CONFIG.answer, "ask", CallLog()).identity,
        **settings,
    }
    return make_variant(**identity)


def store_index(project: str, folder: Path) -> str:
    """Store an index of the pages as the step `build_index` does; the id of its task."""
    chunks = [
        Chunk(id=content_id("c", path, text), document_path=path, heading_path=title, text=text, ordinal=0)
        for path, (title, text) in PAGES.items()
    ]
    embedder = make_embedder(CONFIG.run.embedding_model, CONFIG.answer, "build_index", CallLog())
    sources = {path: (title, f"https://docs.example.com/{path}") for path, (title, _) in PAGES.items()}
    build_index(chunks, embedder, folder / "index", parent=None, sources=sources)
    task = Task.create(project_name=project, task_name="build_index", task_type="data_processing")
    task.set_parameters({"Out/embedder": embedder.identity, "Out/dataset_id": "dataset-1"})
    call("tasks.started", task=task.id)
    put_file(task.id, "index", pack_index(folder / "index", folder / "index.zip"))
    call("tasks.completed", task=task.id)
    return str(task.id)


def store_variants(
    project: str, scores: Mapping[Variant, int | None], prompts: tuple[Prompt, ...] = (EXTRACT, SHORT, LONG, PLAIN)
) -> None:
    """Store variants in one finished task, each rated about so well; None: not rated."""
    rated = {variant: score for variant, score in scores.items() if score is not None}
    with_records(
        project,
        "judged",
        {
            "prompts": (Prompt, list(prompts)),
            "variants": (Variant, list(scores)),
            "questions": (Question, list(QUESTIONS)),
            "answers": (Answer, [answer for variant in rated for answer in answers_of(variant)]),
            "ratings": (Rating, [rating for variant, score in rated.items() for rating in ratings_of(variant, score)]),
        },
    )


def publish(project: str, variant: Variant, *, waiting: Variant | None = None) -> None:
    """Promote a variant; `waiting`: another that waits for a yes since."""
    made = [decision("promote", variant, 1.0)]
    if waiting is not None:
        made.append(decision("keep", waiting, 2.0, current=variant))
    with_records(project, "score_prompts", {"decisions": (Decision, made)})


def say_no(project: str, variant: Variant) -> None:
    """Let a person say no to a variant."""
    no = dataclasses.replace(decision("reject", variant, 0.5), current_id=None, author="Ann")
    with_records(project, "said no", {"decisions": (Decision, [no])})


def history_of(project: str) -> History:
    """Everything that the project's tasks hold."""
    return load_history(find_sources(project))
