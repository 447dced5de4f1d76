import pytest

from redraft.llm.structured import clean, in_words, read_json, response_format, without_thinking

SCHEMA = {
    "title": "extracts",
    "type": "object",
    "properties": {"extracts": {"type": "array", "items": {"type": "object"}}},
    "required": ["extracts"],
}
WANTED = {"extracts": [{"passage": 1, "text": "a"}]}
BARE = '{"extracts": [{"passage": 1, "text": "a"}]}'


@pytest.mark.parametrize(
    "reply",
    [
        BARE,
        f"\ufeff  {BARE}\n",
        f"```json\n{BARE}\n```",
        f"Sure! Here you are:\n```\n{BARE}\n```\nAnything else?",
        f"I found {{one}} thing [1]: {BARE} That is all.",
        f"<think>Is {{'extracts': []}} right?</think>\n{BARE}",
        '[{"passage": 1, "text": "a"}]',
        f'{{"note": "not this one"}} {BARE}',
    ],
)
def test_json_is_found_in_whatever_surrounds_it(reply):
    assert read_json(reply, SCHEMA) == WANTED


def test_a_line_break_inside_a_string_is_read():
    assert read_json('{"extracts": [{"text": "a\nb"}]}', SCHEMA) == {"extracts": [{"text": "a\nb"}]}


@pytest.mark.parametrize(
    "reply", ["", "No.", '{"other": 1}', '{"extracts": [{"passage": 1', "[1, 2]", "{" * 5000, "[" * 100_000]
)
def test_what_is_not_the_json_asked_for_is_none(reply):
    assert read_json(reply, SCHEMA) is None


def test_a_lone_surrogate_can_be_written_as_utf8_afterwards():
    parsed = read_json('{"extracts": [{"text": "a\\ud800b"}]}', SCHEMA)
    assert parsed is not None
    assert parsed["extracts"][0]["text"].encode() == "a\ufffdb".encode()


def test_a_character_outside_the_basic_plane_stays():
    assert clean("\U0001f600") == "\U0001f600"


def test_the_title_is_the_name_and_the_request_is_strict():
    wanted = response_format(SCHEMA)["json_schema"]
    assert (wanted["name"], wanted["strict"]) == ("extracts", True)
    assert "title" not in wanted["schema"]


def test_the_schema_in_words_holds_the_schema():
    assert '"extracts"' in in_words(SCHEMA)


def test_only_what_was_thought_before_the_reply_is_dropped():
    assert without_thinking("<think>\na\n</think>\n\nb <think>c</think>") == "b <think>c</think>"
