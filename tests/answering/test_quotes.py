import pytest

from redraft.answering.quotes import quoted_texts, quotes_found

PASSAGES = (
    "Notes are **not** synchronised on metered connections, unless you allow it in the settings. "
    "The server stops at once. At most 2 chunks of a page (`top_k`) are used. "
    "项目不能克隆，只能克隆任务，然后移动到别的项目。"
)


@pytest.mark.parametrize(
    ("body", "share"),
    [
        ('It says "Notes are not synchronised on metered connections".', 1.0),
        ("It says “notes are not synchronised on metered connections, unless you allow it”.", 1.0),
        ("> Notes are not synchronised\n> on metered connections", 1.0),
        ('It says "Notes are not synchronised ... unless you allow it in the settings".', 1.0),
        ('It says "Notes are not synchronized on metered connections, unless you allow it".', 0.0),
        ('It says "Notes are synchronised on metered connections, unless you allow it in the settings".', 0.0),
        ('It says "At most 2 chunks of a page (`top_k`) are used."', 1.0),
        ('It says "At most 2 chunks of a page (`top_n`) are used."', 0.0),
        ('It says "You can always synchronise your notes".', 0.0),
        ('"The server stops at once", and "the server starts again at once".', 0.5),
        ("文档说：“项目不能克隆，只能克隆任务”。", 1.0),
        ("文档说：「项目能克隆，只能克隆任务，然后移动」。", 0.0),
        ("文档说：“项目可以随时克隆到别的空间”。", 0.0),
    ],
)
def test_quotes_are_looked_up(body, share):
    assert quotes_found(body, PASSAGES, "Why?") == share


@pytest.mark.parametrize(
    "body",
    ["Nothing is quoted.", 'It is called "fast mode".', '`print("this is code, not a quote")`', "称为“快速模式”。"],
)
def test_labels_and_code_are_no_quotes(body):
    assert quoted_texts(body) == []
    assert quotes_found(body, PASSAGES, "Why?") is None


def test_the_question_quoted_back_is_no_quote():
    assert (
        quotes_found('You ask "how do I clone a whole project".', PASSAGES, "How do I clone a whole project?") is None
    )


def test_without_passages_no_quote_is_there():
    assert quotes_found('"The server stops at once"', "", "Why?") == 0.0
