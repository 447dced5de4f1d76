"""What a run is given besides the docs: example questions and seed prompts, each a file or a version of a dataset.

questions: data/questions.jsonl        a file where the controller runs
questions: dataset:5b1f0c...           what `redraft install` stored; the same on every machine
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from redraft.config import ROOT
from redraft.errors import InputError
from redraft.jsonl import dump_jsonl, read_jsonl
from redraft.questions import read_questions
from redraft.records import Prompt, Question, make_prompt
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.datasets import FINGERPRINT, named_version
from redraft.tracking.server import call

QUESTIONS, SEED_PROMPTS = "questions", "seedprompts"  # artifacts, as on a run

NAMES = {QUESTIONS: "questions", SEED_PROMPTS: "seed prompts"}  # of the datasets

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenVersion:
    """A version of a file that runs are given."""

    name: str  # of the dataset
    dataset_id: str
    is_new: bool


def given_questions(value: str) -> tuple[Question, ...]:
    """The questions that a parameter names.

    Raises:
        InputError: There is no such file or dataset, or what it holds is wrong.
    """
    dataset = named_version(value, what=QUESTIONS, artifact=QUESTIONS)
    return tuple(get_records(dataset, QUESTIONS, Question) if dataset else read_questions(ROOT / value))


def given_seed_prompts(value: str) -> tuple[Prompt, Prompt]:
    """The answer prompt and the extract prompt that a setting names.

    Raises:
        InputError: There is no such file or dataset, or it does not hold exactly one of each.
    """
    dataset = named_version(value, what="seed prompts", artifact=SEED_PROMPTS)
    if dataset is None:
        return read_seed_prompts(ROOT / value)
    return _pair(get_records(dataset, SEED_PROMPTS, Prompt), name=f"dataset {dataset}")


def read_seed_prompts(path: Path) -> tuple[Prompt, Prompt]:
    """The answer prompt and the extract prompt that the first iteration starts from.

    Raises:
        InputError: The file does not hold exactly one of each.
    """
    return _pair(read_jsonl(path, Prompt), name=str(path))


def store_questions(project: str, path: Path) -> GivenVersion:
    """Make a version of a questions file, or find that the newest one says the same.

    Raises:
        InputError: The file is wrong.
    """
    return _store(project, QUESTIONS, path, Question, read_questions(path))


def store_seed_prompts(project: str, path: Path) -> GivenVersion:
    """Make a version of a file of seed prompts, or find that the newest one says the same.

    Raises:
        InputError: The file is wrong.
    """
    return _store(project, SEED_PROMPTS, path, Prompt, read_seed_prompts(path))


def _store(project: str, artifact: str, path: Path, kind: type[RecordT], records: Sequence[RecordT]) -> GivenVersion:
    from clearml import Dataset

    name = NAMES[artifact]
    fingerprint = hashlib.sha256(dump_jsonl(kind, records).encode()).hexdigest()
    newest = _newest(project, name)
    if newest is not None and _fingerprint(newest.id) == fingerprint:
        return GivenVersion(name=name, dataset_id=newest.id, is_new=False)
    parents = [newest.id] if newest is not None else None
    with tempfile.TemporaryDirectory() as staging, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        dataset = Dataset.create(dataset_name=name, dataset_project=project, parent_datasets=parents)
        item = {"section": "properties", "name": FINGERPRINT, "value": fingerprint, "type": "str"}
        call("tasks.edit_hyper_params", task=dataset.id, hyperparams=[item], replace_hyperparams="none")
        shutil.copyfile(path, Path(staging) / path.name)
        dataset.sync_folder(staging, verbose=False)
        put_records(dataset.id, artifact, kind, records)
        dataset.set_description(f"{len(records)} {name} from {path.name}")
        dataset.tags = ["redraft"]
        dataset.upload(show_progress=False, verbose=False)
        dataset.finalize(verbose=False)
    return GivenVersion(name=name, dataset_id=dataset.id, is_new=True)


def _newest(project: str, name: str) -> Any | None:
    from clearml import Dataset

    try:
        return Dataset.get(dataset_project=project, dataset_name=name, only_completed=True)
    except ValueError:  # there is none yet
        return None


def _fingerprint(dataset_id: str) -> str | None:
    properties = (call("tasks.get_by_id", task=dataset_id)["task"].get("hyperparams") or {}).get("properties") or {}
    value = properties.get(FINGERPRINT, {}).get("value")
    return None if value is None else str(value)


def _pair(prompts: Sequence[Prompt], *, name: str) -> tuple[Prompt, Prompt]:
    answer = [prompt for prompt in prompts if prompt.kind == "answer"]
    extract = [prompt for prompt in prompts if prompt.kind == "extract"]
    if len(answer) != 1 or len(extract) != 1:
        raise InputError(
            f"{name}: expected one prompt of kind answer and one of kind extract, got {len(answer)} and {len(extract)}"
        )
    return make_prompt("answer", answer[0].text), make_prompt("extract", extract[0].text)
