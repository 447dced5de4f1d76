"""What the doctor finds in a healthy set-up, and in set-ups that are broken in one way each."""

from __future__ import annotations

import datetime
import http.server
import re
from collections.abc import Callable
from dataclasses import replace
from email.utils import format_datetime
from pathlib import Path

import pytest
from broken_setups import HEALTHY, agents, git, repository, serving, subject, with_queues, with_run
from clearml_stand_in import RunningServer
from queue_names import REVIEW_QUEUE, SERVICES_QUEUE, STEPS_QUEUE

from redraft.tracking.doctor.checks import ALL
from redraft.tracking.doctor.clocks import CLOCK
from redraft.tracking.doctor.endpoints import CHAT, EMBEDDING
from redraft.tracking.doctor.finding import Check, Finding, Subject, examine, examine_all
from redraft.tracking.doctor.inputs import INPUTS
from redraft.tracking.doctor.page import PAGE
from redraft.tracking.doctor.prices import PRICES
from redraft.tracking.doctor.queues import QUEUES
from redraft.tracking.doctor.repository import CODE, REQUIREMENTS
from redraft.tracking.doctor.server import SERVER
from redraft.tracking.doctor.storage import FILES, check_recorded
from redraft.tracking.server import call, project_ids

CHECKS: dict[str, Check] = {check.name: check for check in ALL}


@pytest.fixture
def healthy(project: str, model_server: str, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """A set-up that everything can be said yes to."""
    monkeypatch.setenv("OPENAI_BASE_URL", model_server)
    return subject(project, {"OPENAI_BASE_URL": model_server, "OPENAI_API_KEY": "any-key-at-all"}, working_copy=True)


def failure(check: Check, broken: Subject) -> tuple[str, str]:
    found = examine(check, broken)
    assert found.verdict == "fail", found
    return found.words, found.remedy


def test_a_healthy_set_up_passes_every_check(healthy: Subject) -> None:
    with agents(HEALTHY), serving(_say(200)) as page:
        found = list(examine_all(ALL, replace(healthy, page_url=page)))
    assert {finding.check: finding.verdict for finding in found} == dict.fromkeys(CHECKS, "pass"), found


def test_the_file_of_the_files_check_is_gone_afterwards(healthy: Subject, clearml_server: RunningServer) -> None:
    assert examine(FILES, healthy).verdict == "pass"
    left = call("tasks.get_all", project=project_ids(healthy.project), search_hidden=True)["tasks"]
    assert left == []
    assert [path for path in clearml_server.folder.rglob("*doctor.txt") if path.is_file()] == []


def test_files_that_are_recorded_as_localhost_are_refused_if_the_server_is_elsewhere(healthy: Subject) -> None:
    words, remedy = failure(FILES, replace(healthy, api_host="https://api.clearml.example.com"))
    assert "which other machines cannot read; the server is https://api.clearml.example.com" in words
    assert "api.files_server" in remedy


@pytest.mark.parametrize("url", ["file:///mnt/x/file.txt", "/mnt/x/file.txt", "http://localhost:8081/file.txt"])
def test_a_folder_of_this_machine_is_no_files_server_for_others(url: str) -> None:
    with pytest.raises(Exception, match="which other machines cannot read"):
        check_recorded(url, "https://api.clearml.example.com")
    check_recorded(url, "http://localhost:8008")  # all of it is here


@pytest.mark.parametrize("url", ["https://files.clearml.example.com/x", "s3://bucket/x", "gs://bucket/x"])
def test_storage_that_others_reach_is_fine(url: str) -> None:
    check_recorded(url, "https://api.clearml.example.com")


@pytest.mark.parametrize(
    ("ahead_s", "verdict", "words"),
    [(-600, "fail", "60[01] s behind"), (40, "fail", "s ahead of"), (12, "warn", "s ahead of"), (0, "pass", "second")],
)
def test_a_wrong_clock_is_told_with_its_direction(healthy: Subject, ahead_s: int, verdict: str, words: str) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=ahead_s)
        handler.send_response_only(200)
        handler.send_header("Date", format_datetime(now, usegmt=True))
        handler.end_headers()

    with serving(answer) as host:
        found = examine(CLOCK, replace(healthy, api_host=host))
    assert found.verdict == verdict
    assert re.search(words, found.words)


@pytest.mark.parametrize(
    ("serve", "words"),
    [
        ({"one": [SERVICES_QUEUE]}, f"no agent serves the queue '{STEPS_QUEUE}'"),
        ({"one": [STEPS_QUEUE]}, f"no agent serves the queue '{SERVICES_QUEUE}'"),
        ({"one": [SERVICES_QUEUE, STEPS_QUEUE]}, "one agent serves both"),
        ({**HEALTHY, "eager": [REVIEW_QUEUE]}, f"agent 'eager' serves '{REVIEW_QUEUE}'"),
    ],
    ids=["no steps", "no services", "one agent", "review served"],
)
def test_queues_with_which_a_run_would_wait_forever_are_named(
    healthy: Subject, serve: dict[str, list[str]], words: str
) -> None:
    with agents(serve):
        assert words in failure(QUEUES, healthy)[0]


