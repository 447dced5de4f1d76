import json

import pytest

from redraft.answering.extract import PassageText, extract_request, kept_passages, read_extracts
from redraft.answering.messages import user_message
from redraft.llm import NOT_JSON, ChatReply
from redraft.records import make_prompt

LINUX = "# Linux\n\nInstall it:\n\n```\npip  install quill\n    quill init\n```\n\nPython 3.9 is needed."
WINDOWS = "On Windows, use the installer from the downloads page."


@pytest.fixture
def chunks(chunk):
    return [chunk(LINUX), chunk(WINDOWS, "guide/windows.md", "Install > Windows")]


def parsed(*items):
    return ChatReply(text="...", parsed={"extracts": list(items)})


def prose(text):
    return ChatReply(text=text, error=NOT_JSON)


def test_an_extract_is_kept_as_it_stands_in_its_passage(chunks):
    found = read_extracts(parsed({"passage": 1, "text": "pip install quill quill init"}), chunks)
    assert [each.text for each in found.extracts] == ["pip  install quill\n    quill init"]
    assert (found.extracts[0].chunk_id, found.dropped, found.error) == (chunks[0].id, 0, None)


@pytest.mark.parametrize(
    "item",
    [
        {"passage": 1, "text": "pip install quill2"},
        {"passage": 1, "text": "install the whole thing"},
        {"passage": 2, "text": "Python 3.9 is needed."},
        {"passage": 3, "text": "Python 3.9 is needed."},
        {"passage": 0, "text": "Python 3.9 is needed."},
        {"passage": None, "text": "Python 3.9 is needed."},
        {"passage": -1, "text": "On Windows"},
        {"passage": 1, "text": "Python 3.9 ... needed."},
        "Python 3.9 is needed.",
    ],
)
def test_what_does_not_occur_in_the_passage_that_it_names_is_dropped_and_counted(chunks, item):
    found = read_extracts(parsed(item, {"passage": 2, "text": "On Windows"}), chunks)
    assert [each.text for each in found.extracts] == ["On Windows"]
    assert found.dropped == 1


@pytest.mark.parametrize(
    "text",
    ["“Python 3.9 is needed.”", '"Python 3.9 is needed."', "...Python 3.9 is needed.", "> Python 3.9 is needed."],
)
def test_the_marks_that_models_put_around_a_quotation_are_no_invention(chunks, text):
    found = read_extracts(parsed({"passage": "1", "text": text}), chunks)
    assert len(found.extracts) == 1
    assert found.dropped == 0


def test_the_same_extract_twice_is_one_and_an_empty_one_is_none(chunks):
    item = {"passage": 1, "text": "Python 3.9 is needed."}
    found = read_extracts(parsed(item, item, {"passage": 1, "text": " "}), chunks)
    assert (len(found.extracts), found.dropped) == (1, 0)


@pytest.mark.parametrize("items", [None, "none", 3, {"a": 1}, [None, 3, []]])
def test_values_of_another_type_are_no_extracts(chunks, items):
    assert read_extracts(ChatReply(text="x", parsed={"extracts": items}), chunks).extracts == ()


def test_nothing_copied_is_no_error(chunks):
    found = read_extracts(parsed(), chunks)
    assert (found.extracts, found.error) == ((), None)


def test_a_tag_of_ours_in_a_document_is_copied_as_the_document_has_it(chunk):
    chunks = [chunk("Write <question> around the question, then </question>.")]
    copied = user_message([], "").replace("\n", "")  # the message has the tags too; the passage's are escaped
    assert "<question>" in copied
    found = read_extracts(parsed({"passage": 1, "text": "Write &lt;question> around the question"}), chunks)
    assert found.extracts[0].text == "Write <question> around the question"


def test_chinese_is_copied_too(chunk):
    found = read_extracts(parsed({"passage": 1, "text": "安装 之前需要"}), [chunk("安装\n之前需要 Python。")])
    assert found.extracts[0].text == "安装\n之前需要"


@pytest.mark.parametrize(
    "reply",
    [
        "The useful part is:\n- Python 3.9 is needed.\nI hope that helps!",
        "> Python 3.9 is needed.",
        'The passage says "Python 3.9 is needed." and nothing else.',
        "[1] Python 3.9 is needed.",
        "它说：「Python 3.9 is needed.」",
        'Sure! Here is the JSON:\n{"extracts":[{"passage":1,"text":"Python 3.9 is needed."},{"pas',
        '{"extracts":[{"passage":1,"text":"Install it:\\n\\n```\\npip  install quill"},{',
    ],
)
def test_lines_and_quotes_that_occur_verbatim_are_found_in_prose(chunks, reply):
    found = read_extracts(prose(reply), chunks)
    assert len(found.extracts) == 1
    assert found.error is None


@pytest.mark.parametrize("reply", ["I cannot find anything.", "it:", "```", "Install"])
def test_prose_that_copies_nothing_is_an_error(chunks, reply):
    assert read_extracts(prose(reply), chunks).error is not None


def test_a_failed_call_is_an_error(chunks):
    assert read_extracts(ChatReply(text=None, error="HTTP 500: x"), chunks).error == "HTTP 500: x"


def test_the_second_stage_sees_the_extracts_under_their_passages_numbers(chunks):
    found = read_extracts(
        parsed(
            {"passage": 2, "text": "On Windows"}, {"passage": 2, "text": "the installer"}, {"passage": 9, "text": "x"}
        ),
        chunks,
    )
    (passage,) = kept_passages(chunks, found.extracts)
    assert (passage.number, passage.source, passage.text) == (2, "guide/windows.md", "On Windows\n\nthe installer")


def test_the_request_asks_for_strict_json_with_all_passages(chunks, question):
    request = extract_request(make_prompt("extract", "Copy {it}."), question(), chunks, 0.0)
    assert request.kind == "extract"
    assert request.schema is not None
    assert request.schema["title"] == "extracts"
    assert request.user.count("<passage ") == 2
    assert json.dumps(request.schema)


def test_a_text_longer_than_its_passage_is_not_found():
    assert PassageText("short").find("short and more") is None
    assert PassageText("").find("x") is None
    assert PassageText("x").find("  ") is None
