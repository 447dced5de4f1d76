"""Help channels: Slack threads and tables of questions become documents that a person can open."""

from __future__ import annotations

import json

import pytest

from redraft.corpus.documents import read_documents

USERS = json.dumps([{"id": "U1", "profile": {"display_name": "Ann"}}, {"id": "U2", "real_name": "Bob"}])
CHANNELS = json.dumps([{"id": "C1", "name": "help"}])


def message(ts: str, text: str, **fields: object) -> dict[str, object]:
    return {"type": "message", "ts": ts, "text": text, "user": "U1", **fields}


@pytest.fixture
def export(write_docs):
    """A Slack export with one thread over two days and one lone question."""
    first = [
        message("100.0001", "How do I stop <@U2>'s server?\n# now", thread_ts="100.0001", team="T1"),
        message("101.0001", "<@U1> has joined", subtype="channel_join"),
        message("102.0001", "Try &lt;ctrl&gt; or <https://x.org|this>", thread_ts="100.0001", user="U2"),
        message("103.0001", "A lone question", permalink="https://acme.slack.com/archives/C1/p103"),
    ]
    second = [
        message("200.0001", "It works: ```kill 1```", thread_ts="100.0001"),
        message("201.0001", "   "),
        {"type": "other"},
        "no message",
    ]
    return write_docs(
        {
            "slack/users.json": USERS,
            "slack/channels.json": CHANNELS,
            "slack/help/2026-01-01.json": json.dumps(first),
            "slack/help/2026-01-02.json": json.dumps(second),
        }
    )


def test_a_thread_is_one_document_with_its_question_and_all_replies(export, docs_settings):
    corpus = read_documents(export, docs_settings)

    thread, lone = corpus.documents
    assert corpus.skipped == ()
    assert (thread.path, thread.source_kind) == ("slack/help#100.0001", "slack")
    assert thread.title == "#help: How do I stop @Bob's server?"
    assert thread.text == (
        "**Question** (Ann):\n\nHow do I stop @Bob's server?\n\\# now\n\n"
        "**Reply** (Bob):\n\nTry <ctrl> or [this](https://x.org)\n\n"
        "**Reply** (Ann):\n\nIt works: \n```\nkill 1\n```"
    )
    assert lone.text == "**Question** (Ann):\n\nA lone question"


def test_a_thread_can_be_opened(export, docs_settings):
    thread, lone = read_documents(export, docs_settings).documents

    assert thread.source_url == "https://app.slack.com/client/T1/C1/thread/C1-100.0001"
    assert lone.source_url == "https://acme.slack.com/archives/C1/p103"


def test_a_broken_day_loses_no_other_day(export, docs_settings):
    (export / "slack/help/2026-01-02.json").write_text("[{")

    corpus = read_documents(export, docs_settings)

    assert len(corpus.documents) == 2
    assert [(s.path, s.reason[:28]) for s in corpus.skipped] == [("slack/help", "2026-01-02.json: not JSON (E")]


def test_broken_user_names_stay_ids(export, docs_settings):
    (export / "slack/users.json").write_text("{}")

    corpus = read_documents(export, docs_settings)

    assert corpus.documents[1].text == "**Question** (U1):\n\nA lone question"
    assert corpus.skipped[0].reason == "users.json: expected a JSON list, found dict"


def test_json_that_is_no_export_is_an_unknown_kind(write_docs, docs_settings):
    folder = write_docs({"a.md": "x", "help/2026-01-01.json": "[]", "data.json": "{}"})

    assert [skip.reason for skip in read_documents(folder, docs_settings).skipped] == [
        "unknown kind of file (.json)"
    ] * 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faq.csv", 'Question,Answer,URL\n"What, then?","It\nis ""x""",https://x.org/1\n'),
        ("faq.csv", 'question;answer;url\n"What, then?";"It\nis ""x""";https://x.org/1\n'),
        ("faq.jsonl", '{"question": "What, then?", "answer": "It\\nis \\"x\\"", "url": "https://x.org/1"}\n\n'),
    ],
)
def test_a_question_with_its_answer_is_one_document(write_docs, docs_settings, name, content):
    folder = write_docs({name: content})

    (document,) = read_documents(folder, docs_settings).documents

    assert document.title == "What, then?"
    assert document.text == '**Question:** What, then?\n\n**Answer:** It\nis "x"'
    assert document.source_url == "https://x.org/1"
    assert document.path.startswith(f"{name}#")


def test_a_row_keeps_its_path_when_another_is_put_above(write_docs, docs_settings):
    folder = write_docs({"faq.csv": "question,answer\nOne?,1\n"})
    before = read_documents(folder, docs_settings).documents[0].path

    (folder / "faq.csv").write_text("question,answer\nZero?,0\nOne?,1\nOne?,1\n")

    assert before in [document.path for document in read_documents(folder, docs_settings).documents]


def test_wrong_rows_are_named_and_the_others_read(write_docs, docs_settings):
    folder = write_docs({"faq.jsonl": '{"question": "A?", "answer": "a"}\n{oops\n[1]\n{"question": "B?"}\n'})

    corpus = read_documents(folder, docs_settings)

    assert [document.title for document in corpus.documents] == ["A?"]
    assert [skip.reason for skip in corpus.skipped] == [
        "line 2: not JSON (Expecting property name enclosed in double quotes)",
        "line 3: expected a JSON object, found list",
        "line 4: no answer",
    ]


def test_chinese_columns_are_known(write_docs, docs_settings):
    folder = write_docs({"faq.csv": "问题,答案\n怎么运行？,用命令。\n"})

    assert read_documents(folder, docs_settings).documents[0].title == "怎么运行？"
