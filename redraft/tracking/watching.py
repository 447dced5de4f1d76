"""What a review is about, read once, and what people have handed in, read again where it changed."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redraft.errors import ServerError
from redraft.jsonl import parse_jsonl
from redraft.learning.dealing import People, deal
from redraft.learning.union import AsText, latest
from redraft.records import Answer, Chunk, Flag, Overall, PlanItem, Presence, Question, Rating
from redraft.tracking.artifacts import get_file, get_records
from redraft.tracking.inbox import FILE_OF, WAITING, WRITERS_FILES, OpenReview, is_cancelled
from redraft.tracking.server import call


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a review is about; it does not change while the review is open."""

    review: OpenReview
    plan: tuple[PlanItem, ...]
    answers: Mapping[str, Answer]
    questions: Mapping[str, Question]
    passages: Mapping[str, Chunk]
    earlier: tuple[Rating, ...] = ()  # of its answers, from earlier reviews

    @property
    def question_of(self) -> dict[str, str]:
        """Question by answer."""
        return {answer.id: answer.question_id for answer in self.answers.values()}

    @property
    def letters(self) -> dict[str, str]:
        """Variant by letter; answers that are rated again from earlier reviews have a letter, too."""
        return {i.letter: self.answers[i.answer_id].variant_id for i in self.plan if i.role != "anchor"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was handed in by the time of the look."""

    status: str = "queued"
    ratings: tuple[Rating, ...] = ()  # every row, superseded ones included
    overalls: tuple[Overall, ...] = ()  # the last by (letter, reviewer)
    presences: tuple[Presence, ...] = ()  # the last by reviewer, in order of arrival
    flags: tuple[Flag, ...] = ()  # the last by (question, reviewer), without withdrawn ones
    added: tuple[PlanItem, ...] = ()  # extensions of the plan
    when: float = 0.0  # Unix time, seconds
    cancelled: bool = False  # nobody waits for the review any more: what was said in it is kept, and not merged

    def last_ratings(self, reviewer: str | None = None) -> dict[tuple[str, str], Rating]:
        """The last rating by (reviewer, answer), of one person or of all."""
        rows = sorted(self.ratings, key=lambda rating: (rating.created, rating.id))
        return {(r.reviewer, r.answer_id): r for r in rows if reviewer in (None, r.reviewer)}

    def last_heard(self) -> dict[str, float]:
        """When each person last did something, Unix time in seconds."""
        heard: dict[str, float] = {}
        rows: tuple[Any, ...] = (*self.presences, *self.ratings, *self.overalls, *self.flags)
        for row in rows:
            heard[row.reviewer] = max(row.created, heard.get(row.reviewer, 0.0))
        return heard


def read_contents(review: OpenReview) -> Contents:
    """Read what a review is about."""
    task = review.answers_task
    return Contents(
        review=review,
        plan=tuple(get_records(task, "plan", PlanItem)),
        answers={answer.id: answer for answer in get_records(task, "answers", Answer)},
        questions={question.id: question for question in get_records(task, "questions", Question)},
        passages={chunk.id: chunk for chunk in get_records(task, "passages", Chunk)},
    )


def with_said(look: Look, said: Iterable[Any]) -> Look:
    """What was handed in, with what somebody has said since and the server does not have yet."""
    rows: dict[str, list[Any]] = {
        "ratings": [*look.ratings],
        "overalls": [*look.overalls],
        "presence": [*look.presences],
        "flags": [*look.flags],
        "plan": [*look.added],
    }
    for row in tuple(said):
        rows[FILE_OF[type(row)]].append(row)
    return dataclasses.replace(make_look(look.status, rows, look.when), cancelled=look.cancelled)


def make_look(status: str, rows: Mapping[str, Iterable[Any]], when: float) -> Look:
    """Put together what writers left; the same row in two files counts once."""
    presences = latest(rows.get("presence", ()), lambda p: p.reviewer, AsText)
    first: dict[str, float] = {}
    for presence in rows.get("presence", ()):
        first[presence.reviewer] = min(presence.came, first.get(presence.reviewer, presence.came))
    flags = latest(rows.get("flags", ()), lambda f: (f.question_id, f.reviewer), AsText)
    return Look(
        status=status,
        ratings=tuple({rating.id: rating for rating in rows.get("ratings", ())}.values()),
        overalls=latest(rows.get("overalls", ()), lambda o: (o.letter, o.reviewer), AsText),
        presences=tuple(sorted(presences, key=lambda p: (first[p.reviewer], p.reviewer))),
        flags=tuple(flag for flag in flags if not flag.withdrawn),
        added=tuple(dict.fromkeys(rows.get("plan", ()))),
        when=when,
    )


def people_of(look: Look, *, away_s: float, now: float) -> People:
    """Who came, in order of arrival, and who is away: they left, or were silent for long."""
    heard = look.last_heard()
    came = [presence.reviewer for presence in look.presences]
    others = sorted(set(heard) - set(came), key=lambda name: (heard[name], name))  # spreadsheets
    left = {p.reviewer for p in look.presences if p.left is not None and p.left >= heard[p.reviewer]}
    silent = {name for name in heard if now - heard[name] > away_s}
    return People(came=(*came, *others), away=frozenset(left | silent))


def shares_of(contents: Contents, look: Look, people: People) -> dict[str, tuple[PlanItem, ...]]:
    """Who rates what, by person; see `redraft.learning.dealing`."""
    ratings = [*contents.earlier, *look.last_ratings().values()]
    return deal(contents.plan, contents.question_of, people, ratings, look.added)


def still_to_rate(contents: Contents, look: Look, items: Sequence[PlanItem], reviewer: str) -> list[PlanItem]:
    """What of a person's share they have neither rated nor called a bad question."""
    rated = {answer_id for _, answer_id in look.last_ratings(reviewer)}
    bad = {flag.question_id for flag in look.flags if flag.reviewer == reviewer}
    question_of = contents.question_of
    return [item for item in items if item.answer_id not in rated and question_of[item.answer_id] not in bad]


class Watch:
    """Looks at one review's task, for several threads; reads a writer's file again only when it changed."""

    def __init__(self, contents: Contents, clock: Callable[[], float] = time.time) -> None:
        self.contents = contents
        self._clock = clock
        self._lock = threading.Lock()
        self._files: dict[tuple[str, str], tuple[Any, ...]] = {}  # (artifact, hash) -> its records
        self.last = Look()
        self.said: dict[str, list[Any]] = {}  # in this process, by person: known before any look sees it
        self.away = ""  # why the last look failed

    @property
    def is_open(self) -> bool:
        """Whether what people say goes into the review, by the last look."""
        return self.last.status in WAITING

    def look(self, *, max_age_s: float = 0.0) -> Look:
        """Look again if the last look is older; what is known when the server is away (then `away` says why)."""
        with self._lock:
            if self.last.when and self._clock() - self.last.when <= max_age_s:
                return self.last
            try:
                self.last, self.away = self._read(), ""
            except ServerError as error:
                self.away = error.message
                if not self.last.when:
                    raise
            return self.last

    def _read(self) -> Look:
        task = call("tasks.get_by_id", task=self.contents.review.task_id)["task"]
        rows: dict[str, list[Any]] = {}
        files: dict[tuple[str, str], tuple[Any, ...]] = {}
        for item in (task.get("execution") or {}).get("artifacts") or []:
            kind, _, writer = item["key"].partition("-")
            if kind in WRITERS_FILES and writer:
                key = (item["key"], str(item.get("hash")))
                files[key] = self._files[key] if key in self._files else self._records(kind, item)
                rows.setdefault(kind, []).extend(files[key])
        self._files = files
        return dataclasses.replace(make_look(task["status"], rows, self._clock()), cancelled=is_cancelled(task))

    def _records(self, kind: str, item: Mapping[str, Any]) -> tuple[Any, ...]:
        text = get_file(item["uri"]).read_text(encoding="utf-8")
        return tuple(
            parse_jsonl(WRITERS_FILES[kind], text, name=f"{item['key']} of task {self.contents.review.task_id}")
        )
