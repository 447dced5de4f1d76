"""The page process of `kills.py`: what `redraft review` does for reviews, and two people who rate when they are told.

It takes orders on its standard input, a line each: `rate TASK N` (both rate up to N answers more), `finish TASK`
(they rate what is left and say that they have finished: the page closes the review by itself). What they clicked and
what the page called saved is a line each of its log.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from page_log import Log, log_acknowledged

from redraft.config import load_config
from redraft.errors import RedraftError
from redraft.review_app.review.course import course_of
from redraft.tracking.opinion import Opinion
from redraft.tracking.reviewing import ReviewService
from redraft.tracking.seat import Seat
from redraft.tracking.server import fail_soon

PEOPLE = ("Ann", "Ben")
THINK_S = 0.1


class Room:
    """The page, and the people at it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._session, self.log = options.session, Log(options.log)
        self._chance = random.Random(options.session)
        self.settings = load_config().review
        self.service = ReviewService(options.project, options.folder, self.settings)
        fail_soon()  # as the page does
        self.service.start()
        self.seats: dict[str, Seat] = {}
        log_acknowledged(self.seats, self.log)

    def rate(self, task: str, most: int) -> None:
        """Let everybody rate, in turn, at most so many answers each."""
        seats = [self._seat(task, name) for name in PEOPLE]
        for seat in seats:
            seat.arrive()
        for _ in range(most):
            clicked = [self._click(seat) for seat in seats]
            if not any(clicked):
                return

    def finish(self, task: str) -> None:
        """Let everybody rate all that is theirs, and say so."""
        self.rate(task, 1000)
        for name in PEOPLE:
            self._seat(task, name).finish()

    def _seat(self, task: str, name: str) -> Seat:
        while name not in self.seats or self.seats[name].review.task_id != task:
            try:
                self.seats[name] = self.service.seat(task, name, f"{self._session} {name}")
            except RedraftError as error:
                self.log.add(what="refused", at=time.time(), why=str(error))
                time.sleep(0.5)
        return self.seats[name]

    def _click(self, seat: Seat) -> bool:
        self.service.refresh(seat.watch)
        away_s = 60 * self.settings.away_minutes
        course = course_of(seat.watch.contents, seat.look(), seat.reviewer, skipped=(), away_s=away_s, now=time.time())
        if not course.todo:
            return False
        rating = seat.rate(course.todo[0].answer_id, Opinion(score=self._chance.randint(1, 5), seconds=1.0))
        self.log.add(what="clicked", at=time.time(), id=rating.id)
        time.sleep(THINK_S)
        return True


def main() -> None:
    """Be the page until the process is told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--session", required=True)
    logging.getLogger("clearml").setLevel(logging.CRITICAL)
    room = Room(parser.parse_args())
    print("ready", flush=True)
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "end":
            break
        if word == "rate":
            room.rate(rest[0], int(rest[1]))
        else:
            room.finish(rest[0])
        print(f"{line.strip()} done", flush=True)
    room.service.stop()


if __name__ == "__main__":
    main()
