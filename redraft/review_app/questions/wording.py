"""What changes and warnings are called on the page. Pure; the texts are plain, to be shown by `safe_text.plain`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from redraft.learning.question_set import Change, twins
from redraft.records import Question
from redraft.tracking.next_questions import NextQuestions

ANSWERABLE: Mapping[bool | None, str] = {True: "yes", False: "no", None: "not known"}
LABEL_OF = {text: value for value, text in ANSWERABLE.items()}
_MOST_TWINS = 5


def counted(number: int, noun: str) -> str:
    """Count.

    >>> counted(1, "question"), counted(2, "question")
    ('1 question', '2 questions')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def set_sentence(now: NextQuestions) -> str:
    """Say what the next iteration will ask."""
    splits = Counter(question.split for question in now.asked)
    traps = sum(question.answerable is False for question in now.asked)
    return (
        f"The next iteration asks {counted(len(now.asked), 'question')}: {splits['dev']} dev, {splits['val']} val; "
        f"{traps} of them have no answer in the docs."
    )


def version_sentence(now: NextQuestions) -> str:
    """Say which file and which version that is."""
    origin = f"the file of iteration {now.iteration}" if now.iteration else "the configured file"
    if not now.n_saves:
        return f"As in {now.file}, {origin}; nothing was changed here yet. Its content has the name {now.version}."
    return (
        f"Version {now.n_saves}: {now.file}, {origin}, with what was changed here. "
        f"Its content has the name {now.version}."
    )


def meanwhile_sentence(authors: tuple[str, ...] | None, reviewer: str) -> str:
    """Say who else changed the set since somebody last looked at it; empty: nobody but they themselves.

    Args:
        authors: Who saved something since; none: the questions file has changed. None: the set is the same.
        reviewer: Who looks.

    >>> meanwhile_sentence(("Ann", "Ben"), "Ann")
    'Ben saved a new version while you were here. What you have not saved is kept, and applies to it.'
    >>> meanwhile_sentence(("Ann",), "Ann"), meanwhile_sentence(None, "Ann")
    ('', '')
    """
    others = [author for author in authors or () if author != reviewer]
    if authors is None or (authors and not others):
        return ""
    what = f"{', '.join(others)} saved a new version" if others else "The questions file was changed"
    return f"{what} while you were here. What you have not saved is kept, and applies to it."


def change_sentences(change: Change) -> tuple[str, ...]:
    """Say what a change changes, one thing a sentence."""
    question, before = change.question, change.before
    if change.kind == "retire":
        return ("is no longer asked; its ratings stay in the history",)
    if before is None:
        return (f"is added as {question.split}; answer in the docs: {ANSWERABLE[question.answerable]}",)
    found = []
    if question.text != before.text:
        found.append(f"becomes “{question.text}”: a new question, without ratings")
    if question.split != before.split:
        found.append(f"moves from {before.split} to {question.split}")
    if question.answerable is not before.answerable:
        found.append(f"answer in the docs: {ANSWERABLE[before.answerable]} → {ANSWERABLE[question.answerable]}")
    if question.note != before.note:
        found.append(f"note: {before.note or 'none'} → {question.note or 'none'}")
    return tuple(found)


def leak_warning(change: Change) -> str | None:
    """Say what moving a question out of `val` does, and what it does not."""
    before = change.before
    if change.kind != "edit" or before is None or (before.split, change.question.split) != ("val", "dev"):
        return None
    if change.new_text:
        return (
            "The old wording was hidden from the prompt writer and stays hidden. The new wording counts as another "
            "question and will be shown to it: if both ask the same, the writer gets to know a question that it was "
            "measured with."
        )
    return (
        "This question was hidden from the prompt writer, and a question that an iteration asked as val stays hidden "
        "for good: as dev it is still asked and rated, but the writer will not see it."
    )


@lru_cache(maxsize=8)  # the page asks at each of its runs
def twin_warnings(questions: tuple[Question, ...]) -> tuple[str, ...]:
    """Warn of questions that are nearly the same."""
    found = twins(questions)
    rows = [
        f"Nearly the same: “{one.text}” ({one.split}) and “{other.text}” ({other.split})"
        + ("; what the writer sees of the one gives the other away" if one.split != other.split else "")
        for one, other in found[:_MOST_TWINS]
    ]
    return (
        *rows,
        *([f"{len(found) - _MOST_TWINS} more pairs are nearly the same."] if len(found) > _MOST_TWINS else []),
    )


def still_hidden(asked: Iterable[Question], history_questions: Mapping[str, Question]) -> tuple[Question, ...]:
    """Find dev questions that stay hidden from the writer because an earlier iteration asked them as val."""
    return tuple(
        question
        for question in asked
        if question.split == "dev"
        and (known := history_questions.get(question.id)) is not None
        and known.split == "val"
    )
