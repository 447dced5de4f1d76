from __future__ import annotations

from collections.abc import Sequence

from made_records import EXTRACT, SEED, answer, question, questions, rating, variant, writing

from redraft.answering.answer import AnswerTask, Place, answer_from
from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.learning.candidates import ModelWriter
from redraft.learning.history import make_history, with_prompt
from redraft.learning.smoke import SmokeTrials, smoke_questions, smoke_reasons
from redraft.llm import ChatModel, Endpoint
from redraft.records import Answer, Checks, Chunk, Extract, Prompt, Question, Variant, make_prompt

ASKED = question("how?")


def given(**checks: object) -> list[Answer]:
    return [answer("v", ASKED, checks=Checks(**checks))]


def test_only_what_the_parent_did_better_is_a_reason() -> None:
    assert len(smoke_reasons(given(citations_valid=0.5), given(citations_valid=1.0))) == 1
    assert smoke_reasons(given(citations_valid=0.5), given(citations_valid=0.5)) == ()
    assert smoke_reasons(given(citations_valid=0.5), given(citations_valid=None)) == ()
    assert len(smoke_reasons(given(quotes_found=0.5), given(quotes_found=1.0))) == 1
    assert len(smoke_reasons(given(sources_cited=False), given(sources_cited=True))) == 1


def test_a_refusal_that_got_wrong_is_a_reason_in_both_directions() -> None:
    right = given(refused=True, refusal_right=True)

    assert smoke_reasons(given(refused=False, refusal_right=False), right) == (
        f"does not refuse question {ASKED.id}; the parent is right",
    )
    assert "refuses" in smoke_reasons(
        given(refused=True, refusal_right=False), given(refused=False, refusal_right=True)
    )[0]  # fmt: skip
    assert smoke_reasons(right, given(refused=False, refusal_right=False)) == ()


def test_a_refusal_needs_no_citation() -> None:
    assert smoke_reasons(given(sources_cited=False, refused=True), given(sources_cited=True)) == ()


def test_failed_calls_say_nothing_of_a_prompt() -> None:
    failed = [answer("v", ASKED, error="timeout")]

    assert smoke_reasons(failed, given(citations_valid=1.0)) == ()
    assert smoke_reasons(given(citations_valid=0.0), failed) == ()


def test_an_empty_answer_is_a_reason_where_the_parent_has_one() -> None:
    assert smoke_reasons([answer("v", ASKED, text=" ")], given()) == (
        f"no answer to question {ASKED.id}; the parent has one",
    )


def test_val_questions_are_never_tried_and_an_unanswerable_one_always() -> None:
    unanswerable = question("no such thing?", answerable=False)
    asked = [*questions(5, 5), unanswerable]

    for seed in range(10):
        tried = smoke_questions(asked, 2, seed=seed)
        assert unanswerable in tried
        assert all(each.split == "dev" for each in tried)
    assert smoke_questions(asked, 0, seed=1) == ()
    assert smoke_questions([], 2, seed=1) == ()


def test_copying_out_what_no_passage_says_is_a_reason_where_the_parent_copies_better() -> None:
    kept = (Extract(chunk_id="c", text="Run it."),)
    half = [answer("v", ASKED, extracts=kept, checks=Checks(extracts_dropped=1))]
    whole = [answer("v", ASKED, extracts=kept * 3)]

    assert smoke_reasons(half, whole) == (
        f"copies out what no passage says for question {ASKED.id}; the parent copies better",
    )
    assert smoke_reasons(half, half) == smoke_reasons(whole, half) == smoke_reasons(given(), half) == ()


class Bot:
    """Answers by the prompts' words, and remembers what it was asked."""

    def __init__(self) -> None:
        self.tasks: list[AnswerTask] = []

    def answer(self, tasks: Sequence[AnswerTask]) -> list[Answer]:
        """A prompt that speaks of sources makes the answer cite one."""
        self.tasks += tasks
        return [
            answer(
                task.variant,
                task.question,
                text=f"{task.extract_prompt.text} {task.answer_prompt.text}",
                checks=Checks(sources_cited="source" in f"{task.answer_prompt.text}{task.extract_prompt.text}"),
            )
            for task in tasks
        ]


PARENT_PROMPT = make_prompt("answer", "Name the source.")
PARENT = variant(PARENT_PROMPT)


