"""Whether an answer says that the docs do not hold it: by its wording, English and Chinese.

A refusal opens the answer, or is all of it. An answer that only adds what the docs leave open is none.
"""

from __future__ import annotations

import re

from redraft.answering.language import CJK, count_words, is_chinese, plain, without_code

_OPENING = 2  # sentences in which a refusal counts, whatever follows
_SHORT = 30  # an answer of at most so many words (Chinese: twice as many signs) is a refusal wherever it says so

_LONGEST = 600  # characters of a sentence that are read

_DOCS = (
    r"\b(?:docs?|documentation|documents?|passages?|sources?|contexts?|excerpts?|extracts?|materials?|pages?|texts?"
    r"|manual|(?:information|content)(?: (?:that )?(?:I|you|we) (?:was|were|am|are|have|had)(?: been)?)?"
    r"(?: (?:provided|given|available|shown))?)\b"
)
_SAY = (
    r"(?:say|mention|contain|cover|describe|explain|include|specify|state|address|provide|answer|discuss|document|list"
    r"|give|tell|hold|have|show|indicate|define|detail|offer|refer|talk|support an? answer)"
)
_SAID = (
    r"(?:mentioned|covered|documented|described|specified|found|stated|addressed|answered|contained|available|provided"
    r"|explained|included|discussed|part of)"
)
_NOT = r"(?:do(?:es)? not|don't|doesn't|did not|didn't|never|cannot|can't|could not|couldn't)"
_UNABLE = rf"(?:{_NOT}|(?:am |'m |was )?(?:not able|unable) to|was not able to|wasn't able to)"
_ENGLISH = [
    rf"{_DOCS}[^.!?]{{0,60}}?\b{_NOT}(?: \w+){{0,2}}? {_SAY}",
    rf"\bI ?(?:really |currently |simply )?{_UNABLE}(?: \w+)? ?(?:know|find|answer|see|locate|determine|say|tell)\b",
    rf"\bno (?:retrieved |given |provided |available )?{_DOCS}[^.!?]{{0,30}}?\b{_SAY}s?\b",
    rf"\b(?:none|neither|nothing) (?:of|in) (?:the|these|those|your|any)\b[^.!?]{{0,30}}?{_DOCS}",
    rf"\b(?:is|are|was|were)(?: not|n't)(?: \w+)? {_SAID}\b[^.!?]{{0,20}}?\b(?:in|by|of)\b[^.!?]{{0,30}}?{_DOCS}",
    r"\bthere(?: is|'s| was) (?:no|not any|not enough)(?: \w+)? (?:mention|information|documentation|answer)\b",
    r"\b(?:no|not enough|insufficient)(?: relevant| sufficient| specific)? information\b",
    r"\b(?:unable|not possible) to (?:answer|find|determine)\b",
    rf"\b(?:outside|beyond)(?: the scope of)? (?:the|these|this|what the)\b[^.!?]{{0,20}}?{_DOCS}",
]
_PAGES = r"(?:文档|资料|段落|材料|上下文|文中|文章|手册|原文|内容|来源|信息|片段|摘录|页面)"
_TELL = (
    r"(?:提到|提及|说明|包含|涉及|找到|记载|介绍|给出|描述|涵盖|提供|写|回答|讲|相关|关于|答案|解释|指出|列出|说到"
    r"|定义|支持)"
)
_NO = r"(?:没有|并没有|未|并未|均未|没|不曾|无|不)(?:能|有|直接|明确|具体|任何|详细)*"
_CHINESE = [
    rf"{_PAGES}[^。！？]{{0,12}}?{_NO}{_TELL}",
    r"(?:没有|未|无)(?:任何|足够的?|相关的?|具体的?|明确的?)*(?:信息|内容|资料|说明|文档|答案|记载)",
    r"(?:不知道|无法回答|不能回答|无法确定|无法得知|无法判断|不清楚|回答不了|无法从)",
    rf"(?:找不到|没有找到|没找到|未找到|未能找到|查不到)[^。！？]{{0,16}}?(?:{_PAGES}|{_TELL})",
    rf"(?:超出|不在)[^。！？]{{0,8}}{_PAGES}[^。！？]{{0,8}}(?:范围|之内|中|里)",
]
_REFUSAL = re.compile("|".join(_ENGLISH + _CHINESE), re.IGNORECASE)
_SENTENCE_END = re.compile(rf"(?<=[.!?])\s+(?=[A-Z\"'(\[])|(?<=[。！？])|(?<=[:：;；])\s*\n|\n\s*\n|(?<=[{CJK}])\n")


def is_refusal(text: str) -> bool:
    """Whether the answer, sources left out, says that it cannot be given.

    >>> is_refusal("I don't know: the documentation does not mention it."), is_refusal("文档中没有提到“X”。")
    (True, True)
    >>> is_refusal("Run `pip install x`. Then start it with `x serve`. The docs do not say on which port it listens.")
    False
    """
    body = without_code(text).strip()
    sentences = [plain(part)[:_LONGEST] for part in _SENTENCE_END.split(body) if part.strip()]
    if count_words(body) <= _SHORT * (2 if is_chinese(body) else 1) and len(sentences) <= _OPENING:
        return any(map(_REFUSAL.search, sentences))
    return any(map(_REFUSAL.search, sentences[:1])) or (
        len(sentences) > 1 and _says_little(sentences[0]) and _REFUSAL.search(sentences[1]) is not None
    )


def refusal_right(refused: bool, answerable: bool | None) -> bool | None:
    """Compare with the question's label; None: no label.

    >>> refusal_right(True, True), refusal_right(False, False), refusal_right(True, None)
    (False, False, None)
    """
    return None if answerable is None else refused is not answerable


def over_refused(refused: bool | None, right: bool | None) -> bool:
    """The docs hold the answer, and the model did not give it."""
    return bool(refused) and right is False


def under_refused(refused: bool | None, right: bool | None) -> bool:
    """The docs do not hold the answer, and the model gave one."""
    return refused is False and right is False


def _says_little(sentence: str) -> bool:
    """A greeting or an apology before the refusal: `Great question!`, `Thanks for asking!`."""
    return count_words(sentence) <= 12
