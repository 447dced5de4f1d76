"""A project whose people have judged three variants, as ClearML tasks: what the registry and decisions are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from clearml import Task

from redraft.learning.history import History, make_history
from redraft.records import (
    Answer,
    Chunk,
    Decision,
    Extract,
    Prompt,
    PromptEdit,
    Question,
    Rating,
    Theme,
    Variant,
    answer_id,
    content_id,
    make_prompt,
    make_variant,
)
from redraft.tracking.artifacts import put_records
from redraft.tracking.server import call
from redraft.tracking.step import RECORDS_TAG

THEME = Theme(id="t-long", text="answers are too long", comment_ids=("rt-1", "rt-2"))
CITE = "Cite the page."
EXTRACT = make_prompt("extract", "Copy out what helps.")
SEED_PROMPT = make_prompt("answer", "Please explain.")
B_PROMPT = make_prompt(
    "answer",
    "Please explain. Answer in two sentences.",
    parent_ids=(SEED_PROMPT.id,),
    edits=(PromptEdit(theme_id=THEME.id, sentence="Answer in two sentences."),),
)
C_PROMPT = make_prompt(
    "answer",
    f"Answer in two sentences. {CITE}",
    parent_ids=(B_PROMPT.id,),
    edits=(PromptEdit(theme_id=None, sentence=CITE),),
)
QUESTIONS = tuple(
    Question(id=content_id("q", text), text=text, split="val" if number >= 4 else "dev")
    for number, text in enumerate(("How?", "Why?", "When?", "Where?", "Who?", "Which?"))
)


def variant(prompt: Prompt, *, parent_id: str | None = None) -> Variant:
    return make_variant(
        answer_prompt_id=prompt.id,
        extract_prompt_id=EXTRACT.id,
        chat_model="m",
        endpoint="e",
        sampling='{"temperature": 0.0}',
        retrieval='{"top_k": 6}',
        embedder="e m",
        parent_id=parent_id,
    )


SEED = variant(SEED_PROMPT)
B = variant(B_PROMPT, parent_id=SEED.id)
C = variant(C_PROMPT, parent_id=B.id)


def answers_of(judged: Variant, *, quoting: str = "") -> list[Answer]:
    """Make an answer to each question; `quoting`: the chunk that all of them quote."""
    extracts = (Extract(chunk_id=quoting, text=f"Words of {quoting}."),) if quoting else ()
    return [
        Answer(
            id=answer_id(judged.id, question.id, "i-1", 0),
            run_id="run",
            variant_id=judged.id,
            question_id=question.id,
            dataset_id="dataset-1",
            index_id="i-1",
            sample=0,
            extracts=extracts,
            text=f"Answer to {question.text}",
        )
        for question in QUESTIONS
    ]


def ratings_of(judged: Variant, score: int, *, reviewers: Sequence[str] = ("Ann", "Ben")) -> list[Rating]:
    return [
        Rating(
            id=content_id("rt", given.id, reviewer),
            review_key="r-1",
            answer_id=given.id,
            reviewer=reviewer,
            score=max(1, min(5, score + (number + len(reviewer)) % 2)),
            created=float(number),
        )
        for reviewer in reviewers
        for number, given in enumerate(answers_of(judged))
    ]


def decision(kind: Any, judged: Variant, created: float, *, current: Variant | None = None, **more: Any) -> Decision:
    given = {"evidence": f"{kind} {judged.id}", "author": "redraft", "iteration": 1, **more}
    return Decision(
        id=content_id("d", kind, judged.id, created, given["author"]),
        kind=kind,
        variant_id=judged.id,
        current_id=current.id if current else None,
        created=created,
        **given,
    )


def records_of(scores: dict[Variant, int], *, quoting: str = "") -> dict[str, tuple[type[Any], list[Any]]]:
    """Artifact names, kinds and records of a project in which these variants were rated about so well."""
    return {
        "prompts": (Prompt, [EXTRACT, SEED_PROMPT, B_PROMPT, C_PROMPT]),
        "variants": (Variant, [SEED, B, C]),
        "questions": (Question, list(QUESTIONS)),
        "themes": (Theme, [THEME]),
        "answers": (Answer, [given for judged in scores for given in answers_of(judged, quoting=quoting)]),
        "ratings": (Rating, [rating for judged, score in scores.items() for rating in ratings_of(judged, score)]),
    }


def history_of(scores: dict[Variant, int], decisions: Iterable[Decision] = ()) -> History:
    records = [record for _, rows in records_of(scores).values() for record in rows]
    return make_history([*records, *decisions])


def judge(project: str, scores: dict[Variant, int], *, quoting: str = "") -> None:
    """Store what people judged in one finished task."""
    with_records(project, "judged", records_of(scores, quoting=quoting))


def index_task(project: str, *, embedder: str) -> None:
    """Store an index of one chunk, c-present, as `build_index` does."""
    chunk = Chunk(id="c-present", document_path="page.md", heading_path="Page", text="Text.", ordinal=0)
    task = Task.create(project_name=project, task_name="build_index", task_type="data_processing")
    task.set_parameters({"Out/embedder": embedder})
    call("tasks.started", task=task.id)
    put_records(task.id, "chunks", Chunk, [chunk])
    put_records(task.id, "index", Chunk, [])
    call("tasks.completed", task=task.id)


def decide(project: str, *decisions: Decision) -> str:
    """Store what a scoring decided in a finished task of its own; its id."""
    return with_records(project, "score_prompts", {"decisions": (Decision, list(decisions))})


def with_records(project: str, name: str, records: dict[str, tuple[type[Any], list[Any]]]) -> str:
    task = open_task(project, name)
    for artifact, (kind, rows) in records.items():
        put_records(task, artifact, kind, rows)
    call("tasks.completed", task=task)
    return task


def open_task(project: str, name: str = "score_prompts") -> str:
    """A task in progress that may hold records; its id."""
    task = Task.create(project_name=project, task_name=name, task_type="custom")
    task.set_tags([RECORDS_TAG])
    call("tasks.started", task=task.id)
    return str(task.id)


def tags_of(project: str) -> dict[str, list[str]]:
    """Labels of a project's models by variant id, in the order of the tags, as ClearML shows them."""
    models = call("models.get_all", name="^prompt v-", only_fields=["name", "tags", "project"])["models"]
    found = call("projects.get_all", name=f"^{project}$", only_fields=["id"])["projects"]
    own = {item["id"] for item in found}
    return {
        model["name"].removeprefix("prompt "): [tag for tag in model["tags"] if tag != "redraft-prompt"]
        for model in models
        if model.get("project") in own and "redraft-prompt" in model["tags"]
    }
