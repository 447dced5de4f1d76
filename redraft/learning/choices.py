"""What a person decides on, and what the ratings say of it: nobody decides against the evidence without knowing it."""

from __future__ import annotations

from scipy.special import ndtr, ndtri

from redraft.errors import InputError
from redraft.learning.history import History
from redraft.learning.labels import labels, standing
from redraft.learning.protocols import Scoreboard
from redraft.learning.words import counted, probability_words
from redraft.records import Evidence
from redraft.settings import DecideSettings


def find_judged(history: History, text: str) -> str:
    """Id of the judged variant that a person means: its id, or the beginning of it.

    Raises:
        InputError: There is none, or more than one; the known ones are named.
    """
    known = labels(history)
    found = [variant_id for variant_id in known if variant_id == text] or [
        variant_id for variant_id in known if text and variant_id.startswith(text)
    ]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{variant_id} ({label})" for variant_id, label in known.items())
    remedy = f"people judged {listed}" if listed else "people have judged no variant yet"
    raise InputError(
        f"{text!r} is {'the beginning of several variants' if found else 'no judged variant'}", remedy=remedy
    )


def compared_with(history: History, variant_id: str) -> str:
    """What a variant is compared with: the current one; before the first promotion, what ran as the current one."""
    current = standing(history.decisions).current
    named = [d.current_id for d in reversed(history.decisions) if d.current_id is not None]
    return current or (named[0] if named else variant_id)


def evidence_for(board: Scoreboard, variant_id: str) -> Evidence:
    """What the ratings say of a variant against the one that the board compares with."""
    score, against = board.of(variant_id), board.against_current(variant_id)
    return Evidence(
        difference=against.difference if against else None,
        low=against.low if against else None,
        high=against.high if against else None,
        interval=board.interval,
        p_better=against.p_better if against else None,
        p_best=score.p_best,
        n_ratings=score.n_ratings,
        val_difference=against.val_difference if against else None,
        n_val_ratings=against.n_val_ratings if against else 0,
        variant_id=variant_id,
    )


def evidence_between(board: Scoreboard, variant_id: str, other_id: str) -> Evidence:
    """What the ratings say of a variant against any other one; both must be among those that the board scored."""
    posterior = board.posterior
    place, other = (posterior.rows.variants.index(name) for name in (variant_id, other_id))
    score = board.of(variant_id)
    known = place != other and score.n_ratings > 0 and board.of(other_id).n_ratings > 0
    mean, sd = posterior.difference(place, other)
    half = float(ndtri(0.5 + board.interval / 2)) * sd
    return Evidence(
        difference=mean if known else None,
        low=mean - half if known else None,
        high=mean + half if known else None,
        interval=board.interval,
        p_better=float(ndtr(mean / sd)) if known and sd > 0 else None,
        p_best=score.p_best,
        n_ratings=score.n_ratings,
        variant_id=variant_id,
    )


def evidence_words(evidence: Evidence, than: str = "the current one") -> str:
    """Say it as a clause.

    Args:
        evidence: Of a variant.
        than: What it was compared with, in a reader's words.

    >>> evidence_words(Evidence(difference=0.21, low=-0.32, high=0.74, interval=0.9, p_better=0.62, p_best=0.4,
    ...                         n_ratings=12))
    'better than the current one with probability 0.62: +0.21 [-0.32, +0.74] on 12 ratings'
    """
    count = counted(evidence.n_ratings, "rating")
    if evidence.p_better is None or evidence.difference is None or evidence.low is None or evidence.high is None:
        return f"whether it is better than {than} is not known ({count})"
    return (
        f"better than {than} with probability {probability_words(evidence.p_better)}: "
        f"{evidence.difference:+.2f} [{evidence.low:+.2f}, {evidence.high:+.2f}] on {count}"
    )


def objections(evidence: Evidence, settings: DecideSettings) -> tuple[str, ...]:
    """Say what speaks against promoting the variant by itself, a clause each; none: nothing does.

    >>> from redraft.config import load_config
    >>> objections(Evidence(difference=0.6, low=0.1, high=1.1, interval=0.9, p_better=0.84, p_best=0.9, n_ratings=24,
    ...                     val_difference=0.2, n_val_ratings=6), load_config().decide)
    ('a promotion needs probability 0.90',)
    """
    found = []
    if evidence.p_better is None:
        found.append("nothing compares it with the current one")
    elif evidence.p_better < settings.promote_at:
        found.append(f"a promotion needs probability {settings.promote_at:.2f}")
    if evidence.val_difference is None:
        whose = "the current prompt has" if evidence.n_val_ratings else "it has"
        found.append(f"{whose} no ratings of val questions, which the writer did not see, and a promotion needs some")
    elif evidence.val_difference < 0:
        figures = f"{evidence.val_difference:+.2f} on {counted(evidence.n_val_ratings, 'rating')}"
        found.append(f"on the val questions alone, which the writer did not see, it is worse ({figures})")
    return tuple(found)
