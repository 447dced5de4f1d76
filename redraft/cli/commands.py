"""What the commands do, once their options are read."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redraft.cli.chosen import check_project_name, chosen_project, how_to_rate, project_option
from redraft.cli.connect import await_agents, connected
from redraft.cli.local import LocalServices, uses_stand_in_server, with_stand_in_models
from redraft.cli.page_note import running_page
from redraft.cli.terminal import NoLongerFollowed, command, say
from redraft.config import ROOT, load_config
from redraft.errors import InputError
from redraft.settings import Config

if TYPE_CHECKING:
    from redraft.cli.sheets import SheetOptions


def run_demo_command(iterations: int) -> None:
    """`redraft demo`."""
    # a configured server or model is the user's own: the demo touches neither
    for name in [
        name for name in os.environ if name.startswith(("CLEARML_", "TRAINS_", "OPENAI_", "REDRAFT_EMBEDDING_"))
    ]:
        del os.environ[name]
    os.environ["CLEARML_CONFIG_FILE"] = os.devnull + ".none"
    say("starting the stand-ins for ClearML's server and the model, and two agents ...")
    with connected(agents=True, alone=True) as services:
        from redraft.cli.demo import PROJECT, first_and_published, run_demo
        from redraft.cli.outcome import show_outcome
        from redraft.tracking.queues import default_queues
        from redraft.tracking.server import check_server
        from redraft.tracking.templates import ensure_template

        services.start_agents(default_queues())
        check_server()
        ensure_template(PROJECT)
        await_agents(services)
        results = run_demo(services, iterations=iterations, say=say)
        say("")
        show_outcome(PROJECT, results, say)
        say("")
        say(first_and_published(PROJECT, results))
        say(f"\nThe model and the reviewers are stand-ins: this shows the loop, not what a real model would do.\n"
            "The reviewers' minutes are made up.\n"
            f"Figures: {services.folder / 'demo.json'}\n\nNext:\n"
            "  make review                              the page: look at the history, rate the next iteration\n"
            "  make demo                                three more iterations\n"
            f"  {command()} ask \"How do I resume a run?\"\n"
            "                                           ask with the published prompt\n"
            f"  {command()} run --docs FOLDER --questions FILE\n"
            "                                           your own docs\n"
            "  make clean                               start over")  # fmt: skip


def run_command(
    project: str, profile: Path | None, overrides: Mapping[str, Any], *, agents: bool, stand_in_reviewers: bool
) -> None:
    """`redraft run`."""
    check_project_name(project)
    here = agents or uses_stand_in_server(os.environ)  # agents run on this machine, with its model endpoint
    config = load_config(with_stand_in_models(profile, os.environ) if here else profile, absolute(overrides))
    for warning in check_inputs(config):
        say(f"warning: {warning}")
    with connected(agents=here, model=here) as services:
        from redraft.tracking.datasets import resolve_docs
        from redraft.tracking.doctor.before_launch import check_code_and_models
        from redraft.tracking.estimating import estimated
        from redraft.tracking.given import given_questions, given_seed_prompts
        from redraft.tracking.prepare import docs_identity
        from redraft.tracking.queues import ensure_queues
        from redraft.tracking.runs import start_run
        from redraft.tracking.server import check_server
        from redraft.tracking.templates import ensure_template

        if here:
            services.start_agents(config.queues)
        check_server()
        docs_identity(resolve_docs(project, config.run.docs), config.docs)
        questions = given_questions(config.run.questions)
        given_seed_prompts(config.write.seed_prompts)
        check_code_and_models(config, project)
        say(estimated(project, config, questions))
        template = ensure_template(project)
        if here:
            await_agents(services)
        ensure_queues(config.queues)
        run = start_run(project, config, template=template)
        _follow(run, project, services, stand_in_reviewers=stand_in_reviewers)


def resume_command(
    project: str, iteration: int | None, limits: Mapping[str, str], *, agents: bool, stand_in_reviewers: bool
) -> None:
    """`redraft resume`."""
    local = uses_stand_in_server(os.environ)
    with connected(agents=agents or local, model=agents or local) as services:
        from redraft.tracking.estimating import estimated_resume
        from redraft.tracking.going_on import ENDED_WELL
        from redraft.tracking.queues import busy_tasks, queues_of_run
        from redraft.tracking.runs import latest_run, resume_run, stop_orphans
        from redraft.tracking.spending import raise_limits

        project = chosen_project(project)
        run = latest_run(project, iteration=iteration, refused=iteration is not None)
        if agents or local:
            services.start_agents(queues_of_run(run["id"]))
            await_agents(services)
        mine = local and services.holder is None  # nobody else's agents are at it
        if mine:
            stop_orphans(project)
        raise_limits(run["id"], limits)
        agent = busy_tasks().get(run["id"]) if run["status"] == "in_progress" and not mine else None
        if agent and not limits:
            say(f"run {run['id']} is at work on agent {agent}: nothing to resume, only to follow")
        else:
            if run["status"] not in ENDED_WELL and (left := estimated_resume(project, run["id"])):
                say(left)
            resume_run(run["id"], nobody_has_it=mine)  # refuses one that has ended well
        _follow(run["id"], project, services, stand_in_reviewers=stand_in_reviewers)


def status_command(project: str) -> None:
    """`redraft status`."""
    with connected() as services:
        from redraft.cli.outcome import show_outcome
        from redraft.tracking.history import find_sources
        from redraft.tracking.inbox import open_reviews
        from redraft.tracking.results import load_results
        from redraft.tracking.runs import latest_run
        from redraft.tracking.step import why_ended

        project = chosen_project(project)
        page = running_page(services.folder)
        if page:
            say(f"review page: {page.url}, of project {page.project}")
        try:
            run = latest_run(project)
        except InputError:
            if not find_sources(project):
                raise
            newest = "no run yet in this project"  # its history was restored or imported
        else:
            why = f": {' '.join(why_ended(run).split())}" if run["status"] in ("failed", "stopped") else ""
            newest = f"newest run: {run['id']}, {run['status']}{why}"
        show_outcome(project, load_results(project), say)
        say(newest)
        for review in open_reviews(project):
            say(f"open review of iteration {review.iteration} since {review.created[:16]}Z: task {review.task_id}")
            say(f"    {how_to_rate(services.folder, project)}")


def review_command(project: str, chosen: SheetOptions) -> None:
    """`redraft review` with a spreadsheet."""
    from redraft.cli.sheets import export_sheet, import_sheet
    from redraft.review_app.admission import check_name

    export, sheet = chosen.export, chosen.sheet
    if export is None and sheet is None:
        raise InputError("review --iteration is for a sheet", remedy="add --export FILE or --import FILE")
    if export is not None and sheet is not None:
        raise InputError("review: give either --export FILE or --import FILE, not both")
    if sheet is not None and not chosen.reviewer.strip():
        raise InputError("review --import must know whose ratings these are", remedy="give --reviewer NAME")
    reviewer = check_name(chosen.reviewer) if sheet is not None else ""
    with connected():
        project = chosen_project(project)
        if export is not None:
            say(export_sheet(project, export, iteration=chosen.iteration))
        elif sheet is not None:
            say(import_sheet(project, sheet, reviewer, keep_open=chosen.keep_open, iteration=chosen.iteration))


def ask_command(question: str, project: str, profile: Path | None, *, passages: bool) -> None:
    """`redraft ask`."""
    if not question.strip():
        raise InputError("ask: the question is empty")
    config = load_config(with_stand_in_models(profile, os.environ))
    with connected(model=True), tempfile.TemporaryDirectory() as folder:
        from redraft.tracking.asking import answer_question

        project = chosen_project(project)
        answered = answer_question(question, project, config, Path(folder))
        if answered.choice.role != "published":
            sys.stderr.write(f"project {project} has published no prompt yet: the seed prompt answers\n")
        say(answered.text)
        if passages:
            for chunk in answered.passages:
                say(f"\n--- {chunk.document_path}: {chunk.heading_path}\n{chunk.text}")


def absolute(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Paths that a person gave are relative to where they are, not to the repository."""
    found = dict(overrides)
    for key in ("run.docs", "run.questions", "write.seed_prompts"):
        if str(found.get(key) or "").strip() and not str(found[key]).startswith("dataset:"):
            found[key] = str(Path(found[key]).expanduser().absolute())
    return found


