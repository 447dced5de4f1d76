"""A writer model that is of no use: the iteration keeps the current prompt, says so, and keeps what was proposed."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence

import pytest
from fake_chat import FakeChat
from made_records import EXTRACT, SEED, answer, question, questions, rating, variant, write_settings, writing

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.learning.candidates import ModelWriter
from redraft.learning.history import History, make_history
from redraft.learning.loop import Iteration, World, run_iteration
from redraft.learning.protocols import NeededAnswer
from redraft.learning.rounds import WritingRound, WrittenRound, write_round
from redraft.learning.screen import NOTHING_ACCEPTED
from redraft.llm import ChatModel, ChatReply, Endpoint
from redraft.records import Answer, PlanItem, Rating

CONFIG = load_config()
N = 10
NOT_JSON = "the reply is not the JSON that was asked for"
CUT_OFF = '{"prompt": "Answer from the passages and cite your sources", "edits": [{"theme": "t-1", "sent'
NOTHING = ChatReply(text=None, error="the reply is empty (finish reason: stop)")
EMPTY = {"prompt": "", "edits": []}
PARENT_AGAIN = {"prompt": SEED.text, "edits": []}

USELESS = {
    "prose": ("I would cite sources and be brief.", NOT_JSON),
    "JSON cut off": (CUT_OFF, NOT_JSON),
    "nothing at all": (NOTHING, NOTHING.error),
    "an empty string": (EMPTY, "the prompt is empty"),
    "the parent ten times": (PARENT_AGAIN, "equal to its parent"),
    "JSON of another kind": ({"text": "Cite."}, "the reply has no `prompt`"),
}


def task() -> WritingRound:
    return WritingRound(
        questions=questions(6, 2),
        seed_variant=variant(),
        seed_prompts=(SEED, EXTRACT),
        settings=write_settings(),
        n_candidates=N,
        writer_model="writer",
        interval=0.9,
        seed=1,
        run_id="run-1",
    )


def written_by(chat: FakeChat) -> WrittenRound:
    return write_round(History(), task(), ModelWriter(chat))


@pytest.mark.parametrize("name", USELESS)
def test_every_useless_reply_is_a_rejected_candidate_with_one_reason_and_the_current_prompt_is_kept(
    chat: FakeChat, name: str
) -> None:
    reply, reason = USELESS[name]
    chat.enqueue("write", *[reply] * N)

    written = written_by(chat)

    assert [(c.accepted, c.reasons) for c in written.candidates] == [(False, (reason,))] * N
    assert (written.new, written.variants) == ((), (written.current,))
    assert written.sentence == NOTHING_ACCEPTED == "No candidate was accepted: the current prompt is kept."


def test_of_ten_equal_candidates_one_is_accepted(chat: FakeChat) -> None:
    chat.enqueue("write", *[{"prompt": "Answer with sources.", "edits": []}] * N)

    written = written_by(chat)

    first = written.candidates[0].prompt
    assert [c.accepted for c in written.candidates] == [True] + [False] * (N - 1)
    assert {c.reasons for c in written.candidates[1:]} == {(f"a duplicate of candidate {first.id}",)}
    assert len(written.new) == 1


def test_of_ten_equal_candidates_that_are_no_good_none_is_accepted(chat: FakeChat) -> None:
    chat.enqueue("write", *[{"prompt": "Answer {x} with sources.", "edits": []}] * N)

    written = written_by(chat)

    assert {c.reasons for c in written.candidates} == {("a placeholder that the parent does not have: {x}",)}
    assert written.new == ()


def test_one_good_reply_among_useless_ones_is_enough(chat: FakeChat) -> None:
    chat.enqueue("write", *[reply for reply, _ in USELESS.values()], {"prompt": "Cite sources.", "edits": []})

    assert [c.prompt.text for c in written_by(chat).candidates if c.accepted] == ["Cite sources."]


class People:
    """Answer and rate without a model."""

    def answer(self, history: History, needed: Sequence[NeededAnswer]) -> list[Answer]:
        """Answer whatever is needed."""
        return [answer(n.variant_id, history.questions[n.question_id], sample=n.sample) for n in needed]

    def rate(self, history: History, plan: Sequence[PlanItem]) -> list[Rating]:
        """Rate everything 3."""
        return [
            rating(history.answers[item.answer_id], 3, reviewer=f"r{item.reviewer_slot}", review_key=item.review_key)
            for item in plan
        ]


def test_the_iteration_goes_on_with_the_current_prompt_alone_and_loses_nothing(chat: FakeChat) -> None:
    chat.enqueue("write", *["Just cite."] * N)
    one = Iteration(
        writing=task(), index_id="i-1", plan=CONFIG.plan, ratings=8, promote="auto", decide=CONFIG.decide, now=1.0
    )

    history = run_iteration(
        make_history([]), one, World(write=ModelWriter(chat), answer=People().answer, rate=People().rate)
    )

    assert {history.answers[r.answer_id].variant_id for r in history.ratings} == {variant().id}
    assert len(history.ratings) == 8
    assert [(d.kind, d.variant_id) for d in history.decisions] == [("keep", variant().id)]
    assert [c.accepted for c in history.candidates] == [False]  # ten times the same prose: one record


@pytest.fixture
def prose_only(model_server: str) -> Iterator[ChatModel]:
    """The stand-in model, which says some prose and half of its JSON for as long as the test runs."""
    url = model_server.removesuffix("/v1") + "/faults"

    def put(**faults: float) -> None:
        request = urllib.request.Request(url, json.dumps(faults).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    put(rate_non_json=1.0)
    endpoint = Endpoint(base_url=model_server, api_key="any", name="stand-in")
    yield ChatModel(endpoint, "demo-chat", settings=CONFIG.answer, step="test", log=CallLog())
    put()


def test_a_model_that_spoils_its_json_over_http_has_every_candidate_rejected(prose_only: ChatModel) -> None:
    asked = question("how?")
    given = answer(variant(), asked)
    history = make_history([SEED, EXTRACT, variant(), asked, given, rating(given, 1, comment="No source!")])

    written = ModelWriter(prose_only)(writing(history, [asked], n_candidates=4))

    assert [(c.accepted, c.reasons) for c in written.candidates] == [(False, (NOT_JSON,))] * 4
    assert all(c.prompt.text.startswith("Sure! Here is the JSON") for c in written.candidates)
    assert written.themes == ()
