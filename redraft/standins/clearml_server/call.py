"""What an endpoint receives, and how it refuses: knows nothing of HTTP frameworks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redraft.standins.clearml_server.store import Store
    from redraft.standins.clearml_server.tokens import Gate

Json = dict[str, Any]
"""A decoded JSON object: a document, a request or a reply."""


class StoredText(str):
    """A document as the JSON text that it is stored as: it goes into a reply without being read."""

    __slots__ = ()


COMPANY = "redraft-stand-in"
"""The one tenant that all documents belong to."""

USER = "redraft"
"""The one user that all documents are made by."""


class ApiError(Exception):
    """A refusal in ClearML's terms: HTTP status, subcode and message go into the reply's envelope."""

    def __init__(self, code: int, subcode: int, message: str) -> None:
        super().__init__(message)
        self.code, self.subcode, self.message = code, subcode, message


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, already authorised and decoded.

    Attributes:
        store: the documents, inside the transaction of this call.
        gate: makes tokens.
        body: the JSON object that was sent; empty when there was none.
        lines: the objects of a JSON-lines body, else only the body.
        now: when the call began, UTC.
        worker: what the client says it runs on; stored with its events.
        address: where it came from.
        query: parameters of the address line.
    """

    store: Store
    gate: Gate
    body: Json
    lines: list[Json] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    worker: str = ""
    address: str = ""
    query: dict[str, str] = field(default_factory=dict)

    @property
    def stamp(self) -> str:
        """The time of the call as documents hold it, cut to milliseconds."""
        return stamp(self.now)

    @property
    def forced(self) -> bool:
        """Whether the caller insists (`force: true`)."""
        return bool(self.body.get("force"))

    def text(self, name: str) -> str:
        """Return a field that must be a non-empty string.

        Raises:
            ApiError: 400/12 if it is missing or of another type.
        """
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise ApiError(400, 12, f"Validation error (Missing or invalid field: {name})")
        return value

    def items(self, name: str) -> list[Any]:
        """Return a field that must be a list; empty when it is missing.

        Raises:
            ApiError: 400/12 if it is of another type.
        """
        value = self.body.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise ApiError(400, 12, f"Validation error (Field must be a list: {name})")
        return value

    def objects(self, name: str) -> list[Json]:
        """Return a field that must be a list of objects; empty when it is missing.

        Raises:
            ApiError: 400/12 if it holds anything else.
        """
        values = self.items(name)
        if not all(isinstance(value, dict) for value in values):
            raise ApiError(400, 12, f"Validation error (Field must be a list of objects: {name})")
        return values


def stamp(moment: datetime) -> str:
    """Write a time as documents hold it.

    >>> stamp(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC))
    '2026-01-02T03:04:05.678000+00:00'
    """
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000).isoformat(timespec="microseconds")


def new_id() -> str:
    """Return an id as ClearML writes them: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def require_name(name: str, what: str, subcode: int = 800) -> None:
    """Refuse a name under three characters, as ClearML does.

    Raises:
        ApiError: 400 with the given subcode.
    """
    if len(name.strip()) < 3:
        raise ApiError(400, subcode, f"Data validation error ({what} name must have at least 3 characters: {name!r})")
