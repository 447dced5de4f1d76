"""How fast the ClearML stand-in is: requests, memory, start, and a pipeline of the real SDK on it.

    python benchmarks/clearml_server.py --json figures.json        about two minutes
    python benchmarks/clearml_server.py --only requests            half a minute

Starts the stand-in on a fresh folder and port, and ends it. There is no peer that does the same, so the figures are
absolute ones for orientation: compare them with earlier ones of the same machine, and look at the load that is printed.

    get_rps_1, get_rps_8     tasks.get_by_id a second of a task with 20 parameters, by 1 and by 8 client processes
    edit_rps_1               tasks.edit a second: each is committed before the reply
    events_rps_1             batches of 10 scalars a second
    ..._cpu_us_...           the server's own CPU time for each of these requests, in µs: hardly depends on other load
    rss_mb                   memory of the server after all these requests
    start_s                  from starting the process until it accepts connections
    pipeline3_s              three trivial function steps, each in a process of its own, polled every 1.2 s:
                             `start_locally(run_pipeline_steps_locally=True)`, from the process's start to its end
    pipeline3_cached_s       the same again: every step comes from the cache
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

SECONDS = 4.0
REPETITIONS = 3
PIPELINE = """
import time
from clearml import PipelineController

def one(): return 1
def two(value): return int(value) + 1
def three(value): return int(value) + 1

if __name__ == "__main__":
    pipe = PipelineController(name="three", project="bench", version="1.0.0", pool_frequency=0.02, packages=False)
    options = {"cache_executed_step": True, "packages": False}
    pipe.add_function_step("one", one, function_return=["a"], **options)
    pipe.add_function_step("two", two, function_kwargs={"value": "${one.a}"}, function_return=["b"], **options)
    pipe.add_function_step("three", three, function_kwargs={"value": "${two.b}"}, function_return=["c"], **options)
    pipe.start_locally(run_pipeline_steps_locally=True)
    print("DONE", *sorted(node.status for node in pipe.get_processed_nodes().values()))
"""


@contextmanager
def started_server(folder: Path) -> Iterator[tuple[dict[str, Any], float]]:
    """Start the stand-in; what its `server.json` says, and after how many seconds."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "redraft.standins.clearml_server", "--dir", str(folder)]
    process = subprocess.Popen([*command, "--exit-with-parent", str(os.getpid())], stderr=subprocess.DEVNULL)
    try:
        while not (folder / "server.json").exists():
            if process.poll() is not None:
                raise SystemExit(f"the stand-in ended with status {process.returncode}")
            time.sleep(0.005)
        yield json.loads((folder / "server.json").read_text(encoding="utf-8")), time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


