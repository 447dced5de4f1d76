"""The keeper of one project: what it does at each tick.

    keeper = Keeper("docs-bot", load_config(), owner="host 4711", channel=Channel())
    keeper.tick(now=time.time())       "the docs have changed: a run starts later, for now a review is open"

Everything it decides by is on the server, so that it may end at any moment, and two of them do no more than one.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence

from redraft.errors import DocumentsError
from redraft.settings import Config
from redraft.tracking.keeping.decide import ReviewState, Sight, changes, hindrance, next_start
from redraft.tracking.keeping.docs import push_docs
from redraft.tracking.keeping.git import check_address, copy_of, head_of
from redraft.tracking.keeping.memory import (
    DOING,
    Memory,
    end_turn,
    keeper_task,
    load_memory,
    save_memory,
    set_properties,
    take_turn,
)
from redraft.tracking.keeping.notices import Channel
from redraft.tracking.keeping.problems import Problems
from redraft.tracking.keeping.reviews import ReviewKeeper
from redraft.tracking.keeping.schedule import check_schedule, last_due
from redraft.tracking.keeping.seeing import ThumbsDown, UsedDocs, all_runs, as_run, newest_docs
from redraft.tracking.keeping.starting import newest_config, send_off_drafts, start_one
from redraft.tracking.keeping.telling import news_of, tell_news
from redraft.tracking.keeping.waking import wake_crashed
from redraft.tracking.page_service import wake_page
from redraft.tracking.server import call

log = logging.getLogger("redraft")

TURNS = 4  # ticks that a turn lasts
START, SEND_OFF = "starting a run", "starting a run that another keeper had made"  # what may go wrong


class Keeper:
    """See the module.

    Args:
        project: ClearML project.
        config: Its sections `keeper` and `review` are used.
        owner: Who this is, told to another keeper of the same project.
        channel: Where notices go.

    Raises:
        ConfigError: A setting of the keeper is wrong.
    """

    def __init__(self, project: str, config: Config, *, owner: str, channel: Channel) -> None:
        check_settings(config)
        self.project, self.config, self.owner = project, config, owner
        self._channel = channel
        self._used, self._thumbs, self._problems = UsedDocs(), ThumbsDown(), Problems()
        self._reviews = ReviewKeeper(project, config, self._problems)
        self._doing = ""

    def tick(self, *, now: float) -> str:
        """Look once and do what is to be done; return in words what that was, or what is waited for.

        Args:
            now: Unix time, seconds.

        Raises:
            ServerError: The server is away: nothing is lost, the next tick does it.
        """
        task_id = keeper_task(self.project)
        holder = take_turn(task_id, self.owner, now=now, length_s=TURNS * self.config.keeper.tick_s)
        if holder != self.owner:
            return f"another keeper ({holder}) looks after this project"
        memory = before = load_memory(call("tasks.get_by_id", task=task_id)["task"])
        reviews = self._reviews.tend(now=now)
        memory = self._wake(memory, reviews, now)
        memory = self._problems.attempt("git repository", lambda: self._take_git(memory), memory)
        memory = self._schedule(memory, now)
        sight = self._see(memory, reviews, now)
        words = self._start(sight, now)
        news = news_of(self.project, memory, sight.runs, reviews, self._problems.now.get(START, ""))
        memory, problem = tell_news(self.project, memory, sight.runs, news, self._channel, now=now)
        self._problems.note("webhook", problem)
        if memory != before:
            save_memory(task_id, memory)
        if words != self._doing:
            set_properties(task_id, {DOING: words})
            self._doing = words
        return words

    def end(self) -> None:
        """Let another keeper act at once."""
        end_turn(keeper_task(self.project), self.owner)

    def _wake(self, memory: Memory, reviews: Sequence[ReviewState], now: float) -> Memory:
        """Put back runs whose controller died, and a page whose agent ended; send off those whose keeper died."""

        def send_off() -> None:
            for run in send_off_drafts(self.project, now=now):
                log.info("run %s, which another keeper had made, is started", run)

        self._problems.attempt(SEND_OFF, send_off, None)
        self._problems.attempt("review page", lambda: wake_page(self.project), False)
        reviewed = {review.pipeline_id for review in reviews}
        wakes = wake_crashed(all_runs(self.project, now=now), reviewed, memory.wakes)
        return dataclasses.replace(memory, wakes=wakes)

    def _take_git(self, memory: Memory) -> Memory:
        """Make the docs of a git repository that moved a new version."""
        keeper = self.config.keeper
        if not keeper.git_url:
            return memory
        head = head_of(keeper.git_url, keeper.git_branch)
        mark = f"{keeper.git_url} {keeper.git_branch} {keeper.git_folder} {head}"
        if mark == memory.git:
            return memory
        settings = (newest_config(self.project) or self.config).docs
        with copy_of(keeper.git_url, keeper.git_branch) as folder:
            try:
                said = push_docs(self.project, folder / keeper.git_folder, settings).version.sentence()
            except DocumentsError as error:  # it would be the same until the repository moves again
                said = str(error).replace(str(folder), keeper.git_url)
        log.info("docs repository at %s: %s", head[:12], said)
        return dataclasses.replace(memory, git=mark)

    def _schedule(self, memory: Memory, now: float) -> Memory:
        """Note when a schedule was first seen: what was due before that is not made up for."""
        keeper = self.config.keeper
        schedule = f"{keeper.schedule} {keeper.timezone}" if keeper.schedule else ""
        return memory if schedule == memory.schedule else dataclasses.replace(memory, schedule=schedule, since=now)

    def _see(self, memory: Memory, reviews: Sequence[ReviewState], now: float) -> Sight:
        found = all_runs(self.project, now=now)
        runs = tuple(as_run(run) for run in found)
        keeper, since = self.config.keeper, runs[-1].created if runs else now
        thumbs = lambda: self._thumbs.since(self.project, since) if keeper.thumbs_down else 0  # noqa: E731 - tried below
        return Sight(
            runs=runs,
            open_reviews=len(reviews),
            newest_docs=newest_docs(self.project),
            used_docs=self._used.of(found),
            due=last_due(keeper.schedule, keeper.timezone, since=memory.since, now=now),
            thumbs_down=self._problems.attempt("feedback", thumbs, 0),
        )

    def _start(self, sight: Sight, now: float) -> str:
        """Start a run if one is due; say what came of it, or what is waited for."""
        wanted = self.config.keeper.thumbs_down
        start = next_start(sight, thumbs_down=wanted)
        if start is None:
            self._problems.note(START, "")
            waiting, why = "; ".join(changes(sight, thumbs_down=wanted)), hindrance(sight)
            return f"{waiting}: a run starts later, for now {why}" if waiting else why or "nothing has changed"
        known = {run.id for run in sight.runs}
        run = self._problems.attempt(START, lambda: start_one(self.project, start, known, now=now), None)
        causes = "; ".join(start.causes)
        if run is None:
            return f"{causes}: {self._problems.now.get(START, 'somebody else starts a run')}"
        return f"run {run} is started: {causes}"


def check_settings(config: Config) -> None:
    """Refuse settings with which a keeper could not do its work.

    Raises:
        ConfigError: Names the key.
    """
    check_schedule(config.keeper.schedule, config.keeper.timezone)
    check_address(config.keeper.git_url)
