"""One step's work on several agents. The other agents are played by the tests, between two looks of the step."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from clearml import Task

from redraft.answering.answer import AnswerTask
from redraft.call_log import CallLog
from redraft.config import load_config, section_text
from redraft.errors import RunError
from redraft.llm.budget import NOT_MADE, Budget, Limit
from redraft.llm.kept import vector_key, vector_text
from redraft.records import (
    Answer,
    KeptReply,
    LlmCall,
    Question,
    Variant,
    answer_id,
    content_id,
    make_prompt,
    make_variant,
)
from redraft.tracking import shard as shard_module
from redraft.tracking import shards as shards_module
from redraft.tracking.artifacts import put_records
from redraft.tracking.endings import WATCHDOG
from redraft.tracking.kept_replies import KeptReplies
from redraft.tracking.queues import ensure_queues, queue_id
from redraft.tracking.server import call, find_tasks
from redraft.tracking.shard import TAKEN_BACK, end_with_step, shard_count, shard_key
from redraft.tracking.shards import SHARD_TAG, Shards
from redraft.tracking.shared_answers import SHARE, answer_in_shards, answer_share, part_of
from redraft.tracking.shared_vectors import embed_in_shards
from redraft.tracking.step import Step

QUEUE = "redraft-steps"
CALL = LlmCall(step="answer_questions", kind="answer", model="m", messages=(), reply="Yes.", tokens_in=5, cost_usd=0.5)
PROMPTS = make_prompt("answer", "Answer."), make_prompt("extract", "Copy out.")


@pytest.fixture(autouse=True)
def _queues(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_queues()
    monkeypatch.setattr(shards_module, "POLL_S", 0.01)
    while call("queues.get_next_task", queue=queue_id(QUEUE)).get("entry"):
        pass  # left by another test


@pytest.fixture
def step(project: str) -> Step:
    return begin(project)


def begin(project: str, **args: str) -> Step:
    """A step at work, as an agent runs it."""
    pipeline = Task.create(project_name=project, task_name="run", task_type="controller")
    task = Task.create(project_name=project, task_name="answer_questions", task_type="inference")
    task.set_parameters({"Args/kind": "answer_questions", "Out/review_key": "r-1", "Spent/tokens": "9"})
    call("tasks.edit", task=task.id, parent=pipeline.id, runtime={"pipeline_job_hash": "of the step"})
    call("tasks.started", task=task.id)
    sections = {"answer": load_config().answer}
    named = {"project": project, "pipeline_task": pipeline.id, "shard": "", **args}
    return Step(task=Task.get_task(task_id=task.id), name="answer_questions", args=named, sections=sections)


def shard_tasks(project: str) -> dict[str, dict[str, Any]]:
    """The shards of a project by their names' ends: `2 of 4`."""
    fields = ["name", "status", "hyperparams", "runtime", "parent", "tags"]
    ids = [item["id"] for item in call("projects.get_all", name=f"^{project}$", only_fields=["id"])["projects"]]
    found = find_tasks(project=ids, tags=[SHARD_TAG], only_fields=fields)
    return {task["name"].partition("shard ")[2]: task for task in found}


def take_one() -> str:
    """Be another agent: take what the queue gives, and begin it."""
    task = str(call("queues.get_next_task", queue=queue_id(QUEUE))["entry"]["task"])
    call("tasks.started", task=task, force=True)
    return task


def complete(task: str, answers: Sequence[Answer] = (), calls: Sequence[LlmCall] = ()) -> None:
    put_records(task, SHARE, Answer, answers)
    put_records(task, "calls", LlmCall, calls)
    call("tasks.completed", task=task)


def work_alone(step: Step, count: int) -> list[int]:
    with Shards(step, CallLog(shares=count), count) as shards:
        return list(shards.own())


def killed_while_another_works(step: Step, ends: Callable[[str], None] = lambda _task: None) -> str:
    """An error in a step of 3 shards whose second another agent has taken; that shard's task."""
    taken = []
    with contextlib.suppress(ZeroDivisionError), Shards(step, CallLog(shares=3), 3) as shards:
        next(shards.own())
        taken.append(take_one())
        ends(taken[0])
        raise ZeroDivisionError
    return taken[0]


def statuses(project: str) -> dict[str, str]:
    return {name: task["status"] for name, task in shard_tasks(project).items()}


def test_with_one_agent_the_step_does_all_of_the_work_itself(project: str, step: Step) -> None:
    started = time.monotonic()
    assert work_alone(step, 4) == [1, 4, 3, 2]
    assert time.monotonic() - started < 10
    assert set(statuses(project).values()) == {"stopped"}
    assert all(TAKEN_BACK in task["hyperparams"]["properties"] for task in shard_tasks(project).values())


