"""What a bot loads when it starts, with and without the server."""

from __future__ import annotations

import dataclasses
import json
import logging
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clearml_stand_in import RunningServer
from judged_project import SEED, B, C, decide, decision, history_of, open_task

from redraft.config import ROOT
from redraft.errors import InputError, RecordError, ServerUnavailable
from redraft.learning.rounds import POLICIES
from redraft.tracking.prompt_file import parse_prompt, prompt_text, write_whole
from redraft.tracking.published import find_prompt, load_prompt, models_of
from redraft.tracking.registry import register_variants
from redraft.tracking.server import call

PROMOTED = decision("promote", B, 1.0, current=SEED)


@pytest.fixture
def published(project: str) -> str:
    """Name a project in which B is current and the seed variant previous."""
    history = history_of({SEED: 2, B: 4, C: 3})
    board = POLICIES.score(history, current_id=SEED.id, interval=0.9)
    decide(project, PROMOTED)
    register_variants(open_task(project), project, history.add([PROMOTED]), board, iteration=1)
    return project


@pytest.fixture
def server_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure an address at which nothing answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("CLEARML_API_HOST", f"http://127.0.0.1:{port}")


def test_the_current_prompt_is_loaded_with_everything_that_a_bot_needs(published: str) -> None:
    prompt = load_prompt(published)
    assert (prompt.variant_id, prompt.label, prompt.project) == (B.id, "current", published)
    assert prompt.answer_prompt == "Please explain. Answer in two sentences."
    assert prompt.extract_prompt == "Copy out what helps."
    assert (prompt.chat_model, prompt.retrieval["top_k"], prompt.sampling["temperature"]) == ("m", 6, 0.0)
    assert (prompt.parent_variant, prompt.docs_version, prompt.index) == (SEED.id, "dataset-1", "i-1")
    assert prompt.score.n_ratings == 12
    assert prompt.score.low < prompt.score.mean < prompt.score.high


def test_each_label_has_its_prompt(published: str) -> None:
    assert load_prompt(published, "previous").variant_id == SEED.id
    assert load_prompt(published, "candidate").variant_id == C.id


def test_a_variant_is_found_whatever_its_label(published: str) -> None:
    assert find_prompt(published, variant_id=C.id).label == "candidate"
    with pytest.raises(InputError, match=f"no prompt of variant v-unknown; registered are .*{B.id}"):
        find_prompt(published, variant_id="v-unknown")


def test_before_the_first_promotion_there_is_no_current_prompt(project: str) -> None:
    with pytest.raises(InputError, match="has no current prompt yet"):
        load_prompt(project)
    history = history_of({SEED: 2})
    board = POLICIES.score(history, current_id=SEED.id, interval=0.9)
    register_variants(open_task(project), project, history, board)
    with pytest.raises(InputError, match="has no previous prompt yet"):
        load_prompt(project, "previous")


def test_an_unknown_label_is_refused_with_the_known_ones(published: str) -> None:
    with pytest.raises(InputError, match="label must be one of candidate, current, previous, got 'newest'"):
        load_prompt(published, "newest")  # type: ignore[arg-type]


def test_a_decision_whose_model_is_missing_is_told_apart_from_nothing_published(project: str) -> None:
    decide(project, PROMOTED)
    with pytest.raises(InputError, match=f"{B.id} is current, but the registry has no model of it"):
        load_prompt(project)


@pytest.mark.usefixtures("server_away")
def test_without_server_and_copy_a_bot_is_told_both(tmp_path: Path) -> None:
    with pytest.raises(ServerUnavailable, match="no ClearML server answers"):
        load_prompt("redraft")
    with pytest.raises(ServerUnavailable, match=r"no ClearML server answers .* no copy to fall back to: .*kept\.json"):
        load_prompt("redraft", fallback=tmp_path / "kept.json")


