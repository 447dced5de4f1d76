import json
import re
from dataclasses import replace

import pytest
from crafted_server import Reply

from redraft.answering.answer import AnswerTask, Place, answer_batch, answer_from, too_many_failed
from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.corpus.index import build_index, open_index
from redraft.errors import ModelUnavailable
from redraft.jsonl import dump_jsonl, parse_jsonl
from redraft.llm import ChatModel, Embedder, chat_endpoint, embedding_endpoint
from redraft.records import Answer, answer_id, make_prompt, make_variant

PLACE = Place(run_id="run", dataset_id="data", index_id="i-1", temperature=0.0)
EXTRACT = make_prompt("extract", "Copy out what helps, word for word.")
SHORT, LONG = make_prompt("answer", "Answer in one sentence."), make_prompt("answer", "Explain at length.")


def variant(prompt):
    return make_variant(
        answer_prompt_id=prompt.id,
        extract_prompt_id=EXTRACT.id,
        chat_model="model-a",
        endpoint="e",
        sampling="{}",
        retrieval="{}",
        embedder="m",
    )


def task(question, prompt=SHORT, sample=0):
    return AnswerTask(
        question=question, variant=variant(prompt), answer_prompt=prompt, extract_prompt=EXTRACT, sample=sample
    )


@pytest.fixture
def chunks(chunk):
    return [
        chunk("Install it with pip. It needs Python 3.9."),
        chunk("Use the installer.", "guide/windows.md", "Windows"),
    ]


def extracts(*items):
    return Reply(text=json.dumps({"extracts": [{"passage": number, "text": text} for number, text in items]}))


def is_extract(body):
    return "response_format" in body


def asked(body):
    return re.search(r"<question>\n(.*)\n</question>", body["messages"][1]["content"]).group(1)


def two_stages(body):
    return extracts((1, "Install it with pip.")) if is_extract(body) else Reply(text="With pip [1].")


def test_an_answer_holds_what_it_was_made_from(crafted_server, make_chat, log, chunks, question):
    crafted_server.otherwise = lambda body: (
        extracts((1, "Install it  with pip."), (2, "Use nothing.")) if is_extract(body) else Reply(text="With pip [1].")
    )
    one = question(answerable=True)
    (answer,) = answer_from([task(one)], {one.id: chunks}, chat=make_chat(), place=PLACE)
    assert answer.id == answer_id(variant(SHORT).id, one.id, "i-1", 0)
    assert (answer.run_id, answer.dataset_id, answer.index_id) == ("run", "data", "i-1")
    assert answer.chunk_ids == tuple(each.id for each in chunks)
    assert [(each.chunk_id, each.text) for each in answer.extracts] == [(chunks[0].id, "Install it with pip.")]
    assert (answer.text, answer.sources, answer.error) == ("With pip [1].", ("guide/install.md",), None)
    assert (answer.tokens_in, answer.tokens_out, answer.cost_usd) == (22, 14, None)
    assert answer.latency_s is not None
    assert answer.latency_s > 0
    assert (answer.checks.extracts_dropped, answer.checks.refusal_right) == (1, True)
    assert [(call.kind, call.question_id, call.variant_id) for call in log.calls] == [
        ("extract", one.id, None),
        ("answer", one.id, variant(SHORT).id),
    ]
    assert parse_jsonl(Answer, dump_jsonl(Answer, [answer]), name="answers") == [answer]


def test_the_answer_is_made_from_the_extracts_alone(crafted_server, make_chat, chunks, question):
    crafted_server.otherwise = two_stages
    one = question()
    answer_from([task(one)], {one.id: chunks}, chat=make_chat(), place=PLACE)
    message = crafted_server.requests[1]["messages"][1]["content"]
    assert "Install it with pip." in message
    assert "Python 3.9" not in message
    assert "installer" not in message


def test_when_no_extract_survives_the_model_answers_from_nothing(crafted_server, make_chat, chunks, question):
    crafted_server.otherwise = lambda body: (
        extracts((1, "Not there.")) if is_extract(body) else Reply(text="I don't know.")
    )
    one = question(answerable=False)
    (answer,) = answer_from([task(one)], {one.id: chunks}, chat=make_chat(), place=PLACE)
    assert "<passages>\n</passages>" in crafted_server.requests[1]["messages"][1]["content"]
    assert (answer.extracts, answer.checks.extracts_dropped, answer.checks.refusal_right) == ((), 1, True)


def test_without_passages_there_is_nothing_to_extract_from(crafted_server, make_chat, question):
    one = question()
    (answer,) = answer_from([task(one)], {one.id: []}, chat=make_chat(), place=PLACE)
    assert (len(crafted_server.requests), answer.chunk_ids, answer.text) == (1, (), "OK")


