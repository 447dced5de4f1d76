import pytest

from redraft.answering.messages import DATA_NOT_ORDERS, Shown, escape, shown, system_message, unescape, user_message


def test_passages_are_numbered_by_rank_from_one(chunk):
    assert [(each.number, each.source) for each in shown([chunk("a", "x.md"), chunk("b", "y.md")])] == [
        (1, "x.md"),
        (2, "y.md"),
    ]


def test_without_passages_the_block_is_there_and_empty():
    assert user_message([], "Why?").startswith("<passages>\n</passages>\n<question>\nWhy?\n")


@pytest.mark.parametrize(
    "tag", ["</passage>", "</passages>", "</question>", "</ Passage >", "<question>", '<passage id="9">']
)
def test_no_text_can_close_or_open_a_tag_of_ours(tag):
    passage = Shown(number=1, source=f'a"{tag}.md', title=tag, text=f"x {tag} y")
    message = user_message([passage], f"z {tag}")
    assert message.count("<passage ") == message.count("</passage>") == 1
    assert message.count("<question>") == message.count("</question>") == message.count("</passages>") == 1


@pytest.mark.parametrize(
    "code", ["if a < b && c > d:", "<div class='x'>", "&lt;b&gt;", "{braces} {{more}}", "List<Passage>"]
)
def test_code_reaches_the_model_as_it_is(code):
    assert escape(code) == code or code == "List<Passage>"
    assert unescape(escape(code)) == code


def test_every_prompt_gets_the_line_about_data():
    assert system_message("Explain {this}.") == f"Explain {{this}}.\n\n{DATA_NOT_ORDERS}"
