"""Replaying a recording against a stand-in, and judging its replies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from clearml_api import Api, Reply
from replay_compare import TOKEN, Difference, Ids, differences
from replay_recordings import HERE, Exchange, Json, load_recordings, read_exchanges
from replay_seeding import sow

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

_MAKES = {"pipelines.start_pipeline": "pipeline"} | dict.fromkeys(
    ("tasks.create", "tasks.clone", "projects.create", "queues.create", "models.create"), "id"
)
_SHORTENED = re.compile(r"\.\.\.<\d+ chars>$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An accepted difference.

    Attributes:
        name: its short name.
        endpoint: regular expression that the endpoint's whole name matches.
        path: regular expression that the difference's whole path matches.
        kinds: the kinds of difference.
        counts: how many exchanges of each recording differ so.
    """

    name: str
    endpoint: str
    path: str
    kinds: tuple[str, ...]
    counts: dict[str, int]

    def fits(self, exchange: Exchange, difference: Difference) -> bool:
        """Say whether it accepts a difference."""
        return (
            exchange.recording in self.counts
            and difference.kind in self.kinds
            and re.fullmatch(self.endpoint, exchange.endpoint) is not None
            and re.fullmatch(self.path, difference.path) is not None
        )


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a replay found.

    Attributes:
        replayed: how many exchanges were compared.
        left_out: the lines that were not sent.
        shortened: the lines whose request was cut when it was recorded.
        accepted: how many exchanges differ in an accepted way, by the rule's name.
        failures: file, line and difference of every other one.
    """

    replayed: int = 0
    left_out: list[int] = field(default_factory=list)
    shortened: list[int] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def replay(server: RunningServer, folder: Path, name: str) -> Outcome:
    """Replay a recording, after those that it builds on, and compare every reply."""
    recordings = load_recordings()
    read = cache(lambda recording: read_exchanges(folder, recording))
    api, ids = Api(server), Ids()
    user = api.ask("users.get_current_user")["user"]
    ids.add("d1bd92a3b039400cbafc60a7a5b1e52b", user["company"]["id"])
    ids.add_name("__tests__", user["id"])
    outcome = Outcome()
    try:
        for step in (*recordings[name].after, name):
            outcome = Outcome()
            seeds = list(recordings[step].seeds)
            for exchange in read(step):
                while seeds and seeds[0].get("before", 1) <= exchange.line:
                    sow(api, ids, seeds.pop(0), read)
                _replay_one(api, ids, exchange, outcome)
    finally:
        api.close()
    return outcome


def rules() -> list[Rule]:
    """Return the accepted differences."""
    return [
        Rule(
            name=item["name"],
            endpoint=item["endpoint"],
            path=item["path"],
            kinds=tuple(item["kinds"]),
            counts=item["exchanges"],
        )
        for item in accepted()["differences"]
    ]


@cache
def accepted() -> Json:
    """Return the file of accepted differences and left-out calls."""
    content: Json = yaml.safe_load((HERE / "accepted_differences.yaml").read_text(encoding="utf-8"))
    return content


def _replay_one(api: Api, ids: Ids, exchange: Exchange, outcome: Outcome) -> None:
    if any(exchange.line in item["lines"].get(exchange.recording, ()) for item in accepted()["left_out"]):
        outcome.left_out.append(exchange.line)
        return
    if any(_SHORTENED.search(text) for text in _texts(exchange.request)):
        outcome.shortened.append(exchange.line)
    reply = api.call(
        exchange.endpoint,
        _with_token(ids.rewritten(exchange.request), api.token),
        version=exchange.version,
        method=exchange.method,
        authorization=api.basic if exchange.endpoint == "auth.login" else None,
    )
    outcome.replayed += 1
    maker = _MAKES.get(exchange.endpoint)
    if maker in exchange.reply and maker in reply.data:
        ids.add(exchange.reply[maker], reply.data[maker])
    _judge(exchange, reply, ids, outcome)


def _judge(exchange: Exchange, reply: Reply, ids: Ids, outcome: Outcome) -> None:
    code, subcode, message = exchange.code
    expected = {"status": code, "code": [code, subcode], "message": message, "data": exchange.reply}
    ours = {"status": reply.http_status, "code": list(reply.code), "message": reply.message, "data": reply.data}
    names = set()
    for difference in differences(expected, ours, ids):
        rule = next((rule for rule in rules() if rule.fits(exchange, difference)), None)
        if rule is None:
            outcome.failures.append(f"{exchange.recording}:{exchange.line} {exchange.endpoint} {difference}")
        else:
            names.add(rule.name)
    outcome.accepted.update(names)


def _with_token(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return {key: token if item == TOKEN else item for key, item in value.items()}
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
