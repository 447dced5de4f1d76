"""A step's key changes with what its result depends on, and with nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from redraft.config import ROOT, load_config, section_text
from redraft.tracking.cache import code_hash, import_closure, step_key

STEPS = sorted(path.stem for path in (ROOT / "steps").glob("[a-z]*.py"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's code; who edits it takes the edit back."""
    tmp_path = tmp_path_factory.mktemp("copy")
    for folder in ("redraft", "steps", "pipelines"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "requirements.txt", "constraints.txt"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def described(entry_point: str = "steps/build_index.py", **parameters: object) -> dict[str, Any]:
    """What the SDK says of a task."""
    return {
        "script": {"entry_point": entry_point, "diff": "d", "version_num": "c", "branch": "b", "binary": "python3"},
        "hyper_params": {f"Args/{name}": value for name, value in parameters.items()},
        "configs": {"index": "max_chars: 1500\n"},
    }


def keys(root: Path) -> dict[str, dict[str, Any]]:
    """The keys of all steps and of the review."""
    names = {name: f"steps/{name}.py" for name in STEPS} | {"review": ""}
    return {name: step_key(described(entry_point), root) for name, entry_point in names.items()}


def changed(root: Path, file: str, text: str = "\nEDITED = 1\n") -> set[str]:
    """Names of the steps whose keys change with an edit of a file."""
    before = keys(root)
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_bytes() if path.exists() else None
    path.write_bytes((old or b"") + text.encode())
    try:
        after = keys(root)
    finally:
        if old is None:
            path.unlink()
        else:
            path.write_bytes(old)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    "file", ["README.md", "redraft/review_app/rate.py", "redraft/cli/main.py", "pipelines/improve_prompt.py"]
)
def test_an_edit_of_what_no_step_runs_repeats_no_step(copy: Path, file: str) -> None:
    assert changed(copy, file) == set()


def test_an_edit_of_the_chunking_repeats_the_index_and_not_the_review(copy: Path) -> None:
    found = changed(copy, "redraft/corpus/chunking.py")
    assert "build_index" in found
    assert not {"review", "score_prompts"} & found


def test_an_edit_of_the_scoring_repeats_no_embedding(copy: Path) -> None:
    found = changed(copy, "redraft/learning/decide.py")
    assert "score_prompts" in found
    assert not {"version_docs", "build_index", "review"} & found


@pytest.mark.parametrize("name", STEPS)
def test_an_edit_of_a_steps_own_file_repeats_that_step_alone(copy: Path, name: str) -> None:
    assert changed(copy, f"steps/{name}.py") == {name}


def test_a_change_of_the_pinned_versions_repeats_every_step_that_runs_code(copy: Path) -> None:
    assert changed(copy, "constraints.txt", "\nclearml==0\n") == set(STEPS)


def test_a_file_whose_edit_was_taken_back_hits_again(copy: Path) -> None:
    before = keys(copy)
    assert changed(copy, "redraft/records/ids.py") == set(STEPS)
    assert keys(copy) == before


def test_the_key_is_the_same_in_another_folder(copy: Path) -> None:
    """On an agent that cloned the repository."""
    assert keys(copy) == keys(ROOT)


def test_numbers_and_their_text_hit_alike() -> None:
    assert step_key(described(top_k=5, flag=True), ROOT) == step_key(described(top_k="5", flag="True"), ROOT)


def test_every_parameter_counts_but_those_that_say_where_something_is() -> None:
    base = step_key(described(dataset_id="d", index_task="t", pipeline_task="p"), ROOT)
    assert step_key(described(dataset_id="other", index_task="t", pipeline_task="p"), ROOT) != base
    assert step_key(described(dataset_id="d", index_task="other", pipeline_task="other"), ROOT) == base


def test_where_the_seed_prompts_come_from_is_no_part_of_the_key_and_what_they_are_is() -> None:
    """`redraft run` names a file, NEW RUN the version of it that was stored: one iteration, one key."""

    def key(place: str, seed_prompts_hash: str = "h", temperature: float = 0.9) -> dict[str, Any]:
        write = replace(load_config().write, seed_prompts=place, temperature=temperature)
        task = described("steps/write_prompts.py", seed_prompts_hash=seed_prompts_hash)
        return step_key({**task, "configs": {"write": section_text(write)}}, ROOT)

    base = key("data/seed_prompts.jsonl")
    assert key("dataset:5b1f0c") == key(f"/srv/{'a long name ' * 20}/seed prompts.jsonl") == base
    assert key("dataset:5b1f0c", seed_prompts_hash="other") != base
    assert key("dataset:5b1f0c", temperature=0.8) != base


