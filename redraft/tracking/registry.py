"""The registry: every variant that people judged is a published ClearML model, once a project.

What a model is made of never changes: its file is what a bot loads (`redraft.tracking.published`). Its metadata are
the variant's figures, written anew whenever it is scored. Its tags say what it is (`current`, `previous` or
`candidate`) and follow the decision log; a person may add tags of their own.

Nothing here takes more than one call to be true, so that whoever dies in between leaves something that the next call
completes: a model without figures, or with a label too many.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.learning.history import History, make_history
from redraft.learning.labels import LABELS, Standing, labels, standing
from redraft.learning.protocols import Scoreboard
from redraft.records import Answer, Decision, Prompt, Variant, VariantScore
from redraft.tracking.artifacts import upload_file
from redraft.tracking.history import load_decisions
from redraft.tracking.prompt_file import PublishedPrompt, prompt_text
from redraft.tracking.published import FIGURES, MODEL_NAME, MODEL_TAG, all_models, models_of, project_named
from redraft.tracking.server import Refusal, call

log = logging.getLogger("redraft")

FRAMEWORK = "redraft"
TRIES = 5  # of writing labels, while other people decide


def register_variants(
    task_id: str, project: str, history: History, board: Scoreboard, *, iteration: int | None = None
) -> Standing:
    """Register every variant that people judged as a published model, bring its figures up to date, and label all.

    Args:
        task_id: A task in progress that this belongs to; new models are its output.
        project: ClearML project of the runs; the models are put there.
        history: All records, this iteration's ratings among them. Its decisions count as made, even if the task that
            holds them is not complete yet.
        board: The scores of its variants.
        iteration: That judged the new ones.

    Returns:
        Which variant is current now, and which was before.
    """
    register_models(task_id, project, history, board, iteration=iteration)
    return synchronise_labels(project, also=history.decisions)


def register_models(
    task_id: str, project: str, history: History, board: Scoreboard, *, iteration: int | None = None
) -> None:
    """Do all that `register_variants` does but the labels."""
    known = models_of(project)
    rated_last = {answer.variant_id: answer for _, answer in history.rated()}
    for variant_id in labels(history):
        variant = history.variants.get(variant_id)
        if variant is None or not _prompts_known(history, variant):
            log.warning("variant %s was rated, but the history lacks its prompts: it is not registered", variant_id)
            continue
        origin = _Origin.of(rated_last.get(variant_id), iteration)
        model = known.get(variant_id) or _create_model(
            task_id, _described(project, history, variant, board.of(variant_id), origin)
        )
        _write_figures(model, _figures(history, variant, board, origin))
        if not model.get("ready"):
            call("models.set_ready", model=model["id"], publish_task=False)


def synchronise_labels(project: str, also: Iterable[Decision] = ()) -> Standing:
    """Make the models' labels say what the decision log says; return what that is.

    Of two people who decide at the same moment, each may write labels after the other: so the log is read again after
    writing, until it has not changed.

    Args:
        project: ClearML project of the runs.
        also: Decisions that count, although their task is not complete yet.
    """
    project_id, made = project_named(project), tuple(also)
    decisions = _decision_log(project, made)
    for _ in range(TRIES):
        _write_labels(all_models(project_id) if project_id else [], standing(decisions))
        found = _decision_log(project, made)
        if found == decisions:
            break
        decisions = found
    return standing(decisions)


def current_prompts(history: History) -> tuple[Variant, Prompt, Prompt] | None:
    """The variant that was promoted last with its answer and extract prompts; `None` before the first promotion."""
    variant_id = history.current_variant_id
    if variant_id is None:
        return None
    variant = history.variant(variant_id)
    return variant, history.prompt(variant.answer_prompt_id), history.prompt(variant.extract_prompt_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """Where a variant's answers came from; of several docs versions, the one that was rated last."""

    dataset_id: str | None
    index_id: str | None
    iteration: int | None

    @classmethod
    def of(cls, answer: Answer | None, iteration: int | None) -> _Origin:
        return cls(
            dataset_id=answer.dataset_id if answer else None,
            index_id=answer.index_id if answer else None,
            iteration=iteration,
        )


def _prompts_known(history: History, variant: Variant) -> bool:
    return variant.answer_prompt_id in history.prompts and variant.extract_prompt_id in history.prompts


