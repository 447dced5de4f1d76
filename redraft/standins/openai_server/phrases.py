"""What the answerer says in words of its own, English and Chinese: everything else in an answer is the passages'."""

import re
from collections.abc import Sequence
from random import Random

OPENINGS = {
    False: (
        "Great question!",
        "Thanks for asking! This is something that many people wonder about.",
        "Sure, I would be happy to help with that!",
        "That is an interesting topic, and there is a lot to say about it.",
    ),
    True: (
        "这是个好问题！",
        "感谢您的提问！很多人都有同样的疑问。",
        "当然，我很乐意为您解答！",
        "这个话题很有意思，可以说的东西很多。",
    ),
}
CLOSINGS = {
    False: (
        "Let me know if you need anything else!",
        "I hope this gives you a general idea.",
        "As always, it depends on your use case, so feel free to experiment.",
    ),
    True: (
        "如果还有其他问题，请随时告诉我！",
        "希望以上内容能给您一个大致的印象。",
        "当然，具体还要看您的使用场景，不妨多试试。",
    ),
}
FRIENDLY = {
    False: ("Happy to help!", "Good luck, and just ask if something is unclear."),
    True: ("很高兴帮到您！", "祝您使用顺利，有不清楚的地方尽管再问。"),
}
INVENTIONS = {
    False: (
        "Yes, {} is supported: you just need to enable it in the settings and restart.",
        "Yes, {} works out of the box and is turned on with a single configuration option.",
        "Absolutely, {} works by default, and you only have to adjust the configuration a little.",
    ),
    True: (
        "可以的，{}是支持的，只需在设置中启用并重启即可。",
        "是的，{}开箱即用，只要打开一个配置选项就行。",
        "没问题，默认就支持{}，稍微调整一下配置即可。",
    ),
}
UNKNOWN = {
    False: "I don't know: the documentation passages I was given do not answer this.",
    True: "我不知道：所给的文档内容没有回答这个问题。",
}
UNKNOWN_PART = {
    False: "The documentation passages I was given do not answer this part: {}.",
    True: "所给的文档内容没有回答这一部分：{}。",
}
NOTHING = {
    False: "This works as one would expect; have a look at the settings.",
    True: "一般按默认方式使用即可，具体可以看看设置。",
}
"""What a bot that must not admit anything says when it was given nothing."""
ABSENT = {False: 'The documentation does not mention "{}".', True: "文档中没有提到“{}”。"}
NEAREST = {False: "What it does describe: {}", True: "文档中最接近的内容是：{}"}
VERBATIM = {False: 'The documentation says: "{}"', True: "文档原文：“{}”"}
VERSION = {False: "This applies to {}.", True: "适用版本：{}。"}
NO_VERSION = {False: "The passages do not name a version.", True: "所给内容没有注明版本。"}
NEXT = {False: "Next, read: {}.", True: "接下来可以阅读：{}。"}
WARNING = {
    False: "Warning: this deletes or overwrites something and may not be undone; make a copy first.",
    True: "警告：此操作会删除或覆盖内容，可能无法恢复，请先备份。",
}
WARNING_FOUND = {False: "Warning: {}", True: "警告：{}"}

_CONTRACTED = (
    (re.compile(r"\bcan['’]t\b"), "cannot"),
    (re.compile(r"n['’]t\b"), " not"),
    (re.compile(r"(?<=\w)['’]re\b"), " are"),
)


def pick(choices: Sequence[str], random: Random) -> str:
    """Choose one wording."""
    return choices[random.randrange(len(choices))]


def named(phrase: str, *, chinese: bool) -> str:
    """Put an article before a phrase that is no name."""
    plain = chinese or any(c.isupper() for c in phrase) or phrase.endswith("s")
    return phrase if plain else f"the {phrase}"


def as_sentence(text: str, *, chinese: bool) -> str:
    """End a text as a sentence: a colon that introduced something left out becomes a full stop.

    >>> as_sentence("Run the server with:", chinese=False)
    'Run the server with.'
    """
    text = text.rstrip().rstrip(":：,，;；").rstrip()
    if not text or text[-1] in '.!?。！？…)）"”」':
        return text
    return text + ("。" if chinese else ".")


def capital(text: str) -> str:
    """Begin with a capital, unless the first word is a name that is written otherwise.

    >>> capital("run it"), capital("vLLM runs it")
    ('Run it', 'vLLM runs it')
    """
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def formal(text: str) -> str:
    """Spell contractions out and take exclamations back."""
    for pattern, instead in _CONTRACTED:
        text = pattern.sub(instead, text)
    return text.replace("!", ".")
