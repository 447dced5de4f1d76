"""Starting and stopping the stand-in: discovery file, port, lock, parent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Server


def test_the_discovery_file_says_where_the_server_is_and_nobody_else_may_read_it(start: Callable[..., Server]) -> None:
    running = start()
    path = running.folder / "server.json"
    found = json.loads(path.read_text())
    assert found == {
        "pid": running.process.pid,
        "url": running.url,
        "base_url": f"{running.url}/v1",
        "models": ["demo-chat", "demo-embed"],
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert running.url.startswith("http://127.0.0.1:")


def test_a_stop_is_clean_and_takes_the_discovery_file_away(start: Callable[..., Server]) -> None:
    running = start()
    assert running.stop() == 0
    assert not (running.folder / "server.json").exists()


def test_a_folder_keeps_its_port(start: Callable[..., Server]) -> None:
    first = start()
    first.stop()
    assert start().url == first.url


def test_a_second_server_on_a_folder_says_so(start: Callable[..., Server]) -> None:
    start()
    with pytest.raises(AssertionError, match=r"^exit code 3: a model stand-in already runs in .*\n$"):
        start()


def test_a_port_in_use_is_one_clear_line(start: Callable[..., Server]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AssertionError, match=rf"^exit code 2: cannot listen on 127.0.0.1:{port} .*\n$"):
            start("--port", str(port))


def test_a_rate_out_of_range_is_one_clear_line(start: Callable[..., Server]) -> None:
    with pytest.raises(AssertionError, match="exit code 2: rate_429 must be between 0 and 1, got 7"):
        start("--fault-429", "7")


def test_a_given_port_is_used(start: Callable[..., Server]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert start("--port", str(port)).url == f"http://127.0.0.1:{port}"


def test_it_ends_with_its_parent(start: Callable[..., Server]) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert parent.stdin is not None
    running = start("--exit-with-parent", str(parent.pid))
    assert running.process.poll() is None
    parent.stdin.close()  # the parent ends; nobody has waited for it yet
    assert running.process.wait(timeout=10) == 0
    parent.wait(timeout=10)


def test_it_imports_neither_the_product_nor_the_clients_it_serves() -> None:
    script = (
        "import sys, redraft.standins.openai_server.__main__;"
        "print(*sorted({m.split('.')[0] if not m.startswith('redraft') else m for m in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"clearml", "openai", "langchain", "langchain_core", "pandas", "chromadb"} & set(loaded)
    product = {m for m in loaded if m.startswith("redraft")} - {"redraft", "redraft.standins"}
    assert all(m.startswith("redraft.standins.openai_server") for m in product)


@pytest.mark.parametrize(
    ("part", "others"),
    [
        ("answerer", ["writer", "writer_wording", "writer_rules", "themes", "judge"]),
        ("extractor", ["writer", "writer_wording", "writer_rules", "themes", "judge"]),
        ("writer", ["answerer", "instructions", "instruction_cues", "language", "themes", "judge"]),
        ("themes", ["answerer", "instructions", "instruction_cues", "language", "writer_wording", "judge"]),
        ("judge", ["answerer", "instructions", "instruction_cues", "language", "writer_wording", "themes"]),
    ],
)
def test_the_parts_share_no_code_and_no_keyword_list(part: str, others: list[str]) -> None:
    package = "redraft.standins.openai_server"
    script = f"import sys, {package}.{part}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {f"{package}.{name}" for name in others} & set(loaded)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_it_stays_small(server: Server) -> None:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    resident_kb = int(status.split("VmRSS:")[1].split()[0])
    assert resident_kb < 120_000
    assert os.getpid() != server.process.pid
