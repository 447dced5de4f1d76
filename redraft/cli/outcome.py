"""What a person sees when a run has ended, and in `redraft status`: the iterations, why, what it cost, what waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redraft.cli.chosen import project_option
from redraft.cli.prompt_views import waiting_words
from redraft.cli.tables import iterations_table, show
from redraft.learning.decision_words import came_of
from redraft.records import IterationResult
from redraft.tracking.history import load_decisions
from redraft.tracking.registry import synchronise_labels

SHOWN_DECISIONS = 3  # of the last iterations


def show_outcome(project: str, results: Sequence[IterationResult], say: Callable[[str], None]) -> None:
    """Show the iterations and why each ended as it did, what is current, and what waits for a person.

    Labels that somebody died writing are mended.
    """
    decisions = load_decisions(project)
    waiting = waiting_words(decisions, options=project_option(project))
    if results:
        show(iterations_table(results, decisions))
        for result in results[-SHOWN_DECISIONS:]:
            if result.decision not in waiting:
                say(f"iteration {result.iteration}: {result.decision}{came_of(result.iteration, decisions)}")
        say(results[-1].cost)
    now = synchronise_labels(project)
    say(f"published: {now.current or 'nothing yet'}" + (f", before that {now.previous}" if now.previous else ""))
    if waiting:
        say(waiting)
