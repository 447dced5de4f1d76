"""One person's place at one review, in one browser session: what they say is kept at once and sent in the background.

    said -> journal (on the disk) -> the writer's file on the waiting task -> still open? -> saved

Everything of this writer is sent whole each time, so that what was said while a file was on its way goes with the next
one. Once the review is closed or stopped, what it did not take is recorded as an event of its own: it counts from the
next iteration on.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from redraft.errors import InputError, RedraftError, ReviewClosed
from redraft.records import Flag, Overall, PlanItem, Presence, Rating, content_id
from redraft.tracking.inbox import OpenReview, check_ratings, put_files, writer_key
from redraft.tracking.journal import Journal, Said
from redraft.tracking.late import CANCELLED, CLOSED, files_of, record_late, was_cancelled
from redraft.tracking.opinion import Opinion, SaveState, checked_comment
from redraft.tracking.server import answers
from redraft.tracking.watching import Look, Watch, with_said


class Seat:
    """See the module; used by the page's script runs and by the thread that sends.

    Args:
        watch: Of the review.
        folder: This machine's state, for the journal.
        reviewer: The person's name.
        session: What tells this browser session from the person's others.
        submit: Asks for `send` to be called soon.
        clock: The time, in Unix seconds.
    """

    def __init__(
        self,
        watch: Watch,
        folder: Path,
        reviewer: str,
        session: str,
        *,
        submit: Callable[[Seat], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.watch, self.reviewer = watch, reviewer
        self.writer = writer_key(reviewer, session)
        self.journal = Journal(folder, self.review, self.writer, reviewer)
        self._submit, self._clock = submit, clock
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._said: list[Said] = []
        self._confirmed = 0
        self._taken = 0  # of what was said, how much the review holds; the rest of the confirmed came too late for it
        self._state = SaveState(saved=0, waiting=0)

    @property
    def review(self) -> OpenReview:
        """The review."""
        return self.watch.contents.review

    def arrive(self) -> None:
        """Take part, unless this person does already."""
        mine = [presence for presence in self.look().presences if presence.reviewer == self.reviewer]
        if not mine or mine[-1].left is not None:
            self._presence(came=mine[-1].came if mine else self._clock())

    def rate(self, answer_id: str, opinion: Opinion) -> Rating:
        """Rate an answer, or change an earlier rating.

        Raises:
            InputError: A wrong score, an answer of another review, or a comment that is too long.
        """
        key, now = self.review.review_key, self._clock()
        earlier = self.look().last_ratings(self.reviewer).get((self.reviewer, answer_id))
        rating = Rating(
            id=content_id("rt", key, answer_id, self.writer, now),
            review_key=key,
            answer_id=answer_id,
            reviewer=self.reviewer,
            score=opinion.score,
            comment=checked_comment(opinion.comment),
            tags=opinion.tags,
            position=opinion.position,
            seconds=opinion.seconds,
            created=now,
            supersedes=earlier.id if earlier else None,
            rubric=opinion.rubric,
        )
        check_ratings([rating], {item.answer_id for item in self.watch.contents.plan})
        self._say(rating)
        return rating

    def rate_whole(self, letter: str, score: int, comment: str = "") -> None:
        """Rate a letter as a whole."""
        if letter not in self.watch.contents.letters or not 1 <= score <= 5:
            raise InputError(f"overall score of letter {letter!r}: must be 1 to 5 of a letter of this review")
        key = self.review.review_key
        self._say(
            Overall(
                review_key=key,
                letter=letter,
                reviewer=self.reviewer,
                score=score,
                comment=checked_comment(comment),
                created=self._clock(),
            )
        )

    def flag(self, question_id: str, comment: str = "", *, withdrawn: bool = False) -> None:
        """Say that a question is a bad one, or take that back."""
        self._say(
            Flag(
                review_key=self.review.review_key,
                question_id=question_id,
                reviewer=self.reviewer,
                comment=checked_comment(comment),
                withdrawn=withdrawn,
                created=self._clock(),
            )
        )

    def finish(self) -> None:
        """Say that this person has said all: the prompts may be shown to them, and what is left is shared out."""
        self._presence(left=self._clock(), finished=True)

    def extend(self, items: Sequence[PlanItem]) -> None:
        """Take on more than was planned; it is waited for like the plan."""
        for item in items:
            self._say(item)

    def look(self) -> Look:
        """What was handed in by everybody, with what this person said since: here, in another tab, before a reload."""
        return with_said(self.watch.last, self.watch.said.get(self.reviewer, ()))

    @property
    def state(self) -> SaveState:
        """What became of what was said here."""
        with self._lock:
            saved = sum(isinstance(said, Rating) for said in self._said[: self._confirmed])
            waiting = sum(isinstance(said, Rating) for said in self._said[self._confirmed :])
            return dataclasses.replace(self._state, saved=saved, waiting=waiting)

    @property
    def confirmed(self) -> frozenset[str]:
        """Ids of the ratings that the review holds; those that came too late for it are not among them."""
        with self._lock:
            return frozenset(said.id for said in self._said[: self._taken] if isinstance(said, Rating))

    def send(self) -> bool:
        """Send what is not confirmed yet; whether all is settled (saved, or recorded elsewhere).

        Called from one thread at a time; a second call meanwhile waits for the first.
        """
        with self._sending:
            with self._lock:
                said, confirmed = tuple(self._said), self._confirmed
            if confirmed == len(said):
                return True
            try:
                if not answers():
                    self._note(trouble="the server cannot be reached; what you say is kept here and sent later")
                    return False
                put_files(self.review, self.writer, files_of(said, confirmed))
            except ReviewClosed:
                return self._record_late(said, confirmed)
            except RedraftError as error:
                self._note(trouble=str(error))
                return False
            return self._confirm(len(said))

    def close(self) -> None:
        """Give the journal up; what is in it is sent by whoever finds it."""
        with self._lock:
            self.journal.close()

    def _presence(self, *, came: float | None = None, left: float | None = None, finished: bool = False) -> None:
        mine = [presence for presence in self.look().presences if presence.reviewer == self.reviewer]
        arrived = came if came is not None else mine[-1].came if mine else self._clock()
        done = finished or (bool(mine) and mine[-1].finished)
        self._say(
            Presence(
                review_key=self.review.review_key,
                reviewer=self.reviewer,
                came=arrived,
                left=left,
                finished=done,
                created=self._clock(),
            )
        )

    def _say(self, said: Said) -> None:
        with self._lock:
            self.journal.add(said)
            self._said.append(said)
            self.watch.said.setdefault(self.reviewer, []).append(said)
        self._submit(self)

    def _note(self, *, trouble: str) -> None:
        with self._lock:
            self._state = dataclasses.replace(self._state, trouble=trouble)

    def _confirm(self, n: int, *, closed: str = "") -> bool:
        with self._lock:
            self._confirmed = n
            self._taken = self._taken if closed else n
            self._state = dataclasses.replace(self._state, trouble="", closed=closed)
            everything = n == len(self._said)
            if everything:
                self.journal.confirm()
        return everything

    def _record_late(self, said: tuple[Said, ...], confirmed: int) -> bool:
        try:
            words = record_late(self.review, self.reviewer, said[confirmed:])
            words = words or (CANCELLED if was_cancelled(self.review.task_id) else CLOSED)
        except RedraftError as error:
            self._note(trouble=str(error))
            return False
        return self._confirm(len(said), closed=words)