def test_variants_that_share_the_extract_prompt_share_the_extracts(crafted_server, make_chat, log, chunks, question):
    crafted_server.otherwise = two_stages
    one, other = question("One?"), question("Other?")
    tasks = [task(q, prompt) for q in (one, other) for prompt in (SHORT, LONG)]
    answers = answer_from(tasks, {one.id: chunks, other.id: chunks}, chat=make_chat(), place=PLACE)
    assert sorted(call.kind for call in log.calls) == ["answer"] * 4 + ["extract"] * 2
    assert [(a.question_id, a.variant_id) for a in answers] == [(t.question.id, t.variant.id) for t in tasks]
    assert [answer.tokens_in for answer in answers] == [22] * 4


def test_a_second_sample_has_its_own_id_and_seed(crafted_server, make_chat, chunks, question):
    crafted_server.otherwise = two_stages
    one = question()
    answers = answer_from([task(one), task(one, sample=1)], {one.id: chunks}, chat=make_chat(), place=PLACE)
    assert len({answer.id for answer in answers}) == 2
    assert sorted(body.get("seed", 0) for body in crafted_server.requests if not is_extract(body)) == [0, 1]


def test_an_answer_starts_as_soon_as_its_own_extracts_are_there(crafted_server, make_chat, chunks, question):
    """One slow extract call does not hold up the other questions' second stage."""
    crafted_server.otherwise = lambda body: Reply(
        text=two_stages(body).text, delay_s=0.8 if is_extract(body) and asked(body) == "Slow?" else 0.0
    )
    questions = [question("Slow?"), *(question(f"Fast {n}?") for n in range(6))]
    answer_from([task(q) for q in questions], {q.id: chunks for q in questions}, chat=make_chat(), place=PLACE)
    order = [(is_extract(body), asked(body)) for body in crafted_server.requests]
    assert order[-1] == (False, "Slow?")
    assert len(order) == 14


@pytest.mark.parametrize("stage", ["extract", "answer"])
def test_one_failed_question_loses_no_other(crafted_server, make_chat, log, chunks, question, stage):
    crafted_server.otherwise = lambda body: (
        Reply(status=500, error="broken")
        if asked(body) == "Bad?" and is_extract(body) == (stage == "extract")
        else two_stages(body)
    )
    questions = [question("Good?"), question("Bad?"), question("Fine?")]
    answers = answer_from(
        [task(q) for q in questions], {q.id: chunks for q in questions}, chat=make_chat(), place=PLACE
    )
    assert [answer.error is None for answer in answers] == [True, False, True]
    bad = answers[1]
    assert (bad.text, bad.sources, bad.checks.refused) == (None, (), None)
    assert bad.error == ("extract: HTTP 500: broken" if stage == "extract" else "HTTP 500: broken")
    assert bad.chunk_ids
    assert log.n_failed == 1


def test_prose_instead_of_extracts_is_searched_for_what_was_copied(crafted_server, make_chat, chunks, question):
    crafted_server.otherwise = lambda body: (
        Reply(text="Here:\n- Install it with pip.\nBye.") if is_extract(body) else Reply(text="With pip.")
    )
    one = question()
    (answer,) = answer_from([task(one)], {one.id: chunks}, chat=make_chat(), place=PLACE)
    assert [each.text for each in answer.extracts] == ["Install it with pip."]


def test_braces_in_documents_prompts_and_questions_mean_nothing(crafted_server, make_chat, chunk, question):
    crafted_server.otherwise = lambda body: extracts((1, "{user} {0} {{x}}")) if is_extract(body) else Reply(text="{y}")
    one = question("What is {system}?")
    prompt = make_prompt("answer", "Answer {question} as JSON: {}")
    (answer,) = answer_from([task(one, prompt)], {one.id: [chunk("{user} {0} {{x}}")]}, chat=make_chat(), place=PLACE)
    assert (answer.text, answer.extracts[0].text, answer.error) == ("{y}", "{user} {0} {{x}}", None)
    assert "Answer {question} as JSON: {}" in crafted_server.requests[1]["messages"][0]["content"]


def failed(error):
    return Answer(
        id="a", run_id="r", variant_id="v", question_id="q", dataset_id="d", index_id="i", sample=0, error=error
    )


