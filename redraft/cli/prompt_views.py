"""How a prompt's changes and the decision log are shown in a terminal."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from rich.table import Table

from redraft.cli.terminal import printable
from redraft.config import load_config
from redraft.errors import InputError
from redraft.learning.attribution import attribute_edits
from redraft.learning.choices import find_judged
from redraft.learning.decision_words import decided
from redraft.learning.design import rows_of
from redraft.learning.edit_words import effect_words
from redraft.learning.history import History, make_history
from redraft.learning.labels import labels, standing, waiting_for_yes
from redraft.learning.prompt_diff import DiffLine, prompt_diff
from redraft.learning.variances import estimate_deviations
from redraft.learning.words import counted
from redraft.records import Decision, EditEffect, Variant


def variants_to_compare(history: History, before: str, after: str) -> tuple[Variant, Variant]:
    """The variants that a person means; without names the previous and the current one, or else what waits for a yes.

    Raises:
        InputError: No such variant, or nothing was current before and nothing waits.
    """
    now, waiting = standing(history.decisions), waiting_for_yes(history)
    if not before and not after and now.previous is None and waiting is not None and waiting.current_id:
        before, after = waiting.current_id, waiting.variant_id
    if not (after or now.current) or not (before or now.previous):
        what = "published no prompt" if now.current is None else "had one published prompt only"
        known = ", ".join(labels(history)) or "none"
        raise InputError(f"the project has {what} yet", remedy=f"name two variants; people judged: {known}")
    old, new = (find_judged(history, text) for text in (before or now.previous or "", after or now.current or ""))
    return history.variant(old), history.variant(new)


def diff_text(history: History, before: Variant, after: Variant) -> str:
    """What changed: a line a sentence, below it what it answers and what it did to the ratings."""
    lines = prompt_diff(history, before, after, _effects(history))
    if not any(line.mark != " " for line in lines):
        return f"{before.id} and {after.id} have the same prompts"
    said = [f"--- {before.id}", f"+++ {after.id}"]
    for kind in dict.fromkeys(line.kind for line in lines):
        said.append(f"{kind} prompt:")
        said += [text for line in lines if line.kind == kind for text in _lines(line)]
    return "\n".join(said)


def waiting_words(decisions: Sequence[Decision], *, options: str = "") -> str:
    """What waits for a person, and the commands that say yes and no; empty: nothing does.

    Args:
        decisions: The decision log.
        options: That the commands need besides, e.g. " --project docs-bot".
    """
    waiting = waiting_for_yes(make_history(decisions))
    if waiting is None:
        return ""
    return (
        f"waiting for a yes: {waiting.variant_id}. {waiting.evidence}\n"
        f"  yes:  redraft prompt promote --author NAME{options}\n"
        f"  no:   redraft prompt reject --author NAME --reason TEXT{options}\n"
        f"  see:  redraft prompt diff {waiting.current_id} {waiting.variant_id}{options}"
    )


def log_table(decisions: Sequence[Decision]) -> Table:
    """A row a decision, in the order given."""
    table = Table(title="Decisions, oldest first")
    for name in ("when", "decision", "variant", "author"):
        table.add_column(name, no_wrap=True)
    table.add_column("evidence", max_width=80, overflow="fold")
    for decision in decisions:
        when = datetime.datetime.fromtimestamp(decision.created).astimezone()
        kind, other = decided(decision)
        variants = f"{decision.variant_id}\nvs {other}" if other else decision.variant_id
        table.add_row(
            f"{when:%Y-%m-%d %H:%M}", kind, variants, printable(decision.author), printable(decision.evidence)
        )
    return table


def _effects(history: History) -> tuple[EditEffect, ...]:
    """What is known of all edits."""
    if not history.rated():
        return ()
    deviations = estimate_deviations(rows_of(history))
    return attribute_edits(history, deviations=deviations, interval=load_config().score.interval)


def _lines(line: DiffLine) -> list[str]:
    said = [f"{line.mark} {line.sentence}"]
    if line.theme:
        said.append(f"    answers: {line.theme} ({counted(line.n_comments, 'comment')})")
    if line.effect is not None:
        said.append(f"    effect: {effect_words(line.effect)}")
    return said