def test_without_the_server_the_last_copy_is_used_with_a_warning(
    published: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept = tmp_path / "kept.json"
    loaded = load_prompt(published, fallback=kept)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("CLEARML_API_HOST", f"http://127.0.0.1:{free.getsockname()[1]}")
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="redraft"):
        assert load_prompt(published, fallback=kept) == loaded
    assert time.monotonic() - began < 10
    assert f"using the copy of prompt {B.id} in {kept}" in caplog.text


@pytest.mark.usefixtures("server_away")
def test_a_copy_of_another_label_or_project_is_not_used(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    history = history_of({SEED: 2})
    board = POLICIES.score(history, current_id=SEED.id, interval=0.9)
    kept.write_text(prompt_text(made_prompt(board.of(SEED.id))), encoding="utf-8")
    assert load_prompt("redraft", fallback=kept).variant_id == SEED.id
    with pytest.raises(ServerUnavailable, match="a copy of the current prompt of 'redraft', not of the previous"):
        load_prompt("redraft", "previous", fallback=kept)
    with pytest.raises(ServerUnavailable, match="not of the current one of 'other'"):
        load_prompt("other", fallback=kept)


@pytest.mark.parametrize("content", ["", "[]", '{"score": 3}', '{"variant_id": "v", "score"', "\udcff"])
@pytest.mark.usefixtures("server_away")
def test_a_broken_copy_is_named(tmp_path: Path, content: str) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(content.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(ServerUnavailable, match=r"no copy to fall back to: .*kept\.json"):
        load_prompt("redraft", fallback=kept)


def test_a_copy_that_cannot_be_kept_does_not_stop_the_bot(
    published: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="redraft"):
        assert load_prompt(published, fallback=tmp_path / "no folder" / "kept.json").variant_id == B.id
    assert "loaded, but not copied" in caplog.text


def test_the_copy_follows_what_is_published(published: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    load_prompt(published, fallback=kept)
    first = kept.read_text(encoding="utf-8")
    load_prompt(published, fallback=kept)
    assert kept.read_text(encoding="utf-8") == first
    call("models.edit", model=models_of(published)[B.id]["id"], tags=["redraft-prompt", "candidate"])
    call("models.edit", model=models_of(published)[C.id]["id"], tags=["redraft-prompt", "current"])
    load_prompt(published, fallback=kept)
    assert json.loads(kept.read_text(encoding="utf-8"))["variant_id"] == C.id


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "prompt.json"
    write_whole(target, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "new \udcff")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(InputError, match=r"prompt\.json cannot be written: No such file"):
        write_whole(tmp_path / "missing" / "prompt.json", "text")


def test_a_file_that_a_newer_redraft_wrote_with_more_fields_is_read() -> None:
    history = history_of({SEED: 2})
    prompt = made_prompt(POLICIES.score(history, current_id=SEED.id, interval=0.9).of(SEED.id))
    newer = json.dumps({**json.loads(prompt_text(prompt)), "tools": ["search"]})
    assert parse_prompt(newer, name="file") == prompt
    older = {key: value for key, value in json.loads(prompt_text(prompt)).items() if key != "iteration"}
    assert parse_prompt(json.dumps(older), name="file") == dataclasses.replace(prompt, iteration=None)
    with pytest.raises(RecordError, match="file does not hold a published prompt"):
        parse_prompt(json.dumps({**older, "answer_prompt": None}), name="file")


def test_a_bot_that_imports_it_does_not_import_what_learns(clearml_server: RunningServer) -> None:
    script = (
        "import sys, redraft.tracking.published\n"
        "print([name for name in ('numpy', 'scipy', 'pandas', 'openai', 'chromadb') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=clearml_server.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def made_prompt(score: object) -> object:
    from redraft.tracking.prompt_file import PublishedPrompt

    return PublishedPrompt(
        project="redraft",
        variant_id=SEED.id,
        label="current",
        answer_prompt="Answer.",
        extract_prompt="Copy.",
        chat_model="m",
        endpoint="e",
        embedder="e m",
        retrieval={"top_k": 6},
        sampling={},
        score=score,
        iteration=2,
    )
