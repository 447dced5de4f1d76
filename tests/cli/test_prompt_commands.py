"""`redraft prompt ...` as a person types it, against the stand-in server."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import NamedTuple

import pytest
from judged_project import CITE, SEED, B, C, decide, decision, judge

from redraft.cli.main import main
from redraft.tracking.server import call

WAITING = decision("keep", B, 1.0, current=SEED, evidence="New prompt is better; waits for your yes.")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


pytestmark = pytest.mark.usefixtures("clearml_sdk")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the state of commands in a folder of its own."""
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "state"))


@pytest.fixture
def project() -> str:
    return f"project-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def waiting(project: str) -> str:
    """Name a project in which B waits for a yes."""
    judge(project, {SEED: 2, B: 4, C: 2})
    decide(project, WAITING)
    return project


@pytest.fixture
def redraft(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run a command line."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["redraft", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def published(waiting: str, redraft) -> str:
    """Name a project in which Ann said yes to B."""
    assert redraft("prompt", "promote", "--author", "Ann", "--project", waiting).code == 0
    return waiting


def test_nothing_published_is_an_error_of_one_line_and_writes_nothing(waiting: str, redraft, tmp_path: Path) -> None:
    file = tmp_path / "prompt.json"
    ended = redraft("prompt", "get", "--project", waiting, "--output", str(file))
    assert ended.code == 2
    assert ended.err == (
        f"error: project '{waiting}' has no current prompt yet. "
        "Publish one: `redraft status` shows what waits for a yes.\n"
    )
    assert ended.out == ""
    assert not file.exists()


def test_get_prints_the_answer_prompt_and_nothing_else_on_standard_output(published: str, redraft) -> None:
    ended = redraft("prompt", "get", "--project", published)
    assert (ended.code, ended.out) == (0, "Please explain. Answer in two sentences.\n")
    assert f"current prompt {B.id}" in ended.err
    assert redraft("prompt", "show", "--project", published).out == ended.out


def test_get_writes_the_json_that_a_bot_loads(published: str, redraft, tmp_path: Path) -> None:
    file = tmp_path / "prompt.json"
    ended = redraft("prompt", "get", "--json", "--output", str(file), "--project", published)
    assert (ended.code, ended.out) == (0, f"{file}: current prompt {B.id}\n")
    body = json.loads(file.read_text(encoding="utf-8"))
    assert (body["variant_id"], body["chat_model"], body["retrieval"]) == (B.id, "m", {"top_k": 6})
    assert list(tmp_path.glob(".prompt*")) == []


def test_get_takes_a_label_or_a_variant(published: str, redraft) -> None:
    assert redraft("prompt", "get", "--label", "previous", "--project", published).out == "Please explain.\n"
    assert CITE in redraft("prompt", "get", "--variant", C.id, "--project", published).out
    assert CITE in redraft("prompt", "get", "--variant", C.id[:8], "--project", published).out
    ended = redraft("prompt", "get", "--label", "newest", "--project", published)
    assert ended.code == 2
    assert "candidate" in ended.err


def test_yes_tells_the_evidence_and_what_is_current_then(waiting: str, redraft) -> None:
    ended = redraft("prompt", "promote", "--author", "Ann", "--reason", "Support likes it.", "--project", waiting)
    assert ended.code == 0
    assert f"promote {B.id}: Ann promoted it: better than the current one with probability above 0.99: +0." in ended.out
    assert "Support likes it." in ended.out
    assert ended.out.endswith(f"current: {B.id}; previous: {SEED.id}\n")
    assert ended.err == ""


def test_promoting_against_the_evidence_warns(published: str, redraft) -> None:
    ended = redraft("prompt", "promote", C.id, "--author", "Ann", "--project", published)
    assert ended.code == 0
    assert ended.err.startswith("warning: The evidence does not support it: a promotion needs probability 0.90")
    assert "better than the current one with probability below 0.01" in ended.out
    assert f"current: {C.id}; previous: {B.id}" in ended.out


def test_a_beginning_of_several_ids_is_no_variant(published: str, redraft) -> None:
    ended = redraft("prompt", "get", "--variant", "v-", "--project", published)
    assert (ended.code, ended.out) == (2, "")
    assert "has several prompts of variants that begin with v-; registered are v-" in ended.err


def test_roll_back_and_no(published: str, redraft) -> None:
    assert (
        f"current: {SEED.id}; previous: {B.id}"
        in redraft("prompt", "rollback", "--author", "Ann", "--project", published).out
    )
    decide(published, decision("keep", C, 1e10, current=SEED))
    ended = redraft("prompt", "reject", "--author", "Ann", "--reason", "Rude.", "--project", published)
    assert (ended.code, f"reject {C.id}: Ann said no" in ended.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["promote"], "must know who decides. Give --author NAME."),
        (["reject", "--author", "Ann"], "a rejection must say why. Give --reason TEXT."),
        (["rollback", "--author", "Ann"], "there is nothing to roll back"),
        (["promote", "v-no", "--author", "Ann"], f"{SEED.id} (candidate)"),
        (["diff", B.id], "the project has published no prompt yet. Name two variants; people judged: v-"),
        (["diff", "v-no", B.id], "'v-no' is no judged variant"),
        (["get", "--variant", "v-no"], "no variant is registered yet"),
    ],
)
def test_bad_input_ends_in_one_line_that_says_what_to_do(waiting: str, redraft, words: list[str], said: str) -> None:
    ended = redraft("prompt", *words, "--project", waiting)
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_diff_shows_by_sentence_what_answers_which_comments(published: str, redraft) -> None:
    ended = redraft("prompt", "diff", "--project", published)
    assert ended.code == 0
    assert ended.out.splitlines()[:6] == [
        f"--- {SEED.id}",
        f"+++ {B.id}",
        "answer prompt:",
        "  Please explain.",
        "+ Answer in two sentences.",
        "    answers: answers are too long (2 comments)",
    ]
    assert "    effect: an estimated +" in ended.out
    other = redraft("prompt", "diff", B.id, C.id[:8], "--project", published)
    assert f"+ {CITE}" in other.out
    assert redraft("prompt", "diff", B.id, B.id, "--project", published).out == (
        f"{B.id} and {B.id} have the same prompts\n"
    )


