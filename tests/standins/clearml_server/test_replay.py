"""What a real ClearML server 2.3.0 answered to SDK and agent, the stand-in answers too.

Each recording is replayed against a new stand-in, after what it presupposes was made (`replay_seeds.yaml`). Status,
codes, message, keys, types and values must match, with ids and times normalised; `accepted_differences.yaml` holds the
differences that are meant, each with its reason.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from clearml_stand_in import start_server
from replay_compare import Ids, differences
from replay_recordings import load_recordings, read_exchanges
from replay_run import accepted, replay, rules

RECORDINGS = sorted(load_recordings())


@pytest.mark.shared
@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recorded_life_gets_the_recorded_replies(name: str, shared: Path, tmp_path: Path) -> None:
    folder = shared / "clearml_exchanges"
    server = start_server(tmp_path / "server")
    try:
        outcome = replay(server, folder, name)
    finally:
        server.stop()
    assert not outcome.failures, f"{len(outcome.failures)} differences\n" + "\n".join(outcome.failures[:30])
    assert outcome.replayed + len(outcome.left_out) == len(read_exchanges(folder, name))
    assert outcome.accepted == {rule.name: rule.counts[name] for rule in rules() if name in rule.counts}
    assert outcome.shortened == accepted()["shortened"]["lines"].get(name, [])


@pytest.mark.shared
def test_every_recording_is_replayed(shared: Path) -> None:
    files = (shared / "clearml_exchanges").glob("*.jsonl.gz")
    assert sorted(path.name.removesuffix(".jsonl.gz") for path in files) == RECORDINGS


def test_every_accepted_difference_and_left_out_call_has_a_reason() -> None:
    content = accepted()
    entries = [*content["left_out"], content["shortened"], *content["differences"]]
    assert all(len(entry["reason"].split()) >= 8 for entry in entries)
    assert len({rule.name for rule in rules()}) == len(rules())


@pytest.mark.parametrize(
    ("recorded", "ours", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {}, [("a", "missing")]),
        ({}, {"a": None}, [("a", "extra")]),
        ({"a": 1}, {"a": 1.0}, [("a", "type")]),
        ({"a": None}, {"a": 0}, [("a", "type")]),
        ({"a": [1, 2]}, {"a": [1]}, [("a", "length")]),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, [("a.0.b", "value")]),
        ({"t": "2026-11-22T08:41:24.684000+00:00"}, {"t": "2030-01-01T00:00:00.000000+00:00"}, []),
        ({"t": "2026-11-22T08:41:24.684000+00:00"}, {"t": "2030-01-01T00:00:00.000Z"}, [("t", "value")]),
        ({"id": "a" * 32}, {"id": "b" * 32}, []),
        ({"url": f"x/{'a' * 32}/y"}, {"url": f"x/{'b' * 32}/y"}, []),
        ({"id": "c" * 32}, {"id": "b" * 32}, [("id", "value")]),
        ({"scroll_id": "<token>"}, {"scroll_id": "0"}, []),
        ({"scroll_id": "<token>"}, {"scroll_id": None}, [("scroll_id", "type")]),
    ],
)
def test_the_comparison_sees_what_it_must(recorded: object, ours: object, found: list[tuple[str, str]]) -> None:
    """A replay that overlooks a difference would prove nothing."""
    ids = Ids()
    ids.add("a" * 32, "b" * 32)
    assert [(item.path, item.kind) for item in differences(recorded, ours, ids)] == found
