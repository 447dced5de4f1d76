"""What `reviewers.py` runs on: a stand-in server that may be killed, a review of made-up answers, a page process."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from redraft.jsonl import write_jsonl
from redraft.records import Answer, Chunk, PlanItem, Question, Rating, answer_id, content_id

KEY, SECOND_SHARE = "r-benchmark", 0.15
START_TIMEOUT_S = 60.0


class Server:
    """The ClearML stand-in on a folder and port of its own, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        """Start it; on the port that it had before."""
        command = [sys.executable, "-m", "redraft.standins.clearml_server", "--dir", str(self.folder)]
        self._process = subprocess.Popen([*command, "--exit-with-parent", str(os.getpid())], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.found.get("pid") != self._process.pid:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the stand-in did not start (status {self._process.poll()})")
            time.sleep(0.02)
            if (self.folder / "server.json").exists():
                self.found = json.loads((self.folder / "server.json").read_text(encoding="utf-8"))

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def environment(self) -> dict[str, str]:
        """Variables under which the SDK uses this server and writes nowhere else."""
        (self.folder / "home").mkdir(exist_ok=True)
        return {
            "HOME": str(self.folder / "home"),
            "CLEARML_CACHE_DIR": str(self.folder / "cache"),
            "CLEARML_CONFIG_FILE": self.found["config_file"],
            "CLEARML_API_HOST": self.found["url"],
            "CLEARML_WEB_HOST": self.found["url"],
            "CLEARML_FILES_HOST": self.found["url"],
            "CLEARML_API_ACCESS_KEY": self.found["access_key"],
            "CLEARML_API_SECRET_KEY": self.found["secret_key"],
        }


class Page:
    """The process that stands for the review page: a script, told by lines, telling by lines.

    Args:
        folder: The page's state, where its journals are.
        log: File for what people clicked, and what was acknowledged.
        arguments: More of the script.
        environ: Of the server.
        script: File beside this one.
    """

    def __init__(
        self,
        folder: Path,
        log: Path,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        script: str = "reviewers_page.py",
    ) -> None:
        self.log, self.started = log, time.time()
        path = Path(__file__).with_name(script)
        self._process = subprocess.Popen(
            [sys.executable, str(path), "--folder", str(folder), "--log", str(log), *arguments],
            env={**os.environ, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.with_suffix(".stderr").open("wb"),
            text=True,
        )
        self._told: dict[str, float] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()
        self.ready = self.wait_for("ready")

    def tell(self, word: str) -> None:
        """Give it an order: `close` the review, `hush` everybody, `end`."""
        print(word, file=self._process.stdin, flush=True)

    def wait_for(self, word: str, timeout_s: float = 120.0) -> float:
        """Wait until it has said something; when it did, Unix time in seconds."""
        with self._news:
            if not self._news.wait_for(lambda: word in self._told or "gone" in self._told, timeout_s):
                raise SystemExit(f"the page did not say {word!r} within {timeout_s:.0f} s; see {self.log}")
        if word not in self._told:
            raise SystemExit(f"the page ended: {self.log.with_suffix('.stderr').read_text()[-2000:]}")
        return self._told[word]

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Let it end."""
        self.tell("end")
        self._process.wait(60)

    def rows(self) -> list[dict[str, Any]]:
        """What people clicked and what was acknowledged, in the order in which it was."""
        lines = self.log.read_text(encoding="utf-8").split("\n") if self.log.exists() else []
        return [json.loads(line) for line in lines[:-1]]

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            with self._news:
                self._told.setdefault(line.strip(), time.time())
                self._news.notify_all()
        with self._news:
            self._told["gone"] = time.time()
            self._news.notify_all()


def made_up_answers(n: int) -> tuple[list[Question], list[Answer]]:
    """Make n answers: of two variants to each question."""
    questions = [Question(id=content_id("q", str(i)), text=f"How is part {i} set up?") for i in range((n + 1) // 2)]
    answers = [
        Answer(
            id=answer_id(variant, question.id, "i-1", 0), run_id="run", variant_id=variant, question_id=question.id,
            dataset_id="d", index_id="i-1", sample=0, chunk_ids=("c-1",), text=f"{question.text} Like this. " * 20,
        )
        for question in questions
        for variant in ("v-new", "v-current")
    ]  # fmt: skip
    return questions, answers[:n]


def made_up_plan(answers: Sequence[Answer], slots: int, seed: int) -> list[PlanItem]:
    """Deal the questions to the slots in turn, some to a second one too; positions are shuffled."""
    chance = random.Random(seed)
    of: dict[str, list[Answer]] = {}
    for answer in answers:
        of.setdefault(answer.question_id, []).append(answer)
    shares: dict[int, list[tuple[Answer, bool]]] = {slot: [] for slot in range(slots)}
    for number, pair in enumerate(of.values()):
        shares[number % slots] += [(answer, False) for answer in pair]
        if slots > 1 and chance.random() < SECOND_SHARE:
            shares[(number + 1 + chance.randrange(slots - 1)) % slots] += [(answer, True) for answer in pair]
    plan = []
    for slot, share in shares.items():
        chance.shuffle(share)
        for position, (answer, second) in enumerate(share):
            new = answer.variant_id == "v-new"
            plan.append(
                PlanItem(
                    review_key=KEY, answer_id=answer.id, letter="A" if new else "B", reviewer_slot=slot,
                    position=position, role="second" if second else "new" if new else "current",
                )
            )  # fmt: skip
    return plan


def make_review(project: str, n_answers: int, slots: int, seed: int) -> str:
    """Make a review that waits on the configured server; return its task's id."""
    from clearml import Task

    from redraft.tracking.artifacts import put_records
    from redraft.tracking.inbox import REVIEW_TAG
    from redraft.tracking.queues import default_queues, ensure_queues
    from redraft.tracking.server import call
    from redraft.tracking.step import RECORDS_TAG

    ensure_queues()
    questions, answers = made_up_answers(n_answers)
    made = Task.create(project_name=project, task_name="answer_questions", task_type="inference")
    call("tasks.started", task=made.id)
    put_records(made.id, "plan", PlanItem, made_up_plan(answers, slots, seed))
    put_records(made.id, "answers", Answer, answers)
    put_records(made.id, "questions", Question, questions)
    chunk = Chunk(id="c-1", document_path="page.md", heading_path="Page", text="Text.", ordinal=0)
    put_records(made.id, "passages", Chunk, [chunk])
    call("tasks.completed", task=made.id)
    review = Task.create(project_name=project, task_name="review", task_type="qc")
    review.set_parameters(
        {
            "Args/kind": "review", "Args/project": project, "Args/iteration": "1", "Args/answers_task": made.id,
            "Args/review_key": KEY,
        }
    )  # fmt: skip
    review.set_tags([RECORDS_TAG, REVIEW_TAG])
    Task.enqueue(review, queue_name=default_queues().review)
    return str(review.id)


def seconds_to_save(times: int) -> dict[str, float]:
    """Save one writer's file again and again, by turns as a page does and as the SDK does; medians."""
    from clearml import Task

    from redraft.tracking.inbox import open_reviews, put_files
    from redraft.tracking.server import fail_soon

    fail_soon()
    answers = made_up_answers(12)[1]
    task = make_review("peer", 12, 1, 1)
    [review] = open_reviews("peer")
    took: dict[str, list[float]] = {"redraft": [], "upload_artifact": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(times):
            ratings = [
                Rating(
                    id=f"rt-{number}-{each.id}", review_key=KEY, answer_id=each.id, reviewer="Ann", score=3,
                    created=float(number), comment="It names the setting but not the file that it is in.",
                )
                for each in answers
            ]  # fmt: skip
            begun = time.perf_counter()
            put_files(review, "w-peer", {"ratings": ratings})
            took["redraft"].append(time.perf_counter() - begun)
            begun = time.perf_counter()
            path = write_jsonl(Path(folder) / "ratings.jsonl", Rating, ratings)
            Task.get_task(task_id=task).upload_artifact("ratings-peer", path, wait_on_upload=True)
            took["upload_artifact"].append(time.perf_counter() - begun)
    medians = {f"{name}_s": statistics.median(each) for name, each in took.items()}
    return {**medians, "ratio": medians["redraft_s"] / medians["upload_artifact_s"]}
