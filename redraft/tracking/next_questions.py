"""What the next iteration will ask: the questions file of the newest run, with every edit that was saved until now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redraft.errors import InputError
from redraft.learning.question_set import apply_edits, set_version
from redraft.records import Question, QuestionEdit
from redraft.settings import Config
from redraft.tracking.given import given_questions
from redraft.tracking.prepare import effective_config
from redraft.tracking.question_set import edits_of, saves_in
from redraft.tracking.runs import latest_run


@dataclass(frozen=True, slots=True, kw_only=True)
class NextQuestions:
    """The set as it is now."""

    config: Config  # of the newest run, else what is configured here
    iteration: int | None  # whose file it is; None: no run yet
    given: tuple[Question, ...]  # what the file says
    edits: tuple[QuestionEdit, ...]  # saved since, in the order in which they are applied
    n_saves: int

    @property
    def file(self) -> str:
        """The questions file, as it is configured."""
        return self.config.run.questions

    @property
    def asked(self) -> tuple[Question, ...]:
        """What will be asked; nothing if every question was retired."""
        return apply_edits(self.given, self.edits)

    @property
    def version(self) -> str:
        """Name of the set, by its content."""
        return set_version(self.asked)

    def after(self, edits: Sequence[QuestionEdit]) -> tuple[Question, ...]:
        """What would be asked after more edits."""
        return apply_edits(self.given, [*self.edits, *edits])


def next_questions(project: str, configured: Config, sources: Sequence[str]) -> NextQuestions:
    """Find out what the next iteration will ask.

    Args:
        project: ClearML project.
        configured: What a first run would use.
        sources: Tasks that the history is read from now.

    Raises:
        InputError: The questions file cannot be read on this machine, or is wrong.
    """
    config, iteration = _newest_config(project, configured)
    edits = edits_of(sources)
    return NextQuestions(
        config=config,
        iteration=iteration,
        given=given_questions(config.run.questions),
        edits=tuple(sorted(edits, key=lambda edit: (edit.created, edit.id))),
        n_saves=len(saves_in(sources)),
    )


def _newest_config(project: str, configured: Config) -> tuple[Config, int | None]:
    from clearml import Task

    try:
        run = latest_run(project)
    except InputError:  # there is none yet
        return configured, None
    return effective_config(Task.get_task(run["id"])), int(run["iteration"])