@pytest.mark.parametrize("name", ["build_index", "write_prompts", "answer_questions"])
def test_two_servers_with_one_model_name_never_share_a_finished_step(name: str) -> None:
    models = {"chat_model": "m", "embedding_model": "e"}

    def key(**endpoints: str) -> dict[str, Any]:
        return step_key(described(f"steps/{name}.py", **models, **endpoints), ROOT)

    here = {"chat_endpoint": "http://one/v1", "embedding_endpoint": "http://one/v1"}
    assert key(**here) == key(**here)
    assert key(**here) != key(**{**here, "chat_endpoint": "http://two/v1"})
    assert key(**here) != key(**{**here, "embedding_endpoint": "http://two/v1"})


def test_commit_diff_branch_and_interpreter_do_not_count() -> None:
    other = described()
    other["script"] |= {"diff": "other", "version_num": "other", "branch": "other", "binary": "other"}
    assert step_key(other, ROOT) == step_key(described(), ROOT)


def test_results_that_a_step_wrote_do_not_count() -> None:
    other = described()
    other["hyper_params"]["Out/index_id"] = "i-1"
    assert step_key(other, ROOT) == step_key(described(), ROOT)


def test_a_changed_section_changes_the_key_of_the_steps_that_have_it() -> None:
    config = load_config()
    other = load_config(overrides={"index.max_chars": 900})
    sections = {"build_index": ("index", "answer"), "score_prompts": ("score",)}

    def key(name: str, of: Any) -> dict[str, Any]:
        task = described(f"steps/{name}.py")
        task["configs"] = {section: section_text(getattr(of, section)) for section in sections[name]}
        return step_key(task, ROOT)

    assert key("build_index", config) != key("build_index", other)
    assert key("score_prompts", config) == key("score_prompts", other)


def test_a_task_without_code_or_parameters_has_a_key() -> None:
    """The SDK asks for the controller's own, too."""
    assert step_key({"script": None, "hyper_params": None, "configs": None}, ROOT)["script"]["code"] == ""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def closure(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in import_closure(root / "steps/one.py", root)]


def test_imports_are_followed_wherever_they_stand(tmp_path: Path) -> None:
    """In functions, under conditions, of packages, of names that are modules; others' packages are not ours."""
    write(
        tmp_path,
        {
            "steps/one.py": (
                "import redraft.a.deep\nimport os, redraftlike\n"
                "def later():\n    from redraft import b\n    if later:\n        from redraft.c import name\n"
            ),
            "redraft/__init__.py": "",
            "redraft/a/__init__.py": "from redraft.d import x",
            "redraft/a/deep.py": "",
            "redraft/b.py": "",
            "redraft/c/__init__.py": "",
            "redraft/c/name.py": "",
            "redraft/d.py": "",
            "redraft/unused.py": "",
            "redraftlike.py": "",
        },
    )
    names = ["__init__", "a/__init__", "a/deep", "b", "c/__init__", "c/name", "d"]
    assert closure(tmp_path) == ["steps/one.py", *(f"redraft/{name}.py" for name in names)]


def test_relative_imports_are_followed(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "steps/one.py": "import redraft.a.deep",
            "redraft/__init__.py": "",
            "redraft/top.py": "",
            "redraft/a/__init__.py": "",
            "redraft/a/deep.py": "from . import near\nfrom .. import top\nfrom .near import x\n",
            "redraft/a/near.py": "",
        },
    )
    assert {"redraft/a/near.py", "redraft/top.py"} <= set(closure(tmp_path))


def test_circles_of_imports_end(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "steps/one.py": "import redraft.a",
            "redraft/a.py": "import redraft.b",
            "redraft/b.py": "import redraft.a\nimport steps.one",
        },
    )
    assert closure(tmp_path) == ["steps/one.py", "redraft/a.py", "redraft/b.py"]


def test_a_renamed_module_changes_the_hash(tmp_path: Path) -> None:
    write(tmp_path, {"steps/one.py": "import redraft.a, redraft.b", "redraft/a.py": "1", "redraft/b.py": "2"})
    before = code_hash(tmp_path / "steps/one.py", tmp_path)
    write(tmp_path, {"redraft/a.py": "2", "redraft/b.py": "1"})
    assert code_hash(tmp_path / "steps/one.py", tmp_path) != before


@pytest.mark.parametrize("name", ["answer_questions", "score_prompts"])
def test_every_module_of_ours_that_a_step_loads_is_in_its_closure(name: str) -> None:
    """Against Python itself: what is loaded when the step is imported."""
    program = (
        f"import sys, steps.{name}\n"
        "for module in list(sys.modules.values()):\n"
        "    if module.__name__.partition('.')[0] in ('redraft', 'steps'):\n"
        "        print(module.__file__)\n"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {str(path) for path in import_closure(ROOT / f"steps/{name}.py", ROOT)}
    assert len(found) > 20
    assert set(loaded.stdout.split()) - {str(ROOT / "steps/__init__.py")} <= found
