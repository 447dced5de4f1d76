"""`redraft doctor`: whether this set-up can run the pipeline, by doing what a run does."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli.terminal import say

if TYPE_CHECKING:
    from redraft.tracking.doctor.finding import Finding

UNHEALTHY = 1
BEFORE_AGENTS = ("client", "server", "queues", "code")  # without these no probe is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person asked the doctor for."""

    project: str
    profile: Path | None
    only: tuple[str, ...]  # names of checks; empty: all
    agents: bool
    timeout_s: float  # for the probes


def doctor(
    agents: Annotated[
        bool, typer.Option("--agents", help="Also run a probe task on each queue, which checks from there.")
    ] = False,
    project: Annotated[str, typer.Option(help="ClearML project of the runs.")] = "redraft",
    profile: Annotated[
        Path | None, typer.Option(help="Configuration file, as for `redraft run`.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Make only the check of this name; may be given several times.")
    ] = None,
    timeout_s: Annotated[int, typer.Option("--timeout", min=1, help="Seconds that --agents waits.")] = 900,
) -> None:
    """Check the set-up by doing what a run does: sign in, upload a file, embed a word, find the code on its remote.

    Each check says pass, warn or fail, with what to do. If one fails, the command ends with exit code 1.
    """
    wanted = Wanted(project=project, profile=profile, only=tuple(only or ()), agents=agents, timeout_s=float(timeout_s))
    findings: list[Finding] = []
    out = sys.stdout
    with redirect_stdout(sys.stderr):  # where the SDK's own messages go
        for finding in _findings(wanted):
            findings.append(finding)
            if not as_json:
                with redirect_stdout(out):
                    _show(finding)
    healthy = all(finding.verdict != "fail" for finding in findings)
    if as_json:
        from redraft.tracking.doctor.finding import plain

        say(json.dumps({"healthy": healthy, "findings": plain(findings)}, indent=2))
    else:
        say("healthy" if healthy else "not healthy: mend what failed, then ask again")
    if not healthy:
        raise typer.Exit(UNHEALTHY)


def _findings(wanted: Wanted) -> Iterator[Finding]:
    """Examine the configured server, or the stand-in with two agents, as `redraft run` would use it."""
    from redraft.cli.connect import await_agents, connected
    from redraft.cli.local import uses_stand_in_server, with_stand_in_models
    from redraft.cli.page_note import running_page
    from redraft.config import load_config
    from redraft.errors import InputError
    from redraft.tracking.doctor.agents import probe_agents
    from redraft.tracking.doctor.before_launch import subject_of
    from redraft.tracking.doctor.checks import ALL
    from redraft.tracking.doctor.finding import examine_all

    names = [check.name for check in ALL]
    unknown = [name for name in wanted.only if name not in names]
    if unknown:
        raise InputError(f"doctor: there is no check {unknown[0]!r}; there are: {', '.join(names)}")
    local = uses_stand_in_server(os.environ)
    config = load_config(with_stand_in_models(wanted.profile, os.environ) if local else wanted.profile)
    with connected(agents=local, model=local) as services:
        if local:
            services.start_agents(config.queues)
            await_agents(services)
        page = running_page(services.folder)
        subject = subject_of(config, wanted.project, page_url=config.keeper.page_url or (page.url if page else ""))
        failed = set()
        for finding in examine_all([check for check in ALL if not wanted.only or check.name in wanted.only], subject):
            if finding.verdict == "fail":
                failed.add(finding.check)
            _hurry(finding)
            yield finding
        if wanted.agents and not failed.intersection(BEFORE_AGENTS):
            yield from probe_agents(subject, timeout_s=wanted.timeout_s)


def _hurry(finding: Finding) -> None:
    """Once the server has answered, let a later silence be told within seconds."""
    from redraft.tracking.server import fail_soon

    if finding.check == "server" and finding.verdict == "pass":
        fail_soon()


def _show(finding: Finding) -> None:
    say(f"{finding.verdict}  {finding.check:<17} {finding.words}")
    if finding.remedy:
        say(f"      {'':<17} -> {finding.remedy}")
