"""Published prompts, as ClearML models: the file is what a bot loads, the tags say which one is current.

The file of the model, one JSON object:

    {"variant_id": "v-...", "answer_prompt": "...", "extract_prompt": "...", "chat_model": "...", ...}
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from redraft.learning.history import History
from redraft.records import Prompt, Variant, VariantScore
from redraft.tracking.server import call

MODEL_TAG = "redraft-prompt"
CURRENT_TAG = "current"
PREVIOUS_TAG = "previous"


def publish_variant(
    task: Any, project: str, variant: Variant, prompts: tuple[Prompt, Prompt], score: VariantScore
) -> str:
    """Publish a variant as an output model of a task; return the model's id.

    Args:
        task: The task that decided.
        project: ClearML project.
        variant: What becomes current.
        prompts: Its answer prompt and its extract prompt.
        score: What the ratings say of it.
    """
    from clearml import OutputModel

    answer, extract = prompts
    body = prompt_body(variant, answer, extract)
    lineage = {
        "rating mean": score.mean,
        "rating low": score.low,
        "rating high": score.high,
        "ratings": score.n_ratings,
        "parent variant": variant.parent_id or "",
        "parent prompts": ", ".join(answer.parent_ids),
        "project": project,
    }
    model = OutputModel(task=task, name=f"prompt {variant.id}", framework="redraft", tags=[MODEL_TAG, CURRENT_TAG])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prompt.json"
        path.write_text(json.dumps(body, ensure_ascii=False, indent=2), encoding="utf-8")
        model.update_weights(weights_filename=str(path), auto_delete_file=False, async_enable=False)
    for name, value in lineage.items():
        model.set_metadata(name, str(value), v_type="str")
    task.flush(wait_for_uploads=True)  # publishing before that is refused (400/131)
    model.publish()
    _retire_others(project, keep=model.id)
    return str(model.id)


def prompt_body(variant: Variant, answer: Prompt, extract: Prompt) -> dict[str, Any]:
    """What a bot needs to answer as people judged it."""
    return {
        "variant_id": variant.id,
        "answer_prompt": answer.text,
        "extract_prompt": extract.text,
        "chat_model": variant.chat_model,
        "retrieval": json.loads(variant.retrieval),
        "sampling": json.loads(variant.sampling),
    }


def current_prompts(history: History) -> tuple[Variant, Prompt, Prompt] | None:
    """The variant that was promoted last with its answer and extract prompts; `None` before the first promotion."""
    variant_id = history.current_variant_id
    if variant_id is None:
        return None
    variant = history.variant(variant_id)
    return variant, history.prompt(variant.answer_prompt_id), history.prompt(variant.extract_prompt_id)


def _retire_others(project: str, *, keep: str) -> None:
    found = call("models.get_all", tags=["__$all", MODEL_TAG, CURRENT_TAG], only_fields=["id", "tags", "metadata"])
    for model in found["models"]:
        owner = (model.get("metadata") or {}).get("project", {}).get("value")
        if model["id"] != keep and owner == project:
            tags = [tag for tag in model["tags"] if tag not in (CURRENT_TAG, PREVIOUS_TAG)]
            call("models.update", model=model["id"], tags=[*tags, PREVIOUS_TAG])