def check_inputs(config: Config) -> tuple[str, ...]:
    """Find what is wrong with the files before anything is started; return what a person should know."""
    from redraft.corpus.documents import fingerprint
    from redraft.questions import question_warnings, read_questions

    if not config.run.docs.startswith("dataset:"):
        fingerprint(ROOT / config.run.docs, config.docs)
    if config.run.questions.startswith("dataset:"):
        return ()  # of a version that is on the server
    return question_warnings(read_questions(ROOT / config.run.questions), name=config.run.questions)


def _follow(run: str, project: str, services: LocalServices, *, stand_in_reviewers: bool) -> None:
    from redraft.cli.demo import review_as_stand_ins
    from redraft.cli.follow import follow_run, next_run
    from redraft.cli.outcome import show_outcome
    from redraft.tracking.inbox import OpenReview
    from redraft.tracking.results import load_results

    services.resume = f"redraft resume{project_option(project)}"

    def tell(review: OpenReview) -> None:
        say(
            f"  review {review.task_id} waits for people: {how_to_rate(services.folder, project)}\n"
            f"  Ctrl-C stops {'waiting' if services.processes else 'following it'}; `{services.resume}` goes on."
        )

    on_review: Callable[[OpenReview], None] = tell
    if stand_in_reviewers:
        on_review = lambda review: review_as_stand_ins(review, say)  # noqa: E731 - one of two, chosen above
    following: str | None = run
    try:
        while following:
            task = follow_run(
                following, project, say=say, on_review=on_review, check=services.check, resume=services.resume
            )
            following = next_run(following, task["project"])
    except KeyboardInterrupt:
        if services.processes:  # they end with this command
            raise
        raise NoLongerFollowed(f"run {following} goes on by itself; `{services.resume}` follows it again") from None
    show_outcome(project, load_results(project), say)
