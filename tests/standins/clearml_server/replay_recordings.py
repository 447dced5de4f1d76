"""The recorded exchanges of the real server, and what each recording presupposes.

One line of a recording (`../shared/clearml_exchanges/*.jsonl.gz`, described in `../shared/wire.md`):

    {"t": 1795337244.3, "who": "sdk", "method": "GET", "ver": "v2.23", "endpoint": "tasks.ping", "status": 200,
     "code": [200, 0, "OK"], "req": {"task": "d296..."}, "resp": {}}
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
"""A decoded JSON object."""

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One recorded request with its reply.

    Attributes:
        recording: the recording's name.
        line: its line, from 1.
        method: of HTTP.
        version: what stood before the endpoint in the path, may be empty.
        endpoint: such as `tasks.get_all`.
        code: result code, subcode and message.
        request: the body; a list for JSON lines.
        reply: the `data` part.
    """

    recording: str
    line: int
    method: str
    version: str
    endpoint: str
    code: tuple[int, int, str]
    request: Any
    reply: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is needed to replay one recording.

    Attributes:
        name: the file's name without its endings.
        after: recordings of the same life that are replayed before it, not compared.
        seeds: calls before its first line, or before another one, that make what nobody recorded.
    """

    name: str
    after: tuple[str, ...] = ()
    seeds: tuple[Json, ...] = field(default=())


def load_recordings() -> dict[str, Recording]:
    """Return all recordings by name."""
    content = yaml.safe_load((HERE / "replay_seeds.yaml").read_text(encoding="utf-8"))
    return {
        name: Recording(name=name, after=tuple(item.get("after", ())), seeds=tuple(item.get("seeds", ())))
        for name, item in content["recordings"].items()
    }


def read_exchanges(folder: Path, name: str) -> list[Exchange]:
    """Return the exchanges of a recording, in their order."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [_exchange(name, number, json.loads(line)) for number, line in enumerate(lines, start=1)]


def _exchange(name: str, number: int, pair: Json) -> Exchange:
    code, subcode, message = pair["code"]
    return Exchange(
        recording=name,
        line=number,
        method=pair["method"],
        version=pair["ver"],
        endpoint=pair["endpoint"],
        code=(code, subcode, message),
        request=pair["req"],
        reply=pair["resp"],
    )
