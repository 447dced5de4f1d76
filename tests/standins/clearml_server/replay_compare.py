"""Where a reply of the stand-in differs from the recorded one: keys, types, values; ids and times are normalised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
_MEASURED = frozenset({"active_duration", "running_time"})
_LEARNT = re.compile(r"(^|\.)(parent|path\.\d+|projects\.\d+\.id)$")
"""Where the ids of projects are learnt that came into being with the ones below them."""


TOKEN = "<token>"
"""What stands in a recording for a token or a scroll id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where two replies differ.

    Attributes:
        path: where, such as `tasks.0.status`; `code` and `message` for the envelope.
        kind: `missing`, `extra`, `type`, `value` or `length`.
        recorded: what the real server gave.
        ours: what the stand-in gave.
    """

    path: str
    kind: str
    recorded: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}, recorded {str(self.recorded)[:300]!r}, ours {str(self.ours)[:300]!r}"


class Ids:
    """Which of our ids stands for which recorded one, both ways."""

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._names: list[tuple[str, str]] = []

    def add(self, recorded: str, ours: str) -> None:
        """Note a pair of ids.

        Raises:
            AssertionError: if one of them has another partner already.
        """
        assert self._ours.setdefault(recorded, ours) == ours, f"{recorded} is {self._ours[recorded]}, not {ours}"
        assert self._recorded.setdefault(ours, recorded) == recorded, f"{ours} stands for {self._recorded[ours]}"

    def add_name(self, recorded: str, ours: str) -> None:
        """Note a text that stands for another wherever it occurs, such as the user's name."""
        self._names.append((recorded, ours))

    def knows(self, recorded: str) -> bool:
        """Say whether a recorded id has a partner."""
        return recorded in self._ours

    def can_learn(self, recorded: Any, ours: Any) -> bool:
        """Say whether two values are ids that have no partner yet."""
        both = isinstance(recorded, str) and isinstance(ours, str)
        return both and bool(_ID.fullmatch(recorded)) and not (recorded in self._ours or ours in self._recorded)

    def rewritten(self, value: Any) -> Any:
        """Return a recorded value in which our ids replace the recorded ones, also within texts."""
        if isinstance(value, dict):
            return {self.rewritten(key): self.rewritten(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.rewritten(item) for item in value]
        if not isinstance(value, str):
            return value
        text = _ID.sub(lambda found: self._ours.get(found[0], found[0]), value)
        for recorded, ours in self._names:
            text = text.replace(recorded, ours)
        return text


def differences(recorded: Any, ours: Any, ids: Ids, path: str = "") -> Iterator[Difference]:
    """Return every difference between the recorded data and ours."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        yield from _of_objects({ids.rewritten(key): item for key, item in recorded.items()}, ours, ids, path)
    elif isinstance(recorded, list) and isinstance(ours, list):
        if len(recorded) != len(ours):
            yield Difference(path=path, kind="length", recorded=len(recorded), ours=len(ours))
        for index, (left, right) in enumerate(zip(recorded, ours, strict=False)):
            yield from differences(left, right, ids, _under(path, str(index)))
    elif type(recorded) is not type(ours):
        yield Difference(path=path, kind="type", recorded=recorded, ours=ours)
    else:
        yield from _of_values(recorded, ours, ids, path)


def _of_objects(recorded: dict[str, Any], ours: dict[str, Any], ids: Ids, path: str) -> Iterator[Difference]:
    for key in recorded.keys() - ours.keys():
        yield Difference(path=_under(path, key), kind="missing", recorded=recorded[key], ours=None)
    for key in ours.keys() - recorded.keys():
        yield Difference(path=_under(path, key), kind="extra", recorded=None, ours=ours[key])
    for key in recorded.keys() & ours.keys():
        yield from differences(recorded[key], ours[key], ids, _under(path, key))


def _of_values(recorded: Any, ours: Any, ids: Ids, path: str) -> Iterator[Difference]:
    if recorded == TOKEN or path.rpartition(".")[2] in _MEASURED:
        return
    if _LEARNT.search(path) and ids.can_learn(recorded, ours):
        ids.add(recorded, ours)
    if _shape(ids.rewritten(recorded)) != _shape(ours):
        yield Difference(path=path, kind="value", recorded=recorded, ours=ours)


def _shape(value: Any) -> Any:
    """Return a value in which a time is only its precision and zone."""
    if isinstance(value, str) and (found := _TIME.fullmatch(value)):
        return f"<time, {len(found[1] or '.') - 1} digits, {found[2]}>"
    return value


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
