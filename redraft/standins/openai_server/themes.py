"""Plays the theme summariser: sorts comments into what they ask for and what they praise. Knows no prompt."""

import re
from typing import Any

from redraft.standins.openai_server.tagged import Tagged, elements, section

_TOPICS = (
    (
        "Give sources for what is said",
        "请给出来源",
        r"\bsourc|\bcit(?:e|ation)|\breferenc|which page|where (?:it|this|that|did|does)[^.]{0,20}from|\blink"
        r"|来源|出处|引用",
    ),
    (
        "Do not invent what the documentation does not contain; say what is missing",
        "不要编造；说明文档里没有什么",
        r"\binvent|made[- ]up|mak\w+ (?:\w+ )?up|hallucinat|no such|not exist"
        r"|n't exist|premise|not in the doc|\badmit|don't know|guess"
        r"|编造|虚构|不存在|不知道|前提",
    ),
    (
        "Make the answer shorter",
        "回答应更简短",
        r"too long|\blong\b|wordy|verbose|rambl|short|concise|brief"
        r"|太长|啰嗦|冗长|简",
    ),
    (
        "Answer what was asked, first, without tangents",
        "先回答问题，不要跑题",
        r"tangent|off[- ]topic|irrelevan|unrelated|beside|missed|not answer|n't answer|buried|first|direct|filler"
        r"|跑题|无关|答非所问|离题|直接",
    ),
    (
        "Answer every part of the question",
        "回答问题的每个部分",
        r"\bhalf|second (?:part|question)|both|every part|only (?:one|part|the first)|incomplete"
        r"|一半|第二|每个部分|不完整|只回答",
    ),
    (
        "Stay with what the passages say",
        "只依据段落内容",
        r"passages?|ground|support(?:ed)? by|outside"
        r"|依据|外部",
    ),
    (
        "Show the steps",
        "列出步骤",
        r"\bsteps?\b|procedure|numbered|in order"
        r"|步骤|顺序",
    ),
    (
        "Show the exact commands and code",
        "给出准确的命令和代码",
        r"command|\bcode\b|snippet|example|syntax"
        r"|命令|代码|示例",
    ),
    (
        "Quote the documentation",
        "引用原文",
        r"\bquot|verbatim|word for word|exact words"
        r"|原文|逐字",
    ),
    (
        "Say which version it applies to",
        "说明适用版本",
        r"version|edition|release"
        r"|版本",
    ),
    (
        "Say where to read on",
        "指出接下来读哪里",
        r"read (?:on|more|next)|next page|further|more detail"
        r"|延伸|下一",
    ),
    (
        "Warn before something destructive",
        "破坏性操作前给出警告",
        r"\bwarn|danger|destruct|irrevers"
        r"|警告|危险",
    ),
    (
        "Answer in the language of the question",
        "用提问的语言回答",
        r"language|in chinese|in english"
        r"|语言|中文|英文",
    ),
    (
        "Mind the tone",
        "注意语气",
        r"\btone|friendl|rude|formal|casual|polite"
        r"|语气|友好|正式",
    ),
)
"""What is asked for, in English and in Chinese, and the words that show it."""
_COMPILED = tuple((english, chinese, re.compile(cue, re.IGNORECASE)) for english, chinese, cue in _TOPICS)
_PRAISES = re.compile(
    r"\b(?:good|great|well|perfect|excellent|exactly|nice|thanks|helpful|correct|love|like|clear|right)\b"
    r"|很好|不错|准确|清楚|完美|喜欢|有帮助",
    re.IGNORECASE,
)
_BLAMES = re.compile(
    r"\b(?:not|nothing|but|too|wrong|missing|should|never|lacks?|without|bad|please|instead|incomplete|only)\b|n['’]t\b"
    r"|不|没|太|错|缺|应该|请",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard)\b.{0,30}\b(?:above|previous|prior|all|instructions?)\b|system prompt"
    r"|忽略.{0,8}(?:以上|之前|指令)",
    re.IGNORECASE,
)


def summarise(user: str) -> list[dict[str, Any]]:
    """Return the themes, most frequent first: `{"text", "comment_ids", "praise"}`."""
    comments = [c for c in elements(section(user, "comments") or user, "comment") if c.text.strip()]
    together = " ".join(c.text for c in comments)
    chinese = len(re.findall("[\u3400-\u9fff]", together)) * 2 > len(re.findall("[A-Za-z]", together))
    found: dict[tuple[str, bool], list[str]] = {}
    for comment in comments:
        praise = _is_praise(comment)
        for text in _texts(comment.text, chinese=chinese, praise=praise):
            found.setdefault((text, praise), []).append(comment.attributes.get("id", ""))
    ordered = sorted(found.items(), key=lambda item: -len(item[1]))
    return [{"text": text, "comment_ids": ids, "praise": praise} for (text, praise), ids in ordered]


def _texts(comment: str, *, chinese: bool, praise: bool) -> list[str]:
    """The topics of a comment; a comment of none is its own short theme, unless it gives orders or is long."""
    if _ORDERS.search(comment):
        return []
    texts = [zh if chinese else en for en, zh, cue in _COMPILED if cue.search(comment)]
    if texts:
        return texts
    if praise:
        return ["读者满意这个回答" if chinese else "Readers were content with the answer"]
    own = " ".join(comment.split()).rstrip(".。!！")
    plain = len(own) <= 60 and not re.search(r"https?:|www\.|[<>{}`\[\]]", own)
    return [own if plain else ("其他意见" if chinese else "Other remarks")]


def _is_praise(comment: Tagged) -> bool:
    try:
        score = float(comment.attributes.get("score", "3"))
    except ValueError:
        score = 3.0
    blames = bool(_BLAMES.search(comment.text))
    return not blames if score >= 4 else score > 2 and not blames and bool(_PRAISES.search(comment.text))