@pytest.mark.parametrize(
    ("n_failed", "share", "too_many"),
    [(0, 0.0, False), (2, 0.2, False), (3, 0.2, True), (1, 0.0, True), (10, 1.0, False)],
)
def test_more_than_the_configured_share_of_failures_is_too_many(n_failed, share, too_many):
    answers = [failed("HTTP 500: x")] * n_failed + [failed(None)] * (10 - n_failed)
    assert (too_many_failed(answers, share) is not None) == too_many


def test_the_commonest_failure_is_named():
    answers = [failed("timed out"), failed("HTTP 500: x"), failed("timed out")]
    assert too_many_failed(answers, 0.5) == (
        "3 of 3 answers failed, more than answer.max_failed_share = 0.5 allows; 2 of them: timed out"
    )


@pytest.fixture
def stand_in(model_server, tmp_path, chunk):
    """The stand-in models and an index of three pages."""
    environ, config, log = {"OPENAI_BASE_URL": model_server, "OPENAI_API_KEY": "any"}, load_config(), CallLog()
    embedder = Embedder(
        embedding_endpoint(environ),
        "demo-embed",
        batch_size=8,
        max_concurrency=2,
        timeout_s=10,
        max_retries=1,
        step="t",
        log=log,
    )
    chat = ChatModel(chat_endpoint(environ), "demo-chat", settings=config.answer, step="t", log=log)
    pages = [
        chunk("Install the agent with `pip install quill`. Python 3.9 or newer is needed.", "install.md", "Install"),
        chunk("Notes are synchronised every 15 minutes.", "sync.md", "Synchronise"),
        chunk("Export notes with `quill export --format pdf`.", "export.md", "Export"),
    ]
    build_index(pages, embedder, tmp_path / "index", parent=None)
    with open_index(tmp_path / "index") as index:
        yield {"index": index, "chat": chat, "embedder": embedder, "retrieval": config.retrieval}


def test_a_batch_is_answered_by_the_stand_in_from_an_index(stand_in, question):
    tasks = [task(question("How often are notes synchronised?")), task(question("How do I export notes?"))]
    index = stand_in.pop("index")
    answers = answer_batch(tasks, index, **stand_in, run_id="run", dataset_id="data")
    assert [answer.question_id for answer in answers] == [each.question.id for each in tasks]
    assert "15 minutes" in (answers[0].text or "")
    assert "quill export --format pdf" in (answers[1].text or "")
    assert all(answer.index_id == index.id and answer.extracts and answer.error is None for answer in answers)
    assert all(answer.cost_usd == 0 for answer in answers)


def test_nothing_to_answer_asks_nothing(stand_in):
    index = stand_in.pop("index")
    assert answer_batch([], index, **stand_in, run_id="", dataset_id="") == []


def test_without_embeddings_of_the_questions_the_batch_fails_as_a_whole(stand_in, question):
    index, embedder = stand_in.pop("index"), stand_in.pop("embedder")
    gone = Embedder(
        embedding_endpoint(
            {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_ENDPOINT_NAME": embedder.endpoint.name}
        ),
        "demo-embed",
        batch_size=8,
        max_concurrency=1,
        timeout_s=5,
        max_retries=0,
        step="t",
        log=CallLog(),
    )
    with pytest.raises(ModelUnavailable):
        answer_batch([task(question())], index, **stand_in, embedder=gone, run_id="", dataset_id="")


def test_with_the_calculator_a_batch_computes_and_the_number_is_no_invention(stand_in, question):
    sum_of, other = question("What is 13 raised to the .3432 power?"), question("How do I export notes?")
    index, chat = stand_in.pop("index"), stand_in.pop("chat")
    for on in (True, False):
        chat.settings = replace(chat.settings, calculator=on)
        answers = answer_batch([task(sum_of), task(other)], index, chat=chat, **stand_in, run_id="r", dataset_id="d")
        assert ("2.41160046266" in (answers[0].text or "")) is on
        assert "quill export --format pdf" in (answers[1].text or "")
        assert answers[0].checks.unsupported == ()


def test_a_number_is_computed_only_if_the_calculator_gave_it(crafted_server, make_chat, question):
    crafted_server.otherwise = lambda body: Reply(
        text="So it is 2.412, or 1,300 or 77." if body["messages"][-1]["role"] == "tool" else None,
        calls=()
        if body["messages"][-1]["role"] == "tool"
        else tuple(("calculator", f'{{"expression": "{sum_}"}}') for sum_ in ("13 ** .3432", "1299.6 + 0.1", "1/0")),
    )
    one = question("How much?")
    place = replace(PLACE, calculator=True)
    (answer,) = answer_from([task(one)], {one.id: []}, chat=make_chat(), place=place)
    assert answer.checks.unsupported == ("77",)