def trials_of(bot: Bot) -> SmokeTrials:
    history = make_history([SEED, EXTRACT, PARENT_PROMPT, PARENT])
    return SmokeTrials(questions=questions(2), history=history, answer=bot.answer)


def test_every_prompt_is_tried_on_every_question_in_its_parents_place_and_the_parent_once() -> None:
    bot, one, other = Bot(), make_prompt("answer", "Be brief."), make_prompt("answer", "Cite a source.")

    found = trials_of(bot)([one, other], parent=PARENT)

    assert [task.answer_prompt for task in bot.tasks] == [PARENT_PROMPT] * 2 + [one] * 2 + [other] * 2
    assert {task.extract_prompt for task in bot.tasks} == {EXTRACT}
    assert [trial.prompt_id for trial in found] == [one.id, other.id]
    assert [len(trial.reasons) for trial in found] == [2, 0]
    assert [a.text for a in found[0].answers] == ["Copy out what helps. Be brief."] * 2


def test_an_extract_prompt_is_tried_as_extract_prompt_with_the_parents_answer_prompt() -> None:
    bot, tried = Bot(), make_prompt("extract", "Copy little.")

    found = trials_of(bot)([tried], parent=PARENT)

    assert [(t.answer_prompt, t.extract_prompt) for t in bot.tasks[2:]] == [(PARENT_PROMPT, tried)] * 2
    assert [a.text for a in found[0].answers] == ["Copy little. Name the source."] * 2


def test_trial_answers_are_the_new_variants_and_no_other_variants() -> None:
    tried = make_prompt("answer", "Be brief.")

    answers = trials_of(Bot())([tried], parent=PARENT)[0].answers

    assert {each.variant_id for each in answers} == {with_prompt(PARENT, tried).id}
    assert len({each.id for each in answers}) == 2


def test_the_stand_in_model_writes_extract_prompts_that_are_tried_as_such(model_server: str) -> None:
    endpoint = Endpoint(base_url=model_server, api_key="any", name="stand-in")
    chat = ChatModel(endpoint, "demo-chat", settings=load_config().answer, step="test", log=CallLog())
    pages = {
        "install.md": "Welcome to Quill. Install the agent with `pip install quill`. Python 3.9 or newer is needed.",
        "sync.md": "Syncing is fun. Notes are synchronised every 15 minutes. Change it with `quill config sync 5`.",
        "export.md": "Exports are handy. Export notes with `quill export`. Formats are pdf, html and md.",
    }
    chunks = [
        Chunk(id=path, document_path=path, heading_path=path, text=text, ordinal=0) for path, text in pages.items()
    ]
    asked = [question("How do I install the agent?"), question("How often are notes synchronised?")]
    poor = make_prompt("extract", "Copy out text from the passages.")
    parent = with_prompt(variant(), poor)
    remarks = ("Too much irrelevant stuff, go without the tangents.", "Only half of my question was answered.")
    told = [answer(parent, q) for q in asked]
    ratings = [rating(a, 2, comment=remark) for a, remark in zip(told, remarks, strict=True)]
    history = make_history([SEED, EXTRACT, poor, parent, *asked, *told, *ratings])

    def answers(tasks: Sequence[AnswerTask]) -> list[Answer]:
        place = Place(run_id="run", dataset_id="d", index_id="i-1", temperature=0.0)
        return answer_from(tasks, {q.id: chunks for q in asked}, chat=chat, place=place)

    trials = SmokeTrials(questions=tuple(asked), history=history, answer=answers)
    brief = writing(history, asked, parent=poor, parent_variant_id=parent.id, n_candidates=6)
    written = ModelWriter(chat, try_prompts=trials)(brief)

    tried = [c.prompt for c in written.candidates if c.prompt.id in {trial.prompt_id for trial in written.trials}]
    assert len(tried) >= 2
    assert {prompt.kind for prompt in tried} == {"extract"}
    assert any(edit.theme_id for prompt in tried for edit in prompt.edits)
    before = {a.question_id: a.extracts for a in answers([_task(parent, SEED, poor, q) for q in asked])}
    after = [a for trial in written.trials for a in trial.answers]
    assert all(a.error is None for a in after)
    assert any(len(a.extracts) < len(before[a.question_id]) for a in after)


def _task(of: Variant, answer_prompt: Prompt, extract_prompt: Prompt, asked: Question) -> AnswerTask:
    return AnswerTask(question=asked, variant=of, answer_prompt=answer_prompt, extract_prompt=extract_prompt)
