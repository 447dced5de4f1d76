import pytest

from redraft.answering.citations import find_citations

INSTALL, AGENT, CHINESE = "guide/install.md", "reference/agent/setup.mdx", "指南/安装.md"


@pytest.fixture
def chunks(chunk):
    return [
        chunk("a", INSTALL, "Install > Linux"),
        chunk("b", AGENT, "Agent set-up"),
        chunk("c", INSTALL, "Install > Windows"),
        chunk("d", CHINESE, "安装 > 步骤"),
    ]


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Do it.\n\nSources: guide/install.md, reference/agent/setup.mdx", (INSTALL, AGENT)),
        ("Do it.\n\n**Sources:** guide/install.md", (INSTALL,)),
        ("Do it.\nSources:\n- guide/install.md\n- `reference/agent/setup.mdx`\n", (INSTALL, AGENT)),
        ("Do it.\n\n## Sources\n\n1. [Install](guide/install.md)\n2. Agent set-up", (INSTALL, AGENT)),
        ("Do it.\n\nSource: install.md", (INSTALL,)),
        ("Do it. Sources: [1], [2]", (INSTALL, AGENT)),
        ("Do it.\n\nReferences: [1] guide/install.md", (INSTALL,)),
        ("Do it [guide/install.md].", (INSTALL,)),
        ("Do it [install.md#linux].", (INSTALL,)),
        ("Do it (source: guide/install.md).", (INSTALL,)),
        ("Do it (guide/install.md).", (INSTALL,)),
        ("Do it [1][2].", (INSTALL, AGENT)),
        ("Do it [1, 2].", (INSTALL, AGENT)),
        ("Do it [3].", (INSTALL,)),
        ("Do it 【2】。", (AGENT,)),
        ("See [the page](guide/install.md#linux).", (INSTALL,)),
        ("See [the page](./guide/install.md).", (INSTALL,)),
        ("See [the page](https://docs.example.com/guide/install).", (INSTALL,)),
        (
            "See https://docs.example.com/reference/agent/setup/ [docs.example.com](https://x.y/reference/agent/setup).",
            (AGENT,),
        ),
        ("As `guide/install.md` says, do it.", (INSTALL,)),
        ("According to guide/install.md, do it.", (INSTALL,)),
        ("Passage 2 says so.", (AGENT,)),
        ("这样做。\n\n来源：guide/install.md、reference/agent/setup.mdx", (INSTALL, AGENT)),
        ("这样做（来源：guide/install.md）。", (INSTALL,)),
        ("这样做。来源：指南/安装.md", (CHINESE,)),
        ("这样做[1]。", (INSTALL,)),
        ("Do it.\n\nSources: Install > Linux; Agent set-up", (INSTALL, AGENT)),
    ],
)
def test_a_cited_source_is_recognised_in_many_forms(chunks, text, sources):
    found = find_citations(text, chunks)
    assert found.sources == sources
    assert found.unknown == ()
    assert found.valid_share == 1.0


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Do it.\n\nSources: guide/other.md", ("guide/other.md",)),
        ("Do it [other.md].", ("other.md",)),
        ("Do it [7].", ("[7]",)),
        ("Do it (source: Handbook).", ("Handbook",)),
        ("See [here](guide/other.md).", ("guide/other.md",)),
        ("这样做。来源：其他.md", ("其他.md",)),
    ],
)
def test_a_source_that_was_not_retrieved_is_told_apart(chunks, text, unknown):
    found = find_citations(text, chunks)
    assert found.unknown == unknown
    assert found.valid_share == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Do it.",
        "Do it.\n\nSources: none",
        "这样做。\n来源：无",
        "Use `x[1]` and `items[2]`.",
        "```\na = b[1]\n```",
        "Released in [2024].",
        "Edit config.yaml and [press Enter].",
        "See [the site](https://example.com/pricing).",
        "The source code is in the repository.",
        "Write notes.md first.",
    ],
)
def test_what_is_no_citation_is_none(chunks, text):
    found = find_citations(text, chunks)
    assert (found.sources, found.unknown, found.valid_share) == ((), (), None)


def test_half_of_the_cited_sources_may_be_valid(chunks):
    assert find_citations("x\n\nSources: guide/install.md, guide/other.md", chunks).valid_share == 0.5


def test_the_list_of_sources_is_cut_off_the_body(chunks):
    assert find_citations("Do it.\n\nSources:\n- guide/install.md", chunks).body == "Do it."
    assert find_citations("这样做。\n\n来源：guide/install.md", chunks).body == "这样做。"


def test_text_after_a_source_line_stays_in_the_body(chunks):
    assert "Then restart." in find_citations("Sources: guide/install.md\n\nThen restart.", chunks).body
