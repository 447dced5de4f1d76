"""Twenty people at one review, with the page and the server killed in the middle: is every rating kept, and how soon?

    python benchmarks/reviewers.py --json reviewers.json        about two minutes
    python benchmarks/reviewers.py --seed 7 --quick             five people, half a minute

People (a thread each, in a page process that holds one `ReviewService`) work out what is theirs as the page does,
think, rate, change ratings and call questions bad. Two runs on the stand-in server, on this machine:

    quiet     nothing is killed; the review is closed while people rate
    killed    the page's process is killed (SIGKILL) and started anew, with new sessions; later the server's, which
              stays away for some seconds; then the review is closed while people rate

`clicked`: the rating is on the page's disk. `acknowledged`: the page says "saved". An acknowledged rating must be in
the closed review's merged file, once; a clicked one there or among the late ratings: every one in the history, none
twice. The peer is the SDK's own `Task.upload_artifact`, which checks nothing: seconds to save the same file.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from reviewers_world import Page, Server, make_review, seconds_to_save

from redraft.records import Rating


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many, and how long."""

    reviewers: int
    answers: int
    think: tuple[float, float] = (0.2, 1.0)  # seconds between two clicks of one person
    phase: tuple[float, float] = (5.0, 10.0)  # seconds between two events
    down: tuple[float, float] = (2.0, 6.0)  # seconds that the server is away


def run(size: Size, seed: int, server: Server, *, kills: bool) -> dict[str, Any]:
    """Let people rate until the review is closed; count what became of their ratings."""
    chance, project = random.Random(seed), "killed" if kills else "quiet"
    folder, pages, events = server.folder / project, [], {}
    folder.mkdir()
    task = make_review(project, size.answers, size.reviewers, seed)

    def open_page() -> Page:
        number = len(pages)
        arguments = [
            f"--project={project}", f"--task={task}", f"--session={number}", f"--seed={seed}",
            f"--reviewers={size.reviewers}", "--think", *map(str, size.think),
        ]  # fmt: skip
        pages.append(Page(folder, folder / f"page-{number}.jsonl", arguments, server.environment()))
        return pages[-1]

    try:
        page = open_page()
        time.sleep(chance.uniform(*size.phase))
        if kills:
            page.kill()
            events["page_killed"] = time.time()
            page = open_page()
            events["page_back"] = page.ready
            _wait(lambda: not _left(folder, task, session=0, reviewers=size.reviewers))
            events["page_recovered"] = time.time()
            time.sleep(chance.uniform(*size.phase))
            server.kill()
            events["server_killed"] = time.time()
            time.sleep(chance.uniform(*size.down))
            server.start()
            events["server_back"] = time.time()
            time.sleep(chance.uniform(*size.phase))
        page.tell("close")
        page.wait_for("close done")
        time.sleep(2 * size.think[1])  # they go on for a moment
        page.tell("hush")
        page.wait_for("hush done")
        page.end()
        return figures([row for page in pages for row in page.rows()], events, **kept(project, task))
    finally:
        for each in pages:
            each.kill()


def kept(project: str, task: str) -> dict[str, list[Rating]]:
    """Every row of a rating that the server has, by where it is."""
    from redraft.tracking.artifacts import artifact_urls, get_records
    from redraft.tracking.history import find_sources, load_history
    from redraft.tracking.server import find_tasks

    sources = find_sources(project)
    late = [each["id"] for each in find_tasks(tags=["redraft-late-ratings"], only_fields=[]) if each["id"] in sources]
    return {
        "merged": get_records(task, "ratings", Rating),
        "late": [
            row for each in late if "ratings" in artifact_urls(each) for row in get_records(each, "ratings", Rating)
        ],
        "history": list(load_history(sources).ratings),
    }