def test_what_waits_is_compared_before_anything_was_published(waiting: str, redraft) -> None:
    """A person who is asked for the first yes typed `prompt diff` and was told that nothing is published yet."""
    assert redraft("prompt", "diff", "--project", waiting).out.startswith(f"--- {SEED.id}\n+++ {B.id}\n")


def test_log_shows_every_decision_oldest_first(published: str, redraft) -> None:
    redraft("prompt", "rollback", "--author", "Ben", "--project", published)
    table = redraft("prompt", "log", "--project", published).out
    assert table.index("propose") < table.index("promote") < table.index("rollback")
    rows = json.loads(redraft("prompt", "log", "--json", "--project", published).out)
    assert [(row["kind"], row["author"]) for row in rows] == [
        ("keep", "redraft"),
        ("promote", "Ann"),
        ("rollback", "Ben"),
    ]
    assert rows[1]["evidence"].endswith("on 12 ratings.")


def test_an_empty_log_says_so(project: str, redraft) -> None:
    assert redraft("prompt", "log", "--project", project).out == f"project '{project}': nothing has been decided yet\n"
    assert redraft("prompt", "log", "--json", "--project", project).out == "[]\n"


def test_status_names_what_waits_and_the_command_that_says_yes(waiting: str, redraft) -> None:
    call("tasks.create", name="improve prompt #1", type="controller", project=pipeline_project_of(waiting))
    before = redraft("status", "--project", waiting).out
    assert "published: nothing yet" in before
    assert f"waiting for a yes: {B.id}. New prompt is better; waits for your yes." in before
    assert f"redraft prompt promote --author NAME --project {waiting}" in before
    redraft("prompt", "promote", "--author", "Ann", "--project", waiting)
    after = redraft("status", "--project", waiting).out
    assert f"published: {B.id}, before that {SEED.id}" in after
    assert "waiting" not in after


def pipeline_project_of(project: str) -> str:
    return str(call("projects.create", name=f"{project}/.pipelines/improve prompt", description="")["id"])
