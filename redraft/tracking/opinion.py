"""What somebody says of an answer, and what becomes of what they say."""

from __future__ import annotations

from dataclasses import dataclass

from redraft.errors import InputError

MAX_COMMENT_CHARS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody thinks of an answer."""

    score: int  # 1 to 5
    comment: str = ""
    tags: tuple[str, ...] = ()
    position: int | None = None
    seconds: float | None = None
    rubric: str | None = None  # version of the rubric that was shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveState:
    """What became of what a writer said."""

    saved: int  # ratings that the server confirmed
    waiting: int  # that are on this machine's disk, on their way
    trouble: str = ""  # why they are not sent now
    closed: str = ""  # that the review takes nothing more, and what became of the rest


def checked_comment(comment: str) -> str | None:
    """A comment as it is kept; None: nothing was written.

    Raises:
        InputError: It is too long.
    """
    text = comment.replace("\x00", "").strip()
    if len(text) > MAX_COMMENT_CHARS:
        raise InputError(
            f"the comment has {len(text):,} characters, at most {MAX_COMMENT_CHARS:,} are kept",
            remedy="shorten it; nothing was saved",
        )
    return text or None