def figures(
    rows: Sequence[dict[str, Any]],
    events: dict[str, float],
    *,
    merged: Sequence[Rating],
    late: Sequence[Rating],
    history: Sequence[Rating],
) -> dict[str, Any]:
    """Count and time; `lost` and `doubled` must be 0."""
    clicked = {row["id"]: row for row in rows if row["what"] == "clicked"}
    acknowledged = {row["id"]: row["at"] for row in rows if row["what"] == "acknowledged"}
    closing = next(row for row in rows if row["what"] == "closed")
    in_merged, in_late = ids(merged), ids(late)
    everything = {rating.id: rating for rating in (*merged, *late, *history)}
    last = {(r.reviewer, r.answer_id): r.id for r in sorted(everything.values(), key=lambda r: (r.created, r.id))}
    found: dict[str, Any] = {
        "clicked": len(clicked),
        "acknowledged": len(acknowledged),
        "merged": len(merged),
        "late": len(late),
        "acknowledged_not_merged": len(acknowledged.keys() - in_merged.keys()),
        "lost": len(clicked.keys() - everything.keys()),
        "doubled": doubles(merged) + doubles(late) + doubles(history),
        "merged_and_late": len(in_merged.keys() & in_late.keys()),
        "kept_unlogged": len(everything.keys() - clicked.keys()),  # the page was killed before it wrote the click down
        "history_differs": len(set(last.values()) ^ ids(history).keys()),
        "close_s": closing["seconds"],
        **{f"{name}_ms": 1000 * value for name, value in spread(row["rate_s"] for row in clicked.values()).items()},
    }
    found |= {f"course_{n}_ms": 1000 * v for n, v in spread(row["course_s"] for row in clicked.values()).items()}
    waits = {id_: acknowledged[id_] - row["at"] for id_, row in clicked.items() if id_ in acknowledged}
    first_event = min([*events.values(), closing["at"]])
    found |= {f"ack_{name}_s": value for name, value in spread(waits.values()).items()}
    calm = [wait for id_, wait in waits.items() if acknowledged[id_] < first_event]
    found |= {f"ack_quiet_{name}_s": value for name, value in spread(calm).items()}
    if events:
        back = events["server_back"]
        waited = [acknowledged[i] for i in waits if clicked[i]["at"] < back < acknowledged[i]]
        found |= {
            "page_away_s": events["page_back"] - events["page_killed"],
            "page_recovered_s": events["page_recovered"] - events["page_back"],
            "server_away_s": back - events["server_killed"],
            "server_waited": len(waited),
            "server_recovered_s": max(waited, default=back) - back,
        }
    return found


def ids(ratings: Iterable[Rating]) -> Counter[str]:
    """How often each rating is there."""
    return Counter(rating.id for rating in ratings)


def doubles(ratings: Iterable[Rating]) -> int:
    """How many rows there are beyond one a rating."""
    return sum(n - 1 for n in ids(ratings).values())


def spread(seconds: Iterable[float]) -> dict[str, float]:
    """p50, p95 and the largest."""
    found = sorted(seconds) or [float("nan")]
    return {"p50": statistics.median(found), "p95": found[int(0.95 * (len(found) - 1))], "max": found[-1]}


def _left(folder: Path, task: str, *, session: int, reviewers: int) -> list[Path]:
    """The journals of sessions that died, which nobody has handed in yet."""
    from redraft.tracking.inbox import writer_key

    writers = [writer_key(f"Reviewer {number}", str(session)) for number in range(reviewers)]
    return [path for writer in writers for path in (folder / "journal" / task).glob(f"{writer}-*")]


def _wait(check: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not check() and time.monotonic() < deadline:
        time.sleep(0.02)


def report(name: str, found: dict[str, Any]) -> None:
    """Print a run's counts and times."""
    print(f"\n{name}")
    for figure, value in found.items():
        print(f"  {figure:26}{value:10.3f}" if isinstance(value, float) else f"  {figure:26}{value:6}")


def main() -> None:
    """Run, print and save the figures; exit with 1 if a rating was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviewers", type=int, default=20, help="default 20")
    parser.add_argument("--answers", type=int, default=200, help="default 200")
    parser.add_argument("--seed", type=int, default=1, help="of plan, people, and the moments of the kills")
    parser.add_argument("--quick", action="store_true", help="5 people, 30 answers, the killed run alone, shorter")
    parser.add_argument("--only", choices=("quiet", "killed"), help="one of the runs")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    size = Size(reviewers=options.reviewers, answers=options.answers)
    if options.quick:
        size = Size(reviewers=5, answers=30, phase=(1.5, 3.0), down=(1.0, 2.0))
    logging.getLogger("clearml").setLevel(logging.CRITICAL)
    found: dict[str, Any] = {"seed": options.seed, **dataclasses.asdict(size)}
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        os.environ.update(server.environment())
        try:
            found["save"] = seconds_to_save(3 if options.quick else 20)
            report("one writer's file of 12 ratings, seconds to save", found["save"])
            for kind in ("quiet", "killed"):
                if options.only in (None, kind) and not (options.quick and kind == "quiet"):
                    found[kind] = run(size, options.seed, server, kills=kind == "killed")
                    report(kind, found[kind])
        finally:
            server.kill()
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    faults = ("lost", "doubled", "acknowledged_not_merged", "history_differs")
    raise SystemExit(int(any(found[kind][name] for kind in ("quiet", "killed") if kind in found for name in faults)))


if __name__ == "__main__":
    main()
