"""The loop in one process: first with a simulated world and no model, then with the stand-in model over HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from made_records import EXTRACT, INDEX, SEED, question, questions, variant, write_settings

from redraft.answering.answer import AnswerTask, Place, answer_from
from redraft.call_log import CallLog
from redraft.cli.reviewers import SeenPassage, rate_answer, reviewer_for_slot
from redraft.config import load_config
from redraft.learning.candidates import ModelWriter
from redraft.learning.history import History, current_variant
from redraft.learning.labels import waiting_for_yes
from redraft.learning.loop import Iteration, World, run_iteration
from redraft.learning.protocols import NeededAnswer, WritingBrief, Written
from redraft.learning.rounds import WritingRound
from redraft.llm import ChatModel, Endpoint
from redraft.records import Answer, Candidate, Chunk, PlanItem, Rating, answer_id, content_id, make_prompt

CONFIG = load_config()


def iteration(number: int, *, seed: int, n_questions: int = 9) -> Iteration:
    return Iteration(
        writing=WritingRound(
            questions=questions(n_questions, 3),
            seed_variant=variant(),
            seed_prompts=(SEED, EXTRACT),
            settings=write_settings(),
            n_candidates=4,
            writer_model="writer",
            interval=0.9,
            seed=seed * 1000 + number,
            run_id=f"run-{number}",
        ),
        index_id=INDEX,
        plan=dataclasses.replace(CONFIG.plan, reviewers=3),
        decide=CONFIG.decide,
        ratings=24,
        promote="auto",
        now=float(number),
    )


def chance(*parts: object) -> float:
    """A number from 0 to 1 that depends on the parts alone."""
    return int(content_id("chance", *map(str, parts))[-8:], 16) / 0xFFFFFFFF


class Simulation:
    """A world with a known truth: how good a prompt is stands in its text. It has no model."""

    def __init__(self, seed: int, *, worst_edit: float = -0.4) -> None:
        self.seed = seed
        self.worst_edit = worst_edit  # rating points; the best one brings 1.2 more

    def world(self) -> World:
        """Return who writes, answers and rates."""
        return World(write=self.write, answer=self.answer, rate=self.rate)

    @staticmethod
    def quality(text: str) -> float:
        """Return the expected rating of a prompt, 1 to 5."""
        return float(text.split()[-1]) if text != SEED.text else 2.0

    def write(self, brief: WritingBrief) -> Written:
        """Candidates are a little better than their parent on average, unless edits hurt."""
        parent = self.quality(brief.parent.text)
        better = [parent + 1.2 * chance(brief.seed, n) + self.worst_edit for n in range(brief.n_candidates)]
        prompts = [make_prompt(brief.parent.kind, f"Prompt {brief.seed} of quality {q:.3f}") for q in better]
        return Written(candidates=tuple(Candidate(prompt=prompt, accepted=True) for prompt in prompts))

    def answer(self, history: History, needed: Sequence[NeededAnswer]) -> list[Answer]:
        """Answer without saying anything."""
        del history
        return [
            Answer(
                id=answer_id(n.variant_id, n.question_id, INDEX, n.sample),
                run_id="",
                variant_id=n.variant_id,
                question_id=n.question_id,
                dataset_id="",
                index_id=INDEX,
                sample=n.sample,
                text="text",
            )
            for n in needed
        ]

    def rate(self, history: History, plan: Sequence[PlanItem]) -> list[Rating]:
        """Rate by the prompt's truth, the question's hardness and noise."""
        ratings = []
        for item in plan:
            given = history.answers[item.answer_id]
            prompt = history.prompt(history.variant(given.variant_id).answer_prompt_id)
            hardness = 1.2 * (chance(self.seed, given.question_id) - 0.5)
            noise = 1.6 * (chance(self.seed, item.answer_id, item.reviewer_slot) - 0.5)
            score = min(5, max(1, round(self.quality(prompt.text) + hardness + noise)))
            ratings.append(rating_of(item, f"reviewer {item.reviewer_slot}", score, len(history.decisions)))
        return ratings


def rating_of(item: PlanItem, reviewer: str, score: int, created: int, comment: str | None = None) -> Rating:
    return Rating(
        id=content_id("rating", item.review_key, item.answer_id, reviewer),
        review_key=item.review_key,
        answer_id=item.answer_id,
        reviewer=reviewer,
        score=score,
        comment=comment,
        position=item.position,
        created=float(created),
    )


def run(simulation: Simulation, n: int) -> History:
    history = History()
    for number in range(n):
        history = run_iteration(history, iteration(number, seed=simulation.seed), simulation.world())
    return history


def current_quality(history: History) -> float:
    return Simulation.quality(history.prompt(current_variant(history, variant()).answer_prompt_id).text)


def test_with_ten_seeds_the_current_prompt_is_truly_better_after_five_iterations_nearly_always() -> None:
    qualities = [current_quality(run(Simulation(seed), 5)) for seed in range(10)]

    assert sum(quality > 2.3 for quality in qualities) >= 9, qualities
    assert sum(qualities) / 10 > 3.0


def test_when_every_edit_hurts_the_seed_prompt_stays_nearly_always() -> None:
    histories = [run(Simulation(seed, worst_edit=-1.3), 4) for seed in range(10)]

    assert sum(history.current_variant_id is None for history in histories) >= 9


def test_every_decision_rests_on_figures_and_says_what_it_rests_on() -> None:
    for decided in run(Simulation(1), 3).decisions:
        assert decided.figures is not None
        assert decided.figures.expected_gain is not None
        assert f"on {decided.figures.n_ratings} ratings" in decided.evidence


def test_as_long_as_nobody_says_yes_the_seed_prompt_is_current_and_candidates_still_get_better() -> None:
    simulation, history = Simulation(4), History()
    for number in range(5):
        asked = dataclasses.replace(iteration(number, seed=simulation.seed), promote="confirm")
        history = run_iteration(history, asked, simulation.world())

    assert current_variant(history, variant()) == variant()
    assert "promote" not in {decided.kind for decided in history.decisions}
    newest = waiting_for_yes(history)
    assert newest is not None
    assert Simulation.quality(history.prompt(history.variant(newest.variant_id).answer_prompt_id).text) > 2.5


def test_every_iteration_adds_records_and_one_decision() -> None:
    history = run(Simulation(1), 3)

    assert len(history.decisions) == 3
    assert len(history.ratings) == 72
    assert len(history.plan) == 72
    assert len(history.candidates) == 12
    assert len({item.review_key for item in history.plan}) == 3


def test_the_same_seed_twice_gives_the_same_history() -> None:
    assert run(Simulation(2), 2) == run(Simulation(2), 2) != run(Simulation(3), 2)


PAGES = {
    "install.md": "Install the agent with `pip install quill`. Python 3.9 or newer is needed. Run `quill init` once.",
    "projects.md": "A project holds notes. Create a project with `quill new NAME`. A project cannot be cloned.",
    "sync.md": "Notes are synchronised every 15 minutes. Change it with `quill config sync.minutes 5`.",
    "export.md": "Export notes with `quill export --format pdf`. Formats are pdf, html and md.",
}
ASKED = (
    question("How do I install it?", answerable=True),
    question("Which Python version is needed?", answerable=True),
    question("How often are notes synchronised?", answerable=True),
    question("How do I export notes as pdf?", answerable=True),
    question("Can a project be cloned?", answerable=True),
    question("How do I delete my account for ever?", answerable=False),
    question("Which export formats are there?", split="val", answerable=True),
    question("How do I create a project?", split="val", answerable=True),
)


@pytest.fixture
def model(model_server: str) -> ChatModel:
    endpoint = Endpoint(base_url=model_server, api_key="any", name="stand-in")
    return ChatModel(endpoint, "demo-chat", settings=CONFIG.answer, step="test", log=CallLog())


class ModelWorld:
    """The stand-in model writes and answers, the stand-in reviewers rate."""

    def __init__(self, chat: ChatModel) -> None:
        self.chat = chat
        self.chunks = [
            Chunk(id=content_id("c", path, path, text), document_path=path, heading_path=path, text=text, ordinal=0)
            for path, text in PAGES.items()
        ]

    def world(self) -> World:
        """Return who writes, answers and rates."""
        return World(write=ModelWriter(self.chat), answer=self.answer, rate=self.rate)

    def answer(self, history: History, needed: Sequence[NeededAnswer]) -> list[Answer]:
        """Answer from all pages."""
        tasks = []
        for one in needed:
            of = history.variant(one.variant_id)
            tasks.append(
                AnswerTask(
                    question=history.questions[one.question_id],
                    variant=of,
                    answer_prompt=history.prompt(of.answer_prompt_id),
                    extract_prompt=history.prompt(of.extract_prompt_id),
                    sample=one.sample,
                )
            )
        place = Place(run_id="run", dataset_id="d", index_id=INDEX, temperature=0.0)
        return answer_from(tasks, {q.id: self.chunks for q in ASKED}, chat=self.chat, place=place)

    def rate(self, history: History, plan: Sequence[PlanItem]) -> list[Rating]:
        """Rate as the demo does."""
        passages = [SeenPassage(text=chunk.text, source=chunk.document_path) for chunk in self.chunks]
        ratings = []
        for item in plan:
            given, reviewer = history.answers[item.answer_id], reviewer_for_slot(item.reviewer_slot)
            verdict = rate_answer(reviewer, history.questions[given.question_id], given, passages, seed=1)
            ratings.append(rating_of(item, reviewer.name, verdict.score, len(history.decisions), verdict.comment))
        return ratings


def test_the_loop_runs_with_the_stand_in_model_and_reviewers(model: ChatModel) -> None:
    history = History()
    for number in range(3):
        one = iteration(number, seed=1)
        one = dataclasses.replace(one, writing=dataclasses.replace(one.writing, questions=ASKED))
        history = run_iteration(history, one, ModelWorld(model).world())

    accepted = [candidate for candidate in history.candidates if candidate.accepted]
    assert len(accepted) >= 6, [candidate.reasons for candidate in history.candidates]
    assert any(edit.theme_id for candidate in accepted for edit in candidate.prompt.edits)
    assert [decision.kind for decision in history.decisions].count("promote") >= 1
    assert all(answer.error is None for answer in history.answers.values())
