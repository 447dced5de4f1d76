"""Runs one action in the middle of another: right before a chosen call of it to the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from clearml import Task


class Broken(BaseException):
    """The other action failed; not an `Exception`, which the SDK would take for a bad connection and try again."""


def calls_of(action: Callable[[], object]) -> list[str]:
    """The calls to the server that an action makes, in order."""
    made: list[str] = []
    _observed(action, made.append)
    return made


def interrupted(action: Callable[[], object], number: int, other: Callable[[], object]) -> bool:
    """Run an action, and another right before its call `number` (from 0); say whether there was such a call."""
    made: list[str] = []
    happened: list[bool] = []

    def before(call: str) -> None:
        made.append(call)
        if len(made) == number + 1 and not happened:
            happened.append(True)
            other()
            made.extend("" for _ in range(number + 2))  # calls of the other are not counted

    _observed(action, before)
    return bool(happened)


def _observed(action: Callable[[], object], before: Callable[[str], None]) -> None:
    session = Task._get_default_session()
    send = session.send_request

    def observed(service: str, action: str, *arguments: Any, **options: Any) -> Any:
        try:
            before(f"{service}.{action}")
        except Exception as error:
            raise Broken from error
        return send(service, action, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "send_request", observed)
        action()