def test_agents_that_an_autoscaler_starts_need_not_be_there(healthy: Subject) -> None:
    scaled = replace(healthy, config=with_queues(healthy.config, autoscaled=True))
    with agents({}):
        found = examine(QUEUES, scaled)
        assert found.verdict == "pass"
        assert f"{STEPS_QUEUE} by agents that are started when something waits" in found.words
    with agents({"eager": [REVIEW_QUEUE]}):
        assert f"agent 'eager' serves '{REVIEW_QUEUE}'" in failure(QUEUES, scaled)[0]


def test_a_queue_that_was_removed_is_named_with_who_makes_it(healthy: Subject) -> None:
    with agents(HEALTHY):
        broken = replace(healthy, config=with_queues(healthy.config, steps="removed"))
        assert failure(QUEUES, broken) == ("there is no queue 'removed' on this server", "`redraft install` makes it")
        twice = replace(healthy, config=with_queues(healthy.config, steps=SERVICES_QUEUE))
        assert "queues.services and queues.steps must be two queues" in failure(QUEUES, twice)[0]


def test_code_that_is_on_the_remote_passes_and_edits_are_a_warning(healthy: Subject, tmp_path: Path) -> None:
    cloned = replace(healthy, root=repository(tmp_path), working_copy=False)
    assert "is on the remote origin" in examine(CODE, cloned).words
    (cloned.root / "step.py").write_text("2\n")
    found = examine(CODE, cloned)
    assert (found.verdict, found.words.rpartition(": ")[2]) == ("warn", "step.py")


def test_code_that_agents_cannot_clone_fails(healthy: Subject, tmp_path: Path) -> None:
    work = repository(tmp_path)
    cloned = replace(healthy, root=work, working_copy=False)
    git(work, "commit", "--allow-empty", "-m", "Second")
    (work / "new.py").write_text("3\n")
    words, remedy = failure(CODE, cloned)
    assert "untracked files do not reach agents: new.py; the current commit is not pushed" in words
    assert remedy.startswith("commit and push")


def test_a_commit_that_has_gone_from_the_remote_fails(healthy: Subject, tmp_path: Path) -> None:
    """This machine still believes that it is there."""
    work = repository(tmp_path)
    git(tmp_path / "remote", "update-ref", "-d", "refs/heads/main")
    assert "no remote (origin) has commit" in failure(CODE, replace(healthy, root=work, working_copy=False))[0]


def test_a_requirement_that_no_index_has_is_named(healthy: Subject, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    environ = {**healthy.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index")}
    broken = replace(healthy, root=repository(tmp_path), environ=environ, working_copy=False)
    assert "no-such-package-anywhere-7f3a" in failure(REQUIREMENTS, broken)[0]


@pytest.mark.parametrize("check", [CHAT, EMBEDDING], ids=["chat", "embedding"])
def test_an_endpoint_that_is_away_or_has_no_such_model_is_told(healthy: Subject, check: Check) -> None:
    away = replace(healthy, environ={**healthy.environ, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    words, remedy = failure(check, away)
    assert "no model endpoint can be reached at http://127.0.0.1:9/v1" in words
    assert "OPENAI_BASE_URL" in remedy
    other = replace(healthy, config=with_run(healthy.config, chat_model="gpt-none", embedding_model="gpt-none"))
    assert "has no model 'gpt-none'" in failure(check, other)[0]


def test_a_model_without_a_price_is_a_warning(healthy: Subject) -> None:
    found = examine(PRICES, replace(healthy, config=with_run(healthy.config, chat_model="our-own")))
    assert (found.verdict, found.words.partition(":")[0]) == ("warn", "no price is known for our-own")


def test_a_page_that_is_away_or_broken_fails_and_an_unknown_one_is_a_warning(healthy: Subject) -> None:
    assert "nothing answers at http://127.0.0.1:9" in failure(PAGE, replace(healthy, page_url="http://127.0.0.1:9"))[0]
    with serving(_say(502)) as page:
        assert "answers with HTTP 502" in failure(PAGE, replace(healthy, page_url=page))[0]
    assert examine(PAGE, healthy).verdict == "warn"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"docs": "no/such/folder"}, "no such docs folder"),
        ({"docs": "dataset:0123456789abcdef"}, "docs: there is no dataset '0123456789abcdef'"),
        ({"questions": "nowhere.csv"}, "no such questions file"),
        ({"questions": "dataset:0123456789abcdef"}, "questions: there is no dataset"),
    ],
)
def test_docs_and_questions_that_cannot_be_read_here_are_named(
    healthy: Subject, changes: dict[str, str], words: str
) -> None:
    assert words in failure(INPUTS, replace(healthy, config=with_run(healthy.config, **changes)))[0]


def test_the_server_is_named_with_its_version(healthy: Subject) -> None:
    found: Finding = examine(SERVER, healthy)
    assert found.words == f"ClearML 2.3.0 (API 2.34) at {healthy.api_host}"


def _say(status: int) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.end_headers()

    return answer
