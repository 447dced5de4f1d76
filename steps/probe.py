"""Finds out whether an agent can do what a run asks of it: `redraft doctor --agents` sends it to each queue.

It signs in, uploads a file and reads it back, asks the models for a word and reads the run's inputs, all from there.
Alone, on this machine:

    python steps/probe.py --project redraft --pipeline_task ID
"""

from __future__ import annotations

import json
import sys

from redraft.config import over_defaults, parse_yaml
from redraft.tracking.doctor.before_launch import subject_of
from redraft.tracking.doctor.checks import ON_AGENTS
from redraft.tracking.doctor.finding import examine_all, plain
from redraft.tracking.server import fail_soon
from redraft.tracking.step import CONFIG_OBJECT, configuration_text, log, open_step, run_step


def main() -> int:
    """Run the step."""
    step = open_step(__file__, ["project"], {})
    text = configuration_text(step.args["pipeline_task"] or step.id, CONFIG_OBJECT)
    config = over_defaults([("the probe's configuration", parse_yaml(text, name=CONFIG_OBJECT))])
    fail_soon()
    findings = list(examine_all(ON_AGENTS, subject_of(config, step.args["project"])))
    for finding in findings:
        log.info("%-5s %s: %s", finding.verdict, finding.check, finding.words)
    step.result(findings=json.dumps(plain(findings)))
    return 0


if __name__ == "__main__":
    sys.exit(run_step(main))
