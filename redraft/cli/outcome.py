"""What a person sees when a run has ended, and in `redraft status`: the iterations, why, what it cost, what waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redraft.cli.prompt_views import waiting_words
from redraft.cli.tables import iterations_table, show
from redraft.records import Decision, IterationResult
from redraft.tracking.history import load_decisions
from redraft.tracking.registry import synchronise_labels
from redraft.tracking.runs import default_project

SHOWN_DECISIONS = 3  # of the last iterations
ANSWERS = {"promote": "said yes", "reject": "said no"}


def show_outcome(project: str, results: Sequence[IterationResult], say: Callable[[str], None]) -> None:
    """Show the iterations and why each ended as it did, what is current, and what waits for a person.

    Labels that somebody died writing are mended.
    """
    decisions = load_decisions(project)
    options = "" if project == default_project() else f" --project {project}"
    waiting = waiting_words(decisions, options=options)
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


def came_of(iteration: int, decisions: Sequence[Decision]) -> str:
    """What became of an iteration's proposal, which says that it waits, in brackets; empty: it proposed nothing.

    Args:
        iteration: One whose proposal does not wait any more.
        decisions: The decision log, oldest first.
    """
    asked = [d for d in decisions if d.iteration == iteration and d.kind == "keep" and d.variant_id != d.current_id]
    if not asked:
        return ""
    later = [d for d in decisions if d.created > asked[-1].created and d.variant_id == asked[-1].variant_id]
    for decision in later:
        if decision.kind in ANSWERS:
            return f" ({decision.author} {ANSWERS[decision.kind]})"
    return " (nobody answered; something else was decided since)"