def _described(
    project: str, history: History, variant: Variant, score: VariantScore, origin: _Origin
) -> PublishedPrompt:
    return PublishedPrompt(
        project=project,
        variant_id=variant.id,
        label="candidate",
        answer_prompt=history.prompt(variant.answer_prompt_id).text,
        extract_prompt=history.prompt(variant.extract_prompt_id).text,
        chat_model=variant.chat_model,
        endpoint=variant.endpoint,
        embedder=variant.embedder,
        retrieval=json.loads(variant.retrieval),
        sampling=json.loads(variant.sampling),
        score=score,
        parent_variant=variant.parent_id,
        docs_version=origin.dataset_id,
        index=origin.index_id,
        iteration=origin.iteration,
    )


def _create_model(task_id: str, prompt: PublishedPrompt) -> dict[str, Any]:
    """Make a variant's model; its file is there before it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prompt.json"
        path.write_text(prompt_text(prompt), encoding="utf-8")
        url = upload_file(task_id, f"models/{prompt.variant_id}", path)
    name = f"{MODEL_NAME}{prompt.variant_id}"
    # where people look for it: the project itself, not the hidden one of its pipeline
    project_id = project_named(prompt.project) or call("projects.create", name=prompt.project, description="")["id"]
    tags = [MODEL_TAG, "candidate"]
    made = call("models.create", name=name, uri=url, task=task_id, project=project_id, framework=FRAMEWORK, tags=tags)
    call("tasks.add_or_update_model", task=task_id, name=name, model=made["id"], type="output")
    return {"id": made["id"]}


def _figures(history: History, variant: Variant, board: Scoreboard, origin: _Origin) -> dict[str, str]:
    """A model's metadata; what is not known is empty."""
    score, against = board.of(variant.id), board.against_current(variant.id)
    prompts = [history.prompt(prompt_id) for prompt_id in (variant.answer_prompt_id, variant.extract_prompt_id)]
    return {
        **{name: _text(getattr(score, field)) for name, field in FIGURES.items()},
        "interval": _text(board.interval),
        "compared with": against.current_id if against else "",
        "parent variant": variant.parent_id or "",
        "parent prompts": ", ".join(dict.fromkeys(parent for prompt in prompts for parent in prompt.parent_ids)),
        "docs version": origin.dataset_id or "",
        "index": origin.index_id or "",
        "iteration": _text(origin.iteration),
        "variant": variant.id,
    }


def _text(value: float | None) -> str:
    return "" if value is None else json.dumps(value)


def _write_figures(model: Mapping[str, Any], figures: Mapping[str, str]) -> None:
    """Write what changed; a server that takes no metadata of a published model keeps the old ones and the file's."""
    old = {key: item.get("value") for key, item in (model.get("metadata") or {}).items()}
    first = {"iteration": old["iteration"]} if old.get("iteration") else {}  # the one that judged it first
    items = [
        {"key": key, "type": "float" if key in FIGURES and value else "str", "value": value}
        for key, value in {**figures, **first}.items()
        if old.get(key) != value
    ]
    try:
        if items:
            call("models.add_or_update_metadata", model=model["id"], metadata=items, replace_metadata=False)
    except Refusal as error:
        if not model.get("ready"):
            raise
        log.warning("the figures of model %s stay as they were: %s", model["id"], error)


def _write_labels(models: Sequence[Mapping[str, Any]], now: Standing) -> None:
    """Give every model its one label; twins of two that registered at once lose theirs.

    Labels are added before any is taken away: a reader who comes in between sees two, and asks the log. The call is
    `update`, not `edit`: it holds only what a published model lets people change, tags among them.
    """
    by_variant: dict[str, Mapping[str, Any]] = {}
    for model in models:
        by_variant.setdefault(str(model["variant_id"]), model)
    wanted = {model["id"]: now.label(variant_id) for variant_id, model in by_variant.items()}
    for model in models:
        label = wanted.get(model["id"])
        if label is not None and label not in model["tags"]:
            call("models.update", model=model["id"], tags=[*model["tags"], label])
    for model in models:
        kept = [tag for tag in model["tags"] if tag not in LABELS]
        if model["id"] not in wanted:
            call("models.update", model=model["id"], tags=[tag for tag in kept if tag != MODEL_TAG])
            call("models.archive_many", ids=[model["id"]])
        elif set(model["tags"]) & set(LABELS) - {wanted[model["id"]]}:
            call("models.update", model=model["id"], tags=[*kept, wanted[model["id"]]])


def _decision_log(project: str, also: Sequence[Decision]) -> tuple[Decision, ...]:
    return make_history([*load_decisions(project), *also]).decisions
