"""Replacing a person's name in records: pure; nothing here knows where records are kept.

    Rating(reviewer="Ann", ...)                            -> Rating(reviewer="person-3f9c", ...)
    Decision(author="Ann", evidence="Ann promoted it: ..") -> "person-3f9c promoted it: .."

Ids stay, although some are hashes of texts that contain the name: other records refer to them. What people wrote (a
comment, a reason) is theirs and stays too, unless that is asked for: `Will` or `QA` may be a name and a word.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from redraft.errors import InputError

RecordT = TypeVar("RecordT")

PERSON_FIELDS = ("reviewer", "author")
SENTENCES = ("evidence", "decision")  # that Redraft wrote, with people's reasons in them
WORDS = ("comment", "reason")
OURS = "redraft"  # author of what no person decided
MAX_CHARS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonym:
    """Which name is replaced by what."""

    name: str
    pseudonym: str
    words: bool = False  # also in what people wrote, where it stands as a word of its own

    def is_person(self, text: object) -> bool:
        """Whether a field holds this name; spaces around it do not count."""
        return isinstance(text, str) and text.strip() == self.name

    def in_words(self, text: str) -> str:
        """Replace the name where it stands as a word of its own, with upper and lower case as it is.

        >>> Pseudonym(name="Ann", pseudonym="person-1").in_words("Ann's: Anna and Ann")
        "person-1's: Anna and person-1"
        """
        return self._pattern("{}").sub(lambda _: self.pseudonym, text)

    def in_sentence(self, text: str, *, about: bool) -> str:
        """Replace the name where Redraft writes it: at the start of what is about this person, or "Ann made v-...".

        >>> Pseudonym(name="12", pseudonym="person-1").in_sentence("12 promoted it: on 12 ratings.", about=True)
        'person-1 promoted it: on 12 ratings.'
        >>> Pseudonym(name="Ann", pseudonym="person-1").in_sentence("Ann made v-1f current meanwhile", about=False)
        'person-1 made v-1f current meanwhile'
        """
        if self.words:
            return self.in_words(text)
        for form in (*(("^{}",) if about else ()), "{}(?= made v-)"):
            text = self._pattern(form).sub(lambda _: self.pseudonym, text)
        return text

    def in_message(self, text: str, *, about: bool) -> str:
        """Replace the name in a task's message: also in the forms "by Ann" and "of Ann arrived".

        >>> Pseudonym(name="Ann", pseudonym="person-1").in_message("closed by Ann", about=False)
        'closed by person-1'
        """
        text = self.in_sentence(text, about=about)
        for form in ("(?<=by ){}", "(?<=of ){}(?= arrived)"):
            text = self._pattern(form).sub(lambda _: self.pseudonym, text)
        return text

    def _pattern(self, form: str) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w){form.format(re.escape(self.name))}(?!\w)")


def checked(name: str, pseudonym: str, known: Collection[str], *, words: bool = False) -> Pseudonym:
    """Check what a name is to become.

    Args:
        name: As a person typed it.
        pseudonym: What it becomes.
        known: All names of people; a pseudonym among them would make one person of two.
        words: See `Pseudonym`.

    Raises:
        InputError: The pseudonym cannot be used.
    """
    name, pseudonym = name.strip(), pseudonym.strip()
    if not pseudonym or len(pseudonym) > MAX_CHARS or not pseudonym.isprintable():
        raise InputError(f"a pseudonym has 1 to {MAX_CHARS} printable characters, got {pseudonym[:MAX_CHARS]!r}")
    if pseudonym == OURS or pseudonym in known:
        raise InputError(
            f"{pseudonym!r} is somebody's name already: two people would become one", remedy="choose another pseudonym"
        )
    change = Pseudonym(name=name, pseudonym=pseudonym, words=words)
    if name and change.in_words(pseudonym) != pseudonym:
        raise InputError(f"the pseudonym {pseudonym!r} contains the name {name!r}", remedy="choose another one")
    return change


def replace(record: RecordT, change: Pseudonym) -> RecordT:
    """Return a record without the name."""
    held: Any = record
    about = is_about(record, change)
    texts = {field.name: getattr(held, field.name) for field in dataclasses.fields(held)}
    new = {name: change.pseudonym for name in PERSON_FIELDS if change.is_person(texts.get(name))}
    new |= {name: change.in_sentence(texts[name], about=about) for name in SENTENCES if texts.get(name)}
    new |= {name: change.in_words(texts[name]) for name in WORDS if change.words and texts.get(name)}
    changed = {name: text for name, text in new.items() if text != texts[name]}
    return dataclasses.replace(held, **changed) if changed else record


def is_about(record: Any, change: Pseudonym) -> bool:
    """Whether this person rated, wrote or decided it."""
    return any(change.is_person(getattr(record, name, None)) for name in PERSON_FIELDS)


def mentions(record: Any, change: Pseudonym) -> bool:
    """Whether the name stands in what somebody wrote."""
    texts = (getattr(record, name, None) for name in (*WORDS, *SENTENCES))
    return any(isinstance(text, str) and change.in_words(text) != text for text in texts)


def people(records: Iterable[Any]) -> set[str]:
    """Names of all who rated, wrote or decided anything."""
    named = (getattr(record, name, None) for record in records for name in PERSON_FIELDS)
    return {name.strip() for name in named if isinstance(name, str)} - {OURS, ""}


def much_alike(name: str, names: Iterable[str]) -> list[str]:
    """Other names that differ from one by case and spaces only.

    >>> much_alike("Ann B", ["ann  b", "Ann B", "AnnB", "Anna B"])
    ['AnnB', 'ann  b']
    """
    return sorted(other for other in names if other != name and _folded(other) == _folded(name))


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
