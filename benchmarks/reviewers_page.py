"""The page process of `reviewers.py`: one `ReviewService`, and a thread a reviewer that does what the page does.

Started by `reviewers.py`. It appends a line a click (once `Seat.rate` returned: the rating is on the disk) and a line
an acknowledgement to its log, and takes orders on its standard input: `close`, `hush`, `end`.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from page_log import POLL_S, Log, log_acknowledged

from redraft.config import load_config
from redraft.errors import RedraftError
from redraft.review_app.review.course import course_of
from redraft.tracking.opinion import Opinion
from redraft.tracking.reviewing import ReviewService
from redraft.tracking.seat import Seat
from redraft.tracking.server import fail_soon

CHANGE, FLAG = 0.15, 0.03  # how often somebody changes an earlier rating, calls a question bad
WORDS = "It names the setting but not the file that it is in. "


class Room:
    """Everybody who rates in this process."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.log = options, Log(options.log)
        self.settings = load_config().review
        self.service = ReviewService(options.project, options.folder, self.settings)
        fail_soon()  # as the page does
        self.service.start()
        self.hushed, self.seats = threading.Event(), {}
        self._people = [
            threading.Thread(target=self._rate_on, args=(number,), daemon=True) for number in range(options.reviewers)
        ]
        for thread in self._people:
            thread.start()
        log_acknowledged(self.seats, self.log)

    def close(self) -> None:
        """Close the review, as a lead does."""
        begun = time.time()
        self.log.add(what="closing", at=begun)
        closed = self.service.close(self.options.task, owner="lead")
        self.log.add(what="closed", at=time.time(), ratings=len(closed.ratings), seconds=time.time() - begun)

    def hush(self) -> None:
        """Let everybody stop clicking, and wait until nothing is on its way."""
        self.hushed.set()
        for thread in self._people:
            thread.join()
        while any(seat.state.waiting for seat in self.seats.values()):
            time.sleep(POLL_S)
        time.sleep(5 * POLL_S)  # what was acknowledged last is written down

    def _rate_on(self, number: int) -> None:
        name, chance = f"Reviewer {number}", random.Random(f"{self.options.seed} {self.options.session} {number}")
        seat = self._sit_down(name)
        seat.arrive()
        while not self.hushed.wait(chance.uniform(*self.options.think)):
            self._click(seat, chance)

    def _sit_down(self, name: str) -> Seat:
        while True:
            try:
                seat = self.service.seat(self.options.task, name, self.options.session)
            except RedraftError as error:
                self.log.add(what="refused", at=time.time(), why=str(error))
                time.sleep(0.5)
            else:
                self.seats[name] = seat
                return seat

    def _click(self, seat: Seat, chance: random.Random) -> None:
        begun = time.perf_counter()
        self.service.refresh(seat.watch)
        contents, away_s = seat.watch.contents, 60 * self.settings.away_minutes
        course = course_of(contents, seat.look(), seat.reviewer, skipped=(), away_s=away_s, now=time.time())
        course_s = time.perf_counter() - begun
        answer_id = course.todo[0].answer_id if course.todo else None
        if course.rated and (answer_id is None or chance.random() < CHANGE):
            answer_id = chance.choice(sorted(course.rated))
        if answer_id is None:
            return
        at, begun = time.time(), time.perf_counter()
        if answer_id not in course.rated and chance.random() < FLAG:
            seat.flag(contents.answers[answer_id].question_id, WORDS)
            return
        score = chance.randint(1, 5)
        rating = seat.rate(answer_id, Opinion(score=score, comment=WORDS if score < 4 else "", seconds=1.0))
        self.log.add(
            what="clicked", at=at, id=rating.id, answer=answer_id, reviewer=seat.reviewer, course_s=course_s,
            rate_s=time.perf_counter() - begun,
        )  # fmt: skip


def main() -> None:
    """Let people rate until the process is told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--task", required=True)
    parser.add_argument("--session", required=True)
    parser.add_argument("--reviewers", type=int, required=True)
    parser.add_argument("--think", type=float, nargs=2, required=True)
    parser.add_argument("--seed", type=int, required=True)
    logging.getLogger("clearml").setLevel(logging.CRITICAL)
    room = Room(parser.parse_args())
    print("ready", flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "end":
            break
        {"close": room.close, "hush": room.hush}[word]()
        print(f"{word} done", flush=True)
    room.service.stop()


if __name__ == "__main__":
    main()