class Client:
    """One kept connection, as the SDK has it: GET with a JSON body and a token."""

    def __init__(self, server: dict[str, Any]) -> None:
        address = urlsplit(server["url"])
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        pair = base64.b64encode(f"{server['access_key']}:{server['secret_key']}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"}
        self._headers = {"Authorization": f"Bearer {self.ask('auth.login', {})['token']}"}

    def ask(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call an endpoint and return its data."""
        data: dict[str, Any] = json.loads(self.send(endpoint, json.dumps(body).encode()))["data"]
        return data

    def send(self, endpoint: str, content: bytes) -> bytes:
        """Send a prepared body; return the raw reply."""
        kind = "application/json-lines" if endpoint == "events.add_batch" else "application/json"
        self._connection.request("GET", f"/v2.23/{endpoint}", content, {**self._headers, "Content-Type": kind})
        reply = self._connection.getresponse()
        raw = reply.read()
        if reply.status != 200:
            raise SystemExit(f"{endpoint}: {raw.decode()}")
        return raw


def client_loop(server: dict[str, Any], endpoint: str, task: str, counts: Queue[int]) -> None:
    """Send requests for a few seconds and report how many were answered."""
    client, make = Client(server), REQUESTS[endpoint]
    contents = [make(task, number) for number in range(200)]
    client.send(endpoint, contents[0])
    begun, sent = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        client.send(endpoint, contents[sent % len(contents)])
        sent += 1
    counts.put(sent)


def _get(task: str, _number: int) -> bytes:
    return json.dumps({"task": task}).encode()


def _edit(task: str, number: int) -> bytes:
    return json.dumps({"task": task, "force": True, "comment": f"edit {number}"}).encode()


def _events(task: str, number: int) -> bytes:
    event = {"type": "training_stats_scalar", "task": task, "metric": "score", "variant": "mean"}
    return "\n".join(json.dumps({**event, "iter": number * 10 + i, "value": i / 10}) for i in range(10)).encode()


REQUESTS: dict[str, Callable[[str, int], bytes]] = {
    "tasks.get_by_id": _get,
    "tasks.edit": _edit,
    "events.add_batch": _events,
}

MEASURED = (
    ("get", "tasks.get_by_id", 1),
    ("get", "tasks.get_by_id", 8),
    ("edit", "tasks.edit", 1),
    ("events", "events.add_batch", 1),
)


def requests_per_second(server: dict[str, Any], endpoint: str, task: str, clients: int) -> tuple[float, float]:
    """Return what all clients together were answered in a second, and the server's CPU time in µs for each request.

    Both are medians over repetitions. Other load on the machine changes the first, the second hardly.
    """
    context, process_of_server = multiprocessing.get_context("fork"), psutil.Process(server["pid"])
    rates, costs = [], []
    for _ in range(REPETITIONS):
        before = process_of_server.cpu_times()
        counts: Queue[int] = context.Queue()
        processes = [context.Process(target=client_loop, args=(server, endpoint, task, counts)) for _ in range(clients)]
        for process in processes:
            process.start()
        total = sum(counts.get(timeout=60) for _ in processes)
        for process in processes:
            process.join()
        after = process_of_server.cpu_times()
        rates.append(total / SECONDS)
        costs.append((after.user + after.system - before.user - before.system) / total * 1e6)
    return statistics.median(rates), statistics.median(costs)


def measure_requests(server: dict[str, Any]) -> dict[str, float]:
    """Measure the four rates, and the memory after them."""
    client = Client(server)
    parameters = {f"p{n}": {"section": "Args", "name": f"p{n}", "value": str(n)} for n in range(20)}
    task = client.ask("tasks.create", {"name": "bench", "type": "custom", "hyperparams": {"Args": parameters}})["id"]
    figures = {}
    for name, endpoint, clients in MEASURED:
        figures[f"{name}_rps_{clients}"], figures[f"{name}_cpu_us_{clients}"] = requests_per_second(
            server, endpoint, task, clients
        )
    return figures | {"rss_mb": psutil.Process(server["pid"]).memory_info().rss / 1e6}


def measure_pipeline(server: dict[str, Any], folder: Path, status: str) -> float:
    """Run the pipeline once, with this status of every step; return its seconds."""
    script = folder / "three.py"
    script.write_text(PIPELINE, encoding="utf-8")
    hosts = dict.fromkeys(("CLEARML_API_HOST", "CLEARML_WEB_HOST", "CLEARML_FILES_HOST"), server["url"])
    keys = {"CLEARML_API_ACCESS_KEY": server["access_key"], "CLEARML_API_SECRET_KEY": server["secret_key"]}
    own = {"HOME": str(folder), "CLEARML_CACHE_DIR": str(folder), "CLEARML_CONFIG_FILE": server["config_file"]}
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env={**os.environ, **hosts, **keys, **own},
        capture_output=True,
        text=True,
        timeout=300,
    )
    seconds = time.perf_counter() - begun
    if done.returncode or f"DONE {status} {status} {status}" not in done.stdout:
        raise SystemExit(f"the steps are not all {status}:\n{done.stdout}{done.stderr}")
    return seconds


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument("--only", choices=["requests", "pipeline"], help="measure one half")
    options = parser.parse_args()
    print("load of the machine before:", *(f"{load:.1f}" for load in os.getloadavg()), file=sys.stderr)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, started_server(Path(name) / "server") as (server, start_s):
        figures["start_s"] = start_s
        if options.only != "pipeline":
            figures |= measure_requests(server)
        if options.only != "requests":
            figures["pipeline3_s"] = measure_pipeline(server, Path(name), "completed")
            figures["pipeline3_cached_s"] = measure_pipeline(server, Path(name), "cached")
    figures = {key: round(value, 2 if value < 100 else 0) for key, value in figures.items()}
    for key, value in figures.items():
        print(f"{key:20} {value:10,.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
