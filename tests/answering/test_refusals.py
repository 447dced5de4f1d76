import pytest

from redraft.answering.refusals import is_refusal, over_refused, refusal_right, under_refused

REFUSALS = [
    "I don't know.",
    "I don't know: the documentation passages I was given do not answer this.",
    "I'm sorry, but I cannot find this in the documentation.",
    "The passages do not mention how to delete an account.",
    "The provided documentation doesn’t cover this topic.",
    "Based on the provided passages, there is no information about pricing.",
    "The documentation does not contain any information on that.",
    "Unfortunately, the information provided does not include the price.",
    "This is not covered in the docs.",
    "Great question! The docs do not say.",
    "I was unable to find an answer to this question in the provided context.",
    "There is no mention of a `--dry-run` flag in the documentation.",
    'The documentation does not mention "autoscaling". What it does describe: a queue with workers.',
    "None of the passages describe how to do this.",
    "No passage answers this question.",
    "I can't answer that from the given passages.",
    "我不知道：所给的文档内容没有回答这个问题。",
    "文档中没有提到“自动扩容”。",
    "抱歉，我在文档中找不到相关信息。",
    "根据提供的资料，无法回答这个问题。",
    "所提供的文档没有说明价格。",
    "文档未涉及该功能。",
    "这是个好问题！文档里没有相关内容。",
]
ANSWERS = [
    "Run `pip install quill`.",
    "Run `pip install quill`. Then start it with `quill serve`. The docs do not say on which port it listens.",
    "A project cannot be cloned; only its tasks can.",
    "No, that is not supported. Use `quill export` instead, which writes all notes into a file and keeps their dates.",
    "You do not need a key. The server ignores it, unless you set one with `quill key set`, and then all need it.",
    "If the file does not contain a header, the import stops. Add a header line first, and then run the import again.",
    "Yes. The index is rebuilt when the documents change; nothing is done while they do not.",
    "The error `I cannot find the file` means that the path is wrong. Give the full path of the file and try again.",
    "运行 `pip install quill`。",
    "项目不能克隆，只能克隆任务。",
    "运行 `pip install quill` 安装，然后运行 `quill init`。完成后重新启动服务，再打开网页登录即可。"
    "登录以后可以在设置页面里修改自己的密码。文档没有说明默认端口。",
    "如果文件不包含标题行，导入会停止。请先在第一行补上标题，再运行一次导入命令，导入完成后检查日志里的行数是否一致。",
    "This is a good question! Notes are synchronised every 15 minutes.",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_seen(text):
    assert is_refusal(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_no_refusal(text):
    assert not is_refusal(text)


def test_what_a_long_answer_leaves_open_at_its_end_is_no_refusal():
    steps = "\n".join(f"{n}. Turn wheel {n} to the left until it stops, then wait." for n in range(1, 9))
    assert not is_refusal(f"{steps}\n\nThe documentation does not mention what to do afterwards.")


def test_over_and_under_refusal_are_apart():
    over, under = refusal_right(True, True), refusal_right(False, False)
    assert (over_refused(True, over), under_refused(True, over)) == (True, False)
    assert (over_refused(False, under), under_refused(False, under)) == (False, True)


@pytest.mark.parametrize(("refused", "answerable"), [(True, False), (False, True)])
def test_a_right_refusal_and_a_right_answer_are_neither(refused, answerable):
    right = refusal_right(refused, answerable)
    assert right is True
    assert not over_refused(refused, right)
    assert not under_refused(refused, right)


def test_without_a_label_nothing_is_right_or_wrong():
    assert refusal_right(True, None) is None
    assert not over_refused(True, None)