def test_a_shard_is_the_steps_twin_without_its_results(project: str, step: Step) -> None:
    with Shards(step, CallLog(shares=2), 2) as shards:
        next(own := shards.own())
        shard = shard_tasks(project)["2 of 2"]
        assert set(shard["hyperparams"]) == {"Args"}
        assert shard["hyperparams"]["Args"]["kind"]["value"] == "answer_questions"
        assert shard["hyperparams"]["Args"]["shard"]["value"] == "2 of 2"
        assert not shard.get("runtime")
        assert shard["parent"] == step.pipeline_id
        assert list(own) == [2]


def test_what_others_complete_is_not_done_again_and_their_calls_join_the_log(step: Step) -> None:
    calls = CallLog(shares=3)
    with Shards(step, calls, 3) as shards:
        own = shards.own()
        next(own)
        done = take_one()
        complete(done, calls=[CALL, CALL])
        assert list(own) == [3]
    assert shards.completed == [done]
    assert (calls.n_calls, calls.shares) == (2, 1)


AGENT_ENDED = {"status_reason": "user abort", "status_message": "Changed by clearml-agent m:0"}


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("failed", {"status_message": "worker execution exit code -9"}),
        ("failed", {"status_message": "worker execution exit code 1"}),
        ("stopped", {"status_message": WATCHDOG}),
        ("stopped", AGENT_ENDED),
    ],
)
def test_a_shard_that_fails_or_is_killed_is_repeated_alone(
    project: str, step: Step, action: str, said: dict[str, str]
) -> None:
    with Shards(step, CallLog(shares=3), 3) as shards:
        own = shards.own()
        next(own)
        killed, other = take_one(), take_one()
        call(f"tasks.{action}", task=killed, **said)
        complete(other)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shards_module, "remove_from_queue", lambda _queue, _task: False)
            again = _next_in_thread(own, until=lambda: statuses(project)["2 of 3"] == "queued")
            assert take_one() == killed
            complete(killed)
            assert again() is None
    assert sorted(shards.completed) == sorted([killed, other])
    assert len(shard_tasks(project)) == 2


def test_a_shard_that_a_person_stops_ends_the_step_and_all_other_shards(project: str, step: Step) -> None:
    """Somebody aborts the run: nothing of it is put on a queue again."""
    with Shards(step, CallLog(shares=3), 3) as shards:
        own = shards.own()
        next(own)
        call("tasks.stopped", task=take_one(), status_message="by Ann")
        with pytest.raises(RunError, match=r"shard 2 of 3 \(.*\) was stopped: by Ann"):
            list(own)
    assert statuses(project) == {"2 of 3": "stopped", "3 of 3": "stopped"}
    assert not call("queues.get_next_task", queue=queue_id(QUEUE)).get("entry")


