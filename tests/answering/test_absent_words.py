import pytest

from redraft.answering.absent_words import absent_words

ENGLISH = (
    "Cloning a task copies it. Projects hold tasks. Use the `clearml-agent` with AutoScaler and maxRetries; install it."
)
CHINESE = "克隆任务会复制它。项目包含任务。使用 clearml-agent 启动队列。"


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("How do I clone a task?", ()),
        ("Why are tasks being copied?", ()),
        ("How do I install the agent?", ()),
        ("Does the autoscaler scale?", ()),
        ("What's max retries?", ()),
        ("How do I clone a pipeline?", ("pipeline",)),
        ("Where is the billing page of my account?", ("billing", "account")),
        ("How do I use --dry-run?", ("dry-run",)),
        ("Can I, you know, make it work better?", ()),
        ("", ()),
    ],
)
def test_english_content_words_are_compared_by_stem(question, absent):
    assert absent_words(question, ENGLISH) == absent


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("如何克隆任务？", ()),
        ("怎么启动队列？", ()),
        ("如何克隆流水线？", ("流水线",)),
        ("项目的许可证在哪里？", ("许可证",)),
        ("clearml-agent 支持 Kubernetes 吗？", ("Kubernetes", "支持")),
    ],
)
def test_chinese_signs_that_no_shared_pair_covers_are_absent(question, absent):
    assert absent_words(question, CHINESE) == absent


def test_nothing_is_said_across_languages():
    assert absent_words("如何克隆流水线？", ENGLISH) == ()
    assert absent_words("How do I clone a pipeline?", "克隆任务会复制它。项目包含任务。") == ()


def test_without_passages_every_content_word_is_absent():
    assert absent_words("How do I clone a pipeline?", "") == ("clone", "pipeline")
