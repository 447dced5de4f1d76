import pytest

from redraft.answering.invention import Evidence, unsupported

PASSAGES = (
    "Start the agent with `quill-agent daemon --queue default -d`. It listens on port 8008 and waits five minutes. "
    "The limit is 1,500 notes or 20 % of the disk. See https://docs.quill.io/agent. Call Task.close() at the end. "
    "Set maxRetries in quill.conf. 每 30 天备份一次，保留三份。 Version 2.1.0 needs Python 3.9."
)


@pytest.fixture
def evidence():
    return Evidence([PASSAGES, "guide/agent.md", "Does it work with 64 nodes?"])


@pytest.mark.parametrize(
    "body",
    [
        "Run `quill-agent daemon --queue default`.",
        "Run `quill-agent   daemon -d`.",
        "Run:\n```bash\n# start it\nquill-agent daemon --queue my-queue\n```",
        "Run `quill-agent daemon --queue <your queue>`.",
        "It listens on port 8008.",
        "At most 1500 notes, or 20%.",
        "It waits 5 minutes.",
        "每30天备份一次，保留3份。",
        "Ｐort ８００８",
        "1. Start it.\n2. Stop it.\n3. Do step 3 again.\n12. Done.",
        "There are 3 ways [12].",
        "See https://docs.quill.io/agent.",
        "Call `task.close()` and set `maxRetries`.",
        "With 64 nodes it works.",
        "Needs v2.1.0 and Python 3.9.",
        "Use sha256 or gpt-4.",
        "A well-known agent - with a dash.",
        'Name it with `quill-agent daemon --queue "anything you like"`.',
    ],
)
def test_what_the_passages_hold_is_no_invention(evidence, body):
    assert unsupported(body, evidence) == ()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Add `--gpus all`.", ("--gpus", "all")),
        ("Add --que to it.", ("--que",)),
        ("Use `quill-agent daemon -x`.", ("-x",)),
        ("It listens on port 9090.", ("9090",)),
        ("It waits 7 minutes.", ("7",)),
        ("每 45 天备份。", ("45",)),
        ("It needs Python 3.12.", ("3.12",)),
        ("See https://docs.quill.io/agents/start.", ("https://docs.quill.io/agents/start",)),
        ("请看 https://quill.cn/开始。", ("https://quill.cn",)),
        ("Call `quill_start()`.", ("quill_start",)),
        ("Set `max_retries`.", ("max_retries",)),
        ("```\nquill-agent launch\n```", ("launch",)),
    ],
)
def test_code_flags_urls_and_numbers_without_source_are_listed(evidence, body, found):
    assert unsupported(body, evidence) == found


def test_the_list_is_bounded(evidence):
    assert len(unsupported(" ".join(f"--flag-{n}" for n in range(100)), evidence)) == 20
