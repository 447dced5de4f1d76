"""Content words of a question that no retrieved passage holds: a sign that the question has a false premise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from redraft.answering.language import CJK, is_chinese, plain

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_\-.'][A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_RUN = re.compile(f"[{CJK}]{{2,}}")

_STOP = frozenset(
    """
    a an the this that these those there here it its i me my we our us you your he she they them their who whom whose
    what which when where why how whether if then else than so as at by for from in into of off on onto out over to
    under up with within without about above across after against along among around before behind below between
    beyond during through toward towards until upon via and or but nor not no yes is are was were be been being am do
    does did done doing have has had having can could may might must shall should will would let lets please
    get gets got getting give given make makes made making use uses used using usage want wants need needs needed like
    turn turns put keep keeps take takes go goes come comes look try start starts stop stops help
    know tell show explain describe find see say says said mean means meant happen happens work works working
    way ways thing things kind sort type types example examples difference differences different same other another
    any some all each every both either neither one two first second last next new also only just even still already
    again ever never always often much many more most less least few several enough too very really quite rather
    possible able best better good right correct exactly actually currently instead anything something everything
    question answer doc docs documentation document page
    """.split()  # noqa: SIM905 - two hundred quoted words are harder to read
)
_STOP_CHINESE = re.compile(
    "|".join(
        """
        为什么 是什么 有什么 什么样 什么时候 什么 怎么样 怎么办 怎么 怎样 如何 能不能 可不可以 是不是 有没有
        可以 能够 能否 是否 可否 哪些 哪个 哪里 哪种 哪儿 多少 多久 多大 几个 请问 请 我们 我的 你们 他们
        它们 我 你 您 他 她 它 这个 那个 这些 那些 这 那 应该 应当 需要 必须 想要 想 要 会 能 把 被 让 将 给
        对于 关于 通过 根据 按照 以及 或者 还是 并且 而且 但是 如果 因为 所以 使用 用 进行 做 有 没有 是 在
        到 从 和 与 或 及 的 了 着 过 吗 呢 吧 啊 么 得 地 也 都 就 才 只 还 再 又 很 最 更 不 没 之间 区别
        不同 方法 方式 时候 情况 一个 一下 整个 所有 全部 每个 各个 自动 同时 以后 之后 之前 里面 上面 中 里
        上 下 后 前 时 个 种
        """.split()  # noqa: SIM905 - as above
    )
)


def absent_words(question: str, passages: str) -> tuple[str, ...]:
    """List content words of the question that occur in no passage, in the question's order.

    English words are compared by stem and by the parts of names; Chinese has no spaces, so signs are compared in pairs,
    and only signs that no shared pair covers count. Nothing is said across languages.

    >>> absent_words("How do I clone a whole project?", "Cloning a task: the project keeps the clone.")
    ('whole',)
    >>> absent_words("如何克隆项目的许可证？", "克隆任务。项目里可以克隆。")
    ('许可证',)
    """
    question, passages = plain(question), plain(passages)
    found: dict[str, None] = {}
    if is_chinese(question) or not is_chinese(passages):
        found |= dict.fromkeys(_absent_english(question, passages))
    if _RUN.search(passages):
        found |= dict.fromkeys(_absent_chinese(question, passages))
    return tuple(found)


def _absent_english(question: str, passages: str) -> Iterator[str]:
    import Stemmer

    stem = Stemmer.Stemmer("english").stemWord
    lower = passages.casefold()
    held = {stem(part) for word in set(_WORD.findall(passages)) for part in _parts(word)}
    for word in _WORD.findall(question):
        name = word.casefold().removesuffix("'s")
        if name in _STOP or len(name) < 3 or name.split("'")[0] in _STOP:
            continue
        parts = [part for part in _parts(word) if part not in _STOP]
        known = name in lower if len(name) > 3 else stem(name) in held
        if not known and not all(stem(part) in held for part in parts):
            yield word


def _parts(word: str) -> list[str]:
    """A name and what it is made of: `clearml-agent` -> clearml, agent; `maxRetries` -> max, retries."""
    pieces = re.split(r"[_\-.']", word)
    camel = [part for piece in pieces for part in (_PART.findall(piece) if not piece.islower() else [piece])]
    return [part.casefold() for part in (camel if len(camel) > 1 else [word])]


def _absent_chinese(question: str, passages: str) -> Iterator[str]:
    pairs = {passages[at : at + 2] for at in range(len(passages) - 1)}
    for run in _RUN.findall(_STOP_CHINESE.sub(" ", question)):
        covered = [False] * len(run)
        for at in range(len(run) - 1):
            if run[at : at + 2] in pairs:
                covered[at] = covered[at + 1] = True
        uncovered = "".join(" " if known else sign for sign, known in zip(run, covered, strict=True))
        yield from (part for part in uncovered.split() if len(part) > 1)
