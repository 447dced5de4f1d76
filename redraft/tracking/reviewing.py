"""What the page needs of ClearML for reviews, kept in one place per process; no page waits for the server.

    service = ReviewService("redraft", folder, settings)
    seat = service.seat(task_id, reviewer="Ann", session="a1b2")      seat.rate(answer_id, Opinion(score=4))
    service.overview()                                               the open reviews, and how far everybody is

It holds nothing that would be missed: two of them may serve the same project, and each may end at any moment.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from redraft.errors import RedraftError, ReviewClosed, ServerError
from redraft.learning.history import History, make_history
from redraft.settings import ReviewSettings
from redraft.tracking.closing import Closed
from redraft.tracking.extending import more_to_rate
from redraft.tracking.inbox import OpenReview, open_reviews, put_files, writer_key
from redraft.tracking.journal import Left, abandoned
from redraft.tracking.late import files_of, record_late
from redraft.tracking.overview import ReviewOverview, overview_of
from redraft.tracking.reviewed_runs import ReviewedRuns
from redraft.tracking.seat import Seat
from redraft.tracking.sending import Sender
from redraft.tracking.server import answers
from redraft.tracking.settling import close_and_go_on, settle
from redraft.tracking.spending import ratings_left
from redraft.tracking.watching import Contents, Watch, people_of, read_contents

log = logging.getLogger("redraft")

FRESH_S = 2.0
CARE_S = 10.0


class ReviewService:
    """See the module.

    Args:
        project: ClearML project.
        folder: This machine's state.
        settings: When people are away, and when a complete review closes.
        history: Everything so far, for people who rate an answer again; asked for when a review is opened.
        clock: The time, in Unix seconds.
    """

    def __init__(
        self,
        project: str,
        folder: Path,
        settings: ReviewSettings,
        *,
        history: Callable[[], History] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.project, self.folder, self.settings = project, folder, settings
        self._history, self._clock = history, clock
        self._lock = threading.Lock()  # of the seats; the others are held while the server is asked
        self._asking, self._opening = threading.Lock(), threading.Lock()
        self._watches: dict[str, Watch] = {}
        self._seats: dict[tuple[str, str], Seat] = {}
        self._refreshing: set[str] = set()
        self._reviewed = ReviewedRuns()
        self._open: tuple[OpenReview, ...] = ()
        self._looked = 0.0
        self.away = ""  # why the server could not be asked
        self.sender = Sender()
        self._ended = threading.Event()
        self._carer: threading.Thread | None = None

    def start(self) -> None:
        """Begin to care in a thread of its own: to send what was left, to close what is complete."""
        self._carer = threading.Thread(target=self._care_on, name="care", daemon=True)
        self._carer.start()

    def stop(self) -> None:
        """Finish what is on its way; what could not be sent stays in the journal."""
        self._ended.set()
        self.sender.stop()
        if self._carer is not None:
            self._carer.join(timeout=CARE_S)
        with self._lock:
            for seat in self._seats.values():
                seat.close()
            self._seats.clear()

    def reviews(self, *, max_age_s: float = FRESH_S) -> tuple[OpenReview, ...]:
        """The open reviews, oldest first; what is known when the server is away (then `away` says why)."""
        with self._asking:
            if self._clock() - self._looked > max_age_s:
                try:
                    self._open, self.away = tuple(open_reviews(self.project)), ""
                except ServerError as error:
                    self.away = error.message
                self._looked = self._clock()
            return self._open

    def watch(self, task_id: str) -> Watch:
        """The watch of a review; its contents are read once.

        Raises:
            ReviewClosed: It is not open.
        """
        if found := self._watches.get(task_id):
            return found
        with self._opening:
            if found := self._watches.get(task_id):
                return found
            review = next((review for review in self.reviews(max_age_s=0) if review.task_id == task_id), None)
            if review is None:
                raise ReviewClosed("this review is not open", remedy="see the list of reviews")
            made = Watch(self._with_earlier(read_contents(review)), self._clock)
            made.look()
            self._watches[task_id] = made
            return made

    def seat(self, task_id: str, reviewer: str, session: str) -> Seat:
        """A person's place at a review; the same for the same browser session."""
        watch = self.watch(task_id)
        key = (task_id, writer_key(reviewer, session))
        with self._lock:
            if key not in self._seats:
                self._seats[key] = Seat(
                    watch, self.folder, reviewer, session, submit=self.sender.submit, clock=self._clock
                )
            return self._seats[key]

    def overview(self, task_id: str, *, max_age_s: float = FRESH_S) -> ReviewOverview:
        """An open review at a glance."""
        watch = self.watch(task_id)
        look = watch.look(max_age_s=max_age_s)
        return overview_of(watch.contents, look, away_s=60 * self.settings.away_minutes, now=self._clock())

    def extend(self, seat: Seat, n: int) -> int:
        """Give somebody who has time left at most `n` more answers, as the run's budget allows; how many there were."""
        history = self._history() if self._history is not None else make_history([])
        look = seat.look()
        people = people_of(look, away_s=60 * self.settings.away_minutes, now=self._clock())
        contents = seat.watch.contents
        if contents.review.pipeline_id is not None:
            left = ratings_left(contents.review.pipeline_id, self.project, len(contents.plan) + len(look.added))
            n = n if left is None else min(n, left)
        items = more_to_rate(contents, look, history, people, seat.reviewer, n) if n else ()
        seat.extend(items)
        return len(items)

    def refresh(self, watch: Watch) -> None:
        """Look again in the background if the last look is old."""
        task_id = watch.contents.review.task_id
        with self._lock:
            if self._clock() - watch.last.when <= FRESH_S or task_id in self._refreshing:
                return
            self._refreshing.add(task_id)  # looks that wait for a server that is away must not keep words from it
        self.sender.run(lambda: self._refresh(watch, task_id))

    def close(self, task_id: str, *, owner: str, rejected: str = "") -> Closed:
        """Close a review for a lead, or reject the whole iteration with a reason.

        Raises:
            ReviewClosed: It is closed already, or somebody else is at it.
        """
        review = self.watch(task_id).contents.review
        closed = close_and_go_on(review, owner=owner, rejected=rejected)
        self.reviews(max_age_s=0)
        return closed

    def care(self) -> None:
        """Send what pages that died have left, close what is complete, see to its run, forget what is closed; once."""
        for left in abandoned(self.folder):
            try:
                self._hand_in(left)
            except RedraftError as error:  # it stays on the disk; others may get through
                log.warning("%s: %s", left.path, error)
        for review in self.reviews(max_age_s=0):
            watch = self.watch(review.task_id)
            settle(watch.contents, watch.look(), settle_s=self.settings.settle_s, now=self._clock())
        known = {review.task_id for review in self.reviews()}
        with self._lock:
            for key, seat in list(self._seats.items()):
                if key[0] not in known and not seat.state.waiting:
                    seat.close()
                    del self._seats[key]
            ended = set(self._watches) - known - {key[0] for key in self._seats}
            gone = [self._watches.pop(task_id) for task_id in ended]
        self._reviewed.look(watch.contents.review.pipeline_id for watch in gone)

    def _refresh(self, watch: Watch, task_id: str) -> None:
        try:
            watch.look(max_age_s=FRESH_S)
        finally:
            with self._lock:
                self._refreshing.discard(task_id)

    def _with_earlier(self, contents: Contents) -> Contents:
        anchors = {item.answer_id for item in contents.plan if item.role == "anchor"}
        if self._history is None or not anchors:
            return contents
        earlier = tuple(rating for rating in self._history().ratings if rating.answer_id in anchors)
        return dataclasses.replace(contents, earlier=earlier)

    def _hand_in(self, left: Left) -> None:
        """Send what a page that died has left, as a writer of its own: the dead one's file is not touched."""
        try:
            if not answers():
                return
            put_files(left.review, writer_key(left.reviewer, f"left {left.path.stem}"), files_of(left.said))
        except ReviewClosed:
            record_late(left.review, left.reviewer, left.said)
        left.path.unlink()

    def _care_on(self) -> None:
        while not self._ended.is_set():
            try:
                self.care()
            except RedraftError as error:
                log.warning("%s", error)
            except Exception:  # a thread that ends silently would leave reviews open
                log.exception("caring for reviews failed; it is tried again")
            self._ended.wait(CARE_S)
