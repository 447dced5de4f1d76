"""Settings given on the command line: `--set run.ratings=12`."""

from __future__ import annotations

from collections.abc import Sequence

from redraft.errors import InputError


def pairs(items: Sequence[str]) -> dict[str, str]:
    """Keys and values.

    >>> pairs(["run.ratings=12", "run.docs=a=b"])
    {'run.ratings': '12', 'run.docs': 'a=b'}

    Raises:
        InputError: One has no `=`.
    """
    for item in items:
        if "=" not in item:
            raise InputError(f"--set {item}: expected section.key=value", remedy="for example --set run.ratings=12")
    return {key.strip(): value for key, _, value in (item.partition("=") for item in items)}