def test_a_shard_that_fails_again_and_again_fails_the_step_by_name(
    project: str, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shards_module.remove_from_queue

    def another_is_faster_and_fails(queue: str, task: str) -> bool:
        remove(queue, task)
        call("tasks.started", task=task, force=True)
        call("tasks.failed", task=task, status_message="the endpoint refuses the key", force=True)
        return False

    monkeypatch.setattr(shards_module, "remove_from_queue", another_is_faster_and_fails)
    with pytest.raises(RunError, match=r"shard 2 of 2 .* 3 attempts.*the key"):
        work_alone(step, 2)
    assert statuses(project) == {"2 of 2": "stopped"}


def test_a_shard_that_nobody_hears_of_is_repeated(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards_module, "SILENT_S", -5.0)
    with Shards(step, CallLog(shares=2), 2) as shards:
        own = shards.own()
        next(own)
        take_one()  # and its machine is gone
        assert next(own) == 2


def test_a_shard_that_was_taken_but_never_begun_is_taken_back(
    project: str, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards_module, "PENDING_S", 0.05)
    with Shards(step, CallLog(shares=2), 2) as shards:
        own = shards.own()
        next(own)
        assert call("queues.get_next_task", queue=queue_id(QUEUE))["entry"]  # a pod that waits for a machine
        assert next(own) == 2
    assert TAKEN_BACK in shard_tasks(project)["2 of 2"]["hyperparams"]["properties"]


def test_an_error_of_the_step_leaves_no_shard_behind(project: str, step: Step) -> None:
    taken = killed_while_another_works(step)
    assert taken in [task["id"] for task in shard_tasks(project).values()]
    assert set(statuses(project).values()) == {"stopped"}
    assert not call("queues.get_next_task", queue=queue_id(QUEUE)).get("entry")


def test_the_next_attempt_takes_the_shards_that_were_completed(project: str, step: Step) -> None:
    done = killed_while_another_works(step, complete)
    same = begin(project, pipeline_task=step.pipeline_id)
    other = begin(project, seed="2")
    with Shards(same, CallLog(shares=3), 3) as shards:
        assert (shards.completed, list(shards.own())) == ([done], [1, 3])
    assert work_alone(other, 3) == [1, 3, 2]


def test_a_step_that_is_launched_again_goes_on_with_its_shards_that_are_under_way(project: str, step: Step) -> None:
    Shards(step, CallLog(shares=3), 3).__enter__()  # and is killed
    taken = take_one()
    with Shards(step, CallLog(shares=3), 3) as shards:
        own = shards.own()
        next(own)
        complete(taken)
        assert list(own) == [3]
    assert shards.completed == [taken]
    assert len(shard_tasks(project)) == 2


def test_the_number_of_shards_is_in_no_key(step: Step) -> None:
    one, four = load_config(), load_config(None, {"scale.answer_shards": 4, "scale.embed_shards": 4})
    for name in ("index", "answer", "retrieval", "plan", "write"):
        assert section_text(getattr(one, name)) == section_text(getattr(four, name))
    shard = replace(step, args={**step.args, "shard": "2 of 4", "shard_of": "x", "shard_key": "y"})
    assert shard_key(shard) == shard_key(step)


def test_a_step_by_hand_and_one_without_the_setting_work_alone(step: Step) -> None:
    scale = load_config(None, {"scale.answer_shards": 4}).scale
    assert shard_count(step, load_config().scale) == 1
    assert shard_count(step, scale) == 4
    assert shard_count(replace(step, task=SimpleNamespace(id="x", parent=None)), scale) == 1
    few = replace(step, sections={"answer": replace(load_config().answer, max_concurrency=2)})
    assert shard_count(few, scale) == 2  # each has at least one call in flight


def test_a_shard_makes_no_further_call_when_its_step_has_ended(
    project: str, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_module, "LOOK_S", 0.02)
    own = begin(project, shard="2 of 4", shard_of=step.id)
    calls = CallLog(shares=4)
    over = end_with_step(own, calls)
    assert calls.refusal() is None
    call("tasks.failed", task=step.id, status_message="worker execution exit code -9")
    deadline = time.monotonic() + 10
    while calls.refusal() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    over()
    assert calls.refusal() == f"{NOT_MADE}: the step {step.id} is failed"


def test_each_of_four_shards_may_spend_a_quarter_of_what_is_left() -> None:
    budget = Budget([Limit(key="budget.run_tokens", unit="tokens", most=100, before=20)], shares=4)
    budget.add(replace(CALL, tokens_in=19))
    assert budget.refusal() is None
    budget.add(replace(CALL, tokens_in=1))
    assert budget.refusal() is not None
    budget.join([replace(CALL, tokens_in=50)])  # of the other three
    assert (budget.refusal(), budget.refused) == (None, 0)
    budget.add(replace(CALL, tokens_in=10))
    assert budget.refusal() is not None


# --- answers ---------------------------------------------------------------------------------------------------------


def variant(text: str) -> Variant:
    return make_variant(
        answer_prompt_id=text, extract_prompt_id="e", chat_model="m", endpoint="e", sampling="{}", retrieval="{}",
        embedder="e m",
    )  # fmt: skip


def batch(n_questions: int = 10) -> list[AnswerTask]:
    answer, extract = PROMPTS
    questions = [Question(id=content_id("q", n), text=f"Question {n}?") for n in range(n_questions)]
    variants = (variant("new"), variant("current"))
    return [
        AnswerTask(question=q, variant=v, answer_prompt=answer, extract_prompt=extract)
        for q in questions
        for v in variants
    ]


class Bot:
    """Answers at once, and remembers what it was asked."""

    run_id, dataset_id, index = "run-1", "dataset-1", SimpleNamespace(id="i-1")

    def __init__(self, failing: str | None = None) -> None:
        self.asked: list[AnswerTask] = []
        self._failing = failing

    def answer_all(self, tasks: Sequence[AnswerTask]) -> list[Answer]:
        """Answer a batch."""
        self.asked += tasks
        return [self._answer(task) for task in tasks]

    def _answer(self, task: AnswerTask) -> Answer:
        name = answer_id(task.variant.id, task.question.id, "i-1", task.sample)
        text = f"{task.variant.id} on {task.question.text}"
        return Answer(
            id=name, run_id=self.run_id, variant_id=task.variant.id, question_id=task.question.id,
            dataset_id=self.dataset_id, index_id="i-1", sample=0, text=None if self._failing else text,
            error=self._failing,
        )  # fmt: skip


def test_shards_divide_the_questions_and_each_has_all_answers_to_its_own() -> None:
    parts = [part_of(batch(), number, 4) for number in (1, 2, 3, 4)]
    assert sorted(pair for part in parts for pair in ids(part)) == sorted(ids(batch()))
    assert [len(part) for part in parts] == [6, 6, 4, 4]
    questions = [{task.question.id for task in part} for part in parts]
    assert sum(map(len, questions)) == 10


def ids(tasks: Sequence[AnswerTask]) -> list[tuple[str, str]]:
    return [(task.variant.id, task.question.id) for task in tasks]


@pytest.mark.parametrize("theirs", [None, "timed out"])
def test_four_shards_give_the_same_answers_as_one(step: Step, theirs: str | None) -> None:
    alone = Bot().answer_all(batch())
    bot, calls = _WithAnother(theirs), CallLog(shares=4)
    answers = answer_in_shards(step, bot, calls, batch())  # type: ignore[arg-type]
    assert answers == alone
    done_by_another = [] if theirs else part_of(batch(), 2, 4)
    assert len(bot.asked) == len(batch()) - len(done_by_another)
    assert calls.n_calls == 1


class _WithAnother(Bot):
    """A bot beside which another agent completes shard 2 while it works on shard 1."""

    def __init__(self, theirs: str | None) -> None:
        super().__init__()
        self._theirs = theirs

    def answer_all(self, tasks: Sequence[AnswerTask]) -> list[Answer]:
        if not self.asked:
            other = Bot(self._theirs)
            complete(
                take_one(), [replace(a, run_id="another") for a in other.answer_all(part_of(batch(), 2, 4))], [CALL]
            )
        return super().answer_all(tasks)


def test_a_shard_answers_its_part_and_fails_if_too_much_of_it_failed(project: str, step: Step) -> None:
    shard = begin(project, shard="2 of 4", shard_of=step.id)
    bot = Bot()
    assert answer_share(shard, bot, CallLog(shares=4), batch()) == 0  # type: ignore[arg-type]
    assert ids(bot.asked) == ids(part_of(batch(), 2, 4))
    with pytest.raises(RunError, match="6 of 6 answers failed"):
        answer_share(shard, Bot("HTTP 401"), CallLog(shares=4), batch())  # type: ignore[arg-type]


# --- vectors ---------------------------------------------------------------------------------------------------------


class Embedder:
    """Embeds a text as its length, unless it was kept; remembers what it embedded."""

    identity = "e m"

    def __init__(self, calls: CallLog) -> None:
        self.embedded: list[str] = []
        self._calls = calls

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> Any:
        """Embed texts."""
        del progress
        left = [text for text in texts if self._calls.kept(vector_key(self.identity, text)) is None]
        self.embedded += left
        return np.array([[float(len(text))] for text in texts], dtype=np.float32)


def test_vectors_of_other_agents_are_not_embedded_again(step: Step) -> None:
    texts = ["a" * (number + 1) for number in range(8)]
    calls = CallLog(shares=4, replies=KeptReplies(step.id))

    class WithAnother(Embedder):
        def embed(self, texts: Sequence[str], *, progress: str | None = None) -> Any:
            if not self.embedded:
                shard = take_one()
                kept = [(vector_key("e m", text), vector_text(np.array([len(text)]))) for text in ("aaa", "aaaa")]
                put_records(shard, "kept-x-0", KeptReply, [KeptReply(key=key, reply=reply) for key, reply in kept])
                complete(shard)
            return super().embed(texts, progress=progress)

    embedder = WithAnother(calls)
    embedded = embed_in_shards(step, embedder, calls, texts)  # type: ignore[arg-type]
    rows = embedded.embed(texts)
    assert rows.tolist() == [[float(len(text))] for text in texts]
    assert sorted(embedder.embedded) == sorted(text for text in texts if len(text) not in (3, 4))


def _next_in_thread(own: Iterator[int], until: Any) -> Any:
    """Let the step look on in a thread until something holds; returns what waits for its next share, or its end."""
    found: list[int | None] = []
    thread = threading.Thread(target=lambda: found.append(next(own, None)))
    thread.start()
    deadline = time.monotonic() + 20
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    def result() -> int | None:
        thread.join(20)
        return found[0]

    return result
