"""A forgotten person's name is nowhere on the server any more, and nothing that rests on their ratings changes."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from clearml import Task
from clearml_stand_in import RunningServer
from interruptions import calls_of, interrupted
from judged_project import SEED, B, C, answers_of, decide, decision, judge, open_task
from review_world import Died, die_after, make_review, overall_by, ratings_by

from redraft.config import load_config
from redraft.errors import InputError
from redraft.learning.history import History
from redraft.learning.score import score_variants
from redraft.records import (
    Answer,
    Decision,
    Feedback,
    Flag,
    Import,
    PlanItem,
    Presence,
    Question,
    QuestionEdit,
    Rating,
)
from redraft.tracking.artifacts import artifact_urls, put_records
from redraft.tracking.closing import close_review
from redraft.tracking.decisions import Person, promote
from redraft.tracking.feedback import record_feedback
from redraft.tracking.forgetting import forget, plan_forgetting
from redraft.tracking.history import Event, find_sources, load_decisions, load_history, record_event
from redraft.tracking.inbox import hand_in, writer_key
from redraft.tracking.late import record_late
from redraft.tracking.old_files import in_journal
from redraft.tracking.prepare import CONFIG_OBJECT
from redraft.tracking.question_set import save_edits
from redraft.tracking.server import call, find_tasks, project_ids
from redraft.tracking.tables import report_table

CONFIG = load_config()


@pytest.fixture
def name() -> str:
    """Name a person as no other test does; with letters and signs that JSON, URLs and patterns write differently."""
    return f'Zoë "Q+A" {uuid.uuid4().hex[:8]}'


@pytest.fixture
def project_of(project: str, name: str) -> str:
    """Name a project in which this person rated, decided, asked, edited and imported, and others did too."""
    judge(project, {SEED: 2, B: 4, C: 2})
    decide(project, decision("keep", B, 1.0, current=SEED, evidence="New prompt is better; waits for your yes."))
    review = make_review(project)
    for who in (name, "Ben"):
        key = writer_key(who, "1")
        hand_in(review, key, ratings_by(who, 5, 4), [overall_by(who, 4)])
        item = PlanItem(
            review_key="r-1", answer_id=f"a-{who[:2]}", letter="A", reviewer_slot=5, position=9, role="second"
        )
        put_records(review.task_id, f"plan-{key}", PlanItem, [item])
        put_records(review.task_id, f"presence-{key}", Presence, [Presence(review_key="r-1", reviewer=who, came=1.0)])
        flag = Flag(review_key="r-1", question_id="q-1", reviewer=who, comment="Two questions.")
        put_records(review.task_id, f"flags-{key}", Flag, [flag])
    close_review(review, owner=name)
    stopped = make_review(project)
    hand_in(stopped, f"Zo_Q_A_{name[-8:]}", ratings_by(name, 3, session="2"))  # a key as earlier versions made them
    call("tasks.started", task=stopped.task_id, status_message=f"closed by {name}")
    call("tasks.stopped", task=stopped.task_id, status_message=f"stopped by {name}")
    task = Task.get_task(task_id=open_task(project, "an old iteration"))
    report_table(task, "ratings", pd.DataFrame([{"reviewer": name, "score": 4}, {"reviewer": "Ben", "score": 12}]))
    task.get_logger().flush(wait=True)
    call("tasks.completed", task=task.id)
    promote(project, Person(author=name, now=100.0, interval=0.9, settings=CONFIG.decide, reason="Support likes it."))
    record_feedback(
        project,
        Feedback(id="f-1", question="How?", answer="So.", variant_id=B.id, reviewer=name, comment="Good.", created=5.0),
    )
    added = Question(id="q-new", text="What else?")
    save_edits(project, [QuestionEdit(id="qe-1", kind="add", question=added, author=name, reason="Asked.", created=6)])
    taken = Import(
        id="im-1", source="argilla", file="a.csv", sha256="0" * 64, columns=(), n_ratings=1, author=name, created=7.0
    )
    record_event(project, Event(name="import", tag="t", summary=f"1 rating by {name}"), {"imports": [taken]})
    record_late(review, name, ratings_by(name, 1, session="late"))
    return project


def history(project: str) -> History:
    return load_history(find_sources(project))


def stored_texts(server: RunningServer, copy: Path) -> Iterator[str]:
    """Everything that the server holds: rows of its database, names and contents of its files."""
    copy.mkdir()
    for file in server.folder.glob("server.sqlite*"):
        shutil.copy(file, copy)
    connection = sqlite3.connect(copy / "server.sqlite")
    for table in ("documents", "events"):
        yield from (str(row) for row in connection.execute(f"SELECT * FROM {table}"))
    connection.close()
    for path in server.folder.rglob("*"):
        if path.is_file() and not path.name.startswith("server.sqlite"):
            yield f"{path} {path.read_bytes().decode('utf-8', 'replace')}"


def places_of(name: str, server: RunningServer, copy: Path) -> list[str]:
    """Where the server holds a name, however it is written; of keys, its last part."""
    unique = name[-8:]
    return [text[:300] for text in stored_texts(server, copy) if unique in text]


def test_the_name_is_nowhere_on_the_server(
    project_of: str, name: str, clearml_sdk: RunningServer, tmp_path: Path
) -> None:
    assert len(places_of(name, clearml_sdk, tmp_path / "before")) > 20
    forget(plan_forgetting(project_of, name, "person-1"))
    assert places_of(name, clearml_sdk, tmp_path / "after") == []


def test_copies_on_this_machine_go_but_not_those_of_pages_that_have_the_name_as_a_word(
    project: str, clearml_sdk: RunningServer
) -> None:
    name = f"Zed {uuid.uuid4().hex[:8]}"
    closed_review_of(project, name)
    copies = clearml_sdk.folder / "cache" / "storage" / "https"
    copies.mkdir(parents=True, exist_ok=True)
    for file, text in {"old": f'{{"reviewer":"{name}"}}', "page": f'{{"text":"{name} wrote this."}}'}.items():
        (copies / f"{file}-{name}.jsonl").write_text(text, encoding="utf-8")
    forget(plan_forgetting(project, name))
    assert [path.name for path in copies.glob(f"*{name}*")] == [f"page-{name}.jsonl"]


def test_everything_else_stays_as_it_was(project_of: str, name: str) -> None:
    before = history(project_of)
    forget(plan_forgetting(project_of, name, "person-1"))
    after = history(project_of)

    def renamed(records: Iterable[object]) -> list[str]:
        return [repr(record).replace(name, "person-1") for record in records]

    for kind in ("ratings", "overalls", "flags", "feedback", "question_edits", "imports", "decisions", "plan"):
        assert renamed(getattr(after, kind)) == renamed(getattr(before, kind)), kind
    assert {r.reviewer for r in after.ratings} == {"Ann", "Ben", "person-1"}
    assert after.decisions[-1].evidence.startswith("person-1 promoted it: better than the current one")
    assert [d.id for d in load_decisions(project_of)] == [d.id for d in before.decisions]


def test_no_digit_of_a_score_changes(project: str) -> None:
    judge(project, {SEED: 2, B: 4, C: 2})
    before = score_variants(history(project), current_id=SEED.id, interval=0.9)
    forget(plan_forgetting(project, "Ann", "zzz"))
    after = score_variants(history(project), current_id=SEED.id, interval=0.9)
    assert (after.scores, after.comparisons, after.alpha) == (before.scores, before.comparisons, before.alpha)
    assert [view.reviewer for view in after.reviewers] == ["Ben", "zzz"]


def test_a_look_changes_nothing_and_counts_by_kind_and_task(project_of: str, name: str) -> None:
    assert [each for each in calls_of(lambda: plan_forgetting(project_of, name)) if ".get_" not in each] == []
    found = plan_forgetting(project_of, name).found
    review = next(find_tasks(project=project_ids(project_of), tags=["redraft-review"], only_fields=[]))["id"]
    assert {(one.what, one.count) for one in found if review in one.where} == {
        ("ratings", 2),
        ("overalls", 1),
        ("presence", 1),
        ("flags", 1),
        ("texts on tasks", 1),
    }
    assert sum(one.count for one in found if one.what == "plotted tables") == 1
    assert {one.what for one in found} >= {"decisions", "feedback", "questionedits", "imports"}


def test_statuses_results_and_other_peoples_files_stay(project_of: str, name: str) -> None:
    fields = ["status", "created", "parent", "hyperparams.Args", "execution.queue", "type"]

    def seen() -> list[object]:
        return [task for task in find_tasks(project=project_ids(project_of), only_fields=fields) if task["id"] in old]

    old = {task["id"] for task in find_tasks(project=project_ids(project_of), only_fields=[])}
    before = seen()
    by_ben = {url for task in old for key, url in artifact_urls(task).items() if writer_key("Ben", "1") in key}
    forget(plan_forgetting(project_of, name, "person-1"))
    assert seen() == before
    assert by_ben <= {url for task in old for url in artifact_urls(task).values()}


def closed_review_of(project: str, name: str) -> None:
    """Make a review that this person rated, extended and closed."""
    review, key = make_review(project), writer_key(name, "1")
    hand_in(review, key, ratings_by(name, 5, 4), [overall_by(name, 4)])
    item = PlanItem(review_key="r-1", answer_id="a-1", letter="A", reviewer_slot=5, position=9, role="second")
    put_records(review.task_id, f"plan-{key}", PlanItem, [item])
    close_review(review, owner=name)


def test_wherever_it_is_interrupted_a_second_call_finishes_it(
    project: str, clearml_sdk: RunningServer, tmp_path: Path
) -> None:
    """The second call goes on with the pseudonym of the first; no rating is lost at any moment."""
    names = [f"Zed {uuid.uuid4().hex[:8]}"]
    while _dies_at(len(names) - 1, f"{project}-{len(names)}", names[-1]):
        names.append(f"Zed {uuid.uuid4().hex[:8]}")
    assert len(names) > 20
    texts = list(stored_texts(clearml_sdk, tmp_path / "after"))
    assert [name for name in names[:-1] if any(name[-8:] in text for text in texts)] == []


def _dies_at(number: int, project: str, name: str) -> bool:
    """Let a forgetting end before its call `number` to the server, and finish it; `False`: it made fewer calls."""

    def die() -> None:
        raise Died

    closed_review_of(project, name)
    plan = plan_forgetting(project, name)
    try:
        died = interrupted(lambda: forget(plan), number, die)
    except Died:
        died = True
    assert sorted(rating.score for rating in history(project).ratings) == [4, 5]
    again = plan_forgetting(project, name) if died else plan
    if died:
        assert again.record is None or again.change.pseudonym == plan.change.pseudonym
        forget(again)
    assert [(rating.reviewer, rating.score) for rating in history(project).ratings] == [
        (again.change.pseudonym, 5),
        (again.change.pseudonym, 4),
    ]
    return died


@pytest.mark.parametrize("step", ["noted", "file", "texts", "deleted"])
def test_files_that_an_interrupted_call_replaced_are_deleted_by_the_next(
    project: str, step: str, clearml_sdk: RunningServer, tmp_path: Path
) -> None:
    name = f"Zed {uuid.uuid4().hex[:8]}"
    closed_review_of(project, name)
    with pytest.raises(Died):
        forget(plan_forgetting(project, name), between=die_after(step))
    forget(plan_forgetting(project, name))
    assert places_of(name, clearml_sdk, tmp_path / "after") == []


def test_it_is_refused_while_the_persons_review_is_open_and_says_which(project: str) -> None:
    review = make_review(project, iteration=7)
    hand_in(review, writer_key("Ann", "1"), ratings_by("Ann", 5))
    before = artifact_urls(review.task_id)
    with pytest.raises(InputError, match=rf"open review of iteration 7 \(task {review.task_id}\).*Close that review"):
        forget(plan_forgetting(project, "Ann"))
    assert artifact_urls(review.task_id) == before


def test_an_open_review_of_others_does_not_matter(project: str) -> None:
    judge(project, {SEED: 2, B: 4})
    review = make_review(project)
    hand_in(review, writer_key("Cy", "1"), ratings_by("Cy", 5))
    forget(plan_forgetting(project, "Ann", "person-1"))
    assert {rating.reviewer for rating in history(project).ratings} == {"person-1", "Ben"}


def test_it_is_refused_while_a_step_is_at_work(project: str) -> None:
    judge(project, {SEED: 2, B: 4})
    step = Task.create(project_name=project, task_name="write_prompts", task_type="training")
    step.set_parameters({"Args/kind": "write_prompts"})
    call("tasks.started", task=step.id)
    with pytest.raises(InputError, match=f"the step write_prompts .task {step.id}. is at work"):
        forget(plan_forgetting(project, "Ann"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Bob", "nobody is called 'Bob'; it knows 2 people: Ann, Ben"),
        ("ann", "nobody is called 'ann'; did you mean 'Ann'?"),
        ("An n", "did you mean 'Ann'?"),
        ("redraft", "nobody is called 'redraft'"),
    ],
)
def test_a_name_that_nobody_has_is_refused_with_what_there_is(project: str, given: str, message: str) -> None:
    judge(project, {SEED: 2, B: 4})
    with pytest.raises(InputError, match=re.escape(message)):
        plan_forgetting(project, given)


@pytest.mark.parametrize("pseudonym", ["Ben", "redraft", "was Ann", "a\nb", "x" * 101])
def test_a_pseudonym_that_would_mix_people_up_or_tell_the_name_is_refused(project: str, pseudonym: str) -> None:
    judge(project, {SEED: 2, B: 4})
    with pytest.raises(InputError, match=r"pseudonym|somebody's name"):
        plan_forgetting(project, "Ann", pseudonym)


def test_spaces_around_a_name_do_not_count_and_much_alike_names_are_pointed_out(project: str) -> None:
    task = open_task(project, "judged")
    given = answers_of(SEED)[:3]
    rows = [
        Rating(id=f"rt-{who}", review_key="r-1", answer_id=answer.id, reviewer=who, score=3)
        for who, answer in zip((" Ann", "ann", "Ben"), given, strict=True)
    ]
    put_records(task, "answers", Answer, given)
    put_records(task, "ratings", Rating, rows)
    call("tasks.completed", task=task)
    plan = plan_forgetting(project, "Ann ", "person-1")
    assert plan.alike == ("ann",)
    forget(plan)
    assert {rating.reviewer for rating in history(project).ratings} == {"person-1", "ann", "Ben"}


def test_what_people_wrote_changes_only_on_demand(project: str) -> None:
    judge(project, {SEED: 2, B: 4})
    said = decision("rollback", SEED, 9.0, current=B, author="Ben", evidence="Ben rolled back. Reason: Ann's banner.")
    decide(project, said)
    plan = plan_forgetting(project, "Ann", "person-1")
    assert plan.mentions == 1
    forget(plan)
    assert history(project).decisions == (said,)
    judge(f"{project}-b", {SEED: 2, B: 4})
    decide(f"{project}-b", said)
    forget(plan_forgetting(f"{project}-b", "Ann", "person-1", words=True))
    evidence = "Ben rolled back. Reason: person-1's banner."
    assert history(f"{project}-b").decisions == (Decision(**{**_fields(said), "evidence": evidence}),)


def test_settings_of_runs_lose_the_address_of_a_lead(project: str) -> None:
    decide(project, decision("promote", B, 1.0, author="ann@example.org", evidence="ann@example.org promoted it."))
    run = Task.create(project_name=project, task_name="run 1", task_type="controller")
    text = "review:\n  leads: [ann@example.org, joann@example.org]\nseed: 1\n"
    run.set_configuration_object(CONFIG_OBJECT, config_text=text, config_type="yaml")
    call("tasks.started", task=run.id)
    call("tasks.completed", task=run.id)
    forget(plan_forgetting(project, "ann@example.org", "person-1"))
    found = Task.get_task(task_id=run.id).get_configuration_object(CONFIG_OBJECT)
    assert found == text.replace("[ann@example.org", "[person-1")


def test_pages_that_keep_the_history_by_its_sources_read_it_anew(project: str) -> None:
    judge(project, {SEED: 2, B: 4})
    before = find_sources(project)
    forget(plan_forgetting(project, "Ann"))
    assert set(before) < set(find_sources(project))


def test_the_note_that_stays_tells_the_pseudonym_and_nothing_to_find_the_name_by(project: str) -> None:
    judge(project, {SEED: 2, B: 4})
    forget(plan_forgetting(project, "Ann", "person-1"))
    (note,) = find_tasks(
        project=project_ids(project),
        tags=["redraft-forgetting"],
        only_fields=["status", "status_message", "hyperparams"],
    )
    assert (note["status"], note["status_message"]) == (
        "completed",
        "a person is person-1 from now on: ratings: 12",
    )
    assert {key: item["value"] for key, item in note["hyperparams"]["properties"].items()} == {"pseudonym": "person-1"}


def test_what_the_journal_still_holds_of_a_person_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "journal" / "task"
    folder.mkdir(parents=True)
    header = json.dumps({"task_id": "task", "reviewer": "Zoë"})
    row = json.dumps({"kind": "Rating", "schema": 2, "row": {"reviewer": "Zoë", "score": 4}})
    (folder / "w-1.jsonl").write_text(f'{header}\n{row}\n{{"kind": "Ra', encoding="utf-8")
    (folder / "w-2.jsonl").write_text(header.replace("Zo", "Cy") + "\n", encoding="utf-8")
    (folder / "w-3.jsonl").write_text("", encoding="utf-8")
    assert in_journal(tmp_path, "Zoë") == [folder / "w-1.jsonl"]


def _fields(record: Decision) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}
