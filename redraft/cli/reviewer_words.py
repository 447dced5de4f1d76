"""What the stand-in reviewers say: many wordings for each merit that is missing or there, in English and Chinese.

Written as people write in a comment box: in their own words, seldom naming a rule. Nothing reads this file but them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

_COMPLAINTS: dict[str, tuple[str, ...]] = {
    "answers": (
        "This does not answer what was asked.",
        "I asked something else. Start with the answer to the question itself.",
        "After reading this I still don't know the answer.",
        "Misses the point of the question.",
        "It talks around the question, answer it directly please.",
        "Not what the question is about.",
    ),
    "grounded": (
        "Where does this come from? Nothing in the passages says so.",
        "Part of this is made up. Stick to what the docs say.",
        "I can't find this anywhere in the pages shown, it must only use them.",
        "Invented details! Please use nothing but the documentation.",
        "That value is not in the docs.",
    ),
    "premise": (
        "We don't have such a thing at all and the answer pretends we do.",
        "The question assumes a feature that doesn't exist. Say so, and say which one.",
        "Wrong premise, the answer should have pointed out that this is not in the docs.",
        "There is no such feature. Tell the user plainly instead of explaining something else.",
        "Should admit that the documentation has nothing about this.",
        "Fell for the trap: name what is missing and stop there.",
        "The honest answer here is that the docs don't cover it.",
    ),
    "names_absent": (
        "Be specific: what exactly is it that the docs don't have?",
        "Name the thing that doesn't exist.",
        "It says no but not to what, repeat which feature is missing.",
        "Honest, but tell the user which part of the question is not in the docs.",
    ),
    "sources": (
        "Which page is this from?",
        "No source. I want to check it myself.",
        "Please name the page it comes from at the end.",
        "Where can I read that? Give the source.",
        "I can't verify this without a reference to the docs page.",
        "Cite the pages you used, by path.",
        "A link to the right page of the documentation is missing.",
        "Says nothing about where it got this from.",
    ),
    "short": (
        "Far too long.",
        "Two sentences would have done.",
        "Too many words, make it brief.",
        "I stopped reading halfway. Keep it short.",
        "A wall of text. Shorter please.",
        "Could be said in a third of the space.",
    ),
    "focused": (
        "Half of this has nothing to do with the question.",
        "It wanders off, leave out everything that wasn't asked.",
        "Only what was asked please, no side stories.",
        "Too much unrelated material around one useful sentence.",
        "Rambling. Leave out the rest.",
        "Doesn't stay on topic.",
    ),
    "first": (
        "Answer first, explanations afterwards.",
        "Get to the point right away.",
        "The answer should be the very first sentence.",
        "Why the long introduction? Begin with the answer.",
        "Had to hunt for the answer, put it at the top.",
    ),
    "exact": (
        "Give me the exact command.",
        "What do I actually type? The command is missing.",
        "I'd want the command or setting copied literally so I can paste it.",
        "Describes it but never shows the command itself.",
        "Show the code as it stands in the docs.",
    ),
    "steps": (
        "Number the steps.",
        "Put this into a list, one step after the other.",
        "Hard to follow as one paragraph, steps would help.",
        "What do I do first, what next? Make it step by step.",
    ),
    "both_parts": (
        "Only half of the question is answered.",
        "There were two questions, the other one is left open.",
        "Answers one part and forgets the other.",
        "And the second part? Cover everything that was asked.",
        "Incomplete, I asked two things.",
    ),
    "language": (
        "I asked in English, please answer in English.",
        "Wrong language. Answer in the language of the question.",
    ),
    "warned": (
        "This deletes things, warn people before they type it.",
        "There should be a warning that it can't be undone.",
        "Say first what will be lost.",
    ),
    "unsure": (
        "Not good enough, I wouldn't send this to a customer.",
        "Something is off here, I would not rely on it.",
        "Hm. I'd expect a better answer than this.",
    ),
}

_COMPLAINTS_CHINESE: dict[str, tuple[str, ...]] = {
    "answers": ("没有回答我的问题。", "答非所问，请先直接回答问题。", "看完还是不知道答案。", "没有说到点子上。"),
    "grounded": (
        "文档里没有这种说法，是编出来的吧？",
        "请只根据文档内容回答。",
        "有些细节在给出的段落里找不到。",
        "不要编造。",
    ),
    "premise": (
        "根本没有这个功能，应该直接说明。",
        "问题的前提不对，答案没有指出来。",
        "文档里没有这个内容，请如实说没有，并说清楚没有的是什么。",
        "应该承认文档没有提到。",
    ),
    "names_absent": ("请说清楚没有的是哪个功能。", "到底是什么没有？请写明。"),
    "sources": ("请注明出处。", "这是哪一页说的？没有来源。", "没有引用文档，无法核实。", "最后应该列出来源页面。"),
    "short": ("太长了。", "请简短一些。", "两句话就够了。", "太啰嗦，看不下去。"),
    "focused": ("很多内容和问题无关。", "不要跑题。", "扯得太远，只说问到的就好。", "重点不突出。"),
    "first": ("请先给答案。", "开头就应该是答案。", "铺垫太多，请直接说结论。"),
    "exact": ("请给出具体的命令。", "没有代码，不知道该输入什么。", "请原样给出文档里的命令或代码。"),
    "steps": ("请分步骤说明。", "最好列成一步一步的。", "先做什么、后做什么？请编号。"),
    "both_parts": ("只回答了一半。", "问了两件事，另一件没有回答。", "第二个问题呢？"),
    "language": ("我用中文问的，请用中文回答。", "语言不对，应该用提问的语言回答。"),
    "warned": ("这会删除数据，应该先提醒。", "请说明无法恢复。"),
    "unsure": ("感觉不太可靠。", "还不够好，我不会这样回复用户。"),
}

_PRAISE: dict[str, tuple[str, ...]] = {
    "sources": ("Good that the page is named.", "Source is there, I could check it.", "Nice, with the reference."),
    "short": ("Short and clear.", "Brief, as it should be.", "Right length."),
    "exact": ("The exact command, perfect.", "I can paste this as it is, good.", "Shows what to type."),
    "premise": (
        "Right, it says that we don't have this.",
        "Good: honest about what isn't in the docs.",
        "Correctly tells that this does not exist.",
    ),
    "names_absent": ("Names exactly what is missing, good.", "Clear about which thing we don't have."),
    "both_parts": ("Both parts are covered.", "Answers everything that was asked."),
    "focused": ("Straight to the point.", "No padding, like it.", "Stays on topic."),
    "first": ("Answer comes first, good.", "Starts with the answer, nice."),
    "steps": ("The steps are easy to follow.",),
    "warned": ("Good that it warns first.",),
    "any": ("Fine.", "Good answer.", "Helpful.", "Yes, that's it."),
}

_PRAISE_CHINESE: dict[str, tuple[str, ...]] = {
    "sources": ("有出处，很好。", "标明了来源，方便核实。"),
    "short": ("简洁明了。", "长度正好。"),
    "exact": ("命令可以直接复制，很好。", "给出了具体代码。"),
    "premise": ("如实说明没有这个功能，很好。", "诚实，没有编造。"),
    "both_parts": ("两个问题都回答了。",),
    "focused": ("直接回答了问题。", "没有废话。"),
    "any": ("不错。", "回答得很好。", "有帮助。"),
}

_OPENINGS = ("", "", "", "", "Hm. ", "Sorry, ", "For me: ", "Again: ")
_LINKS = (" ", " ", " Also: ", " And: ", "\n")


def complaint(missing: Sequence[str], draw: random.Random, *, chinese: bool) -> str:
    """Say what is missing, the worst first."""
    wordings = _COMPLAINTS_CHINESE if chinese else _COMPLAINTS
    said = [draw.choice(wordings[merit]) for merit in missing]
    return "".join(said) if chinese else _in_own_way(said, draw)


def praise(present: Sequence[str], draw: random.Random, *, chinese: bool) -> str:
    """Say what is good, one or two things."""
    wordings = _PRAISE_CHINESE if chinese else _PRAISE
    known = [merit for merit in present if merit in wordings]
    named = draw.sample(known, k=min(len(known), 1 + (draw.random() < 0.4))) or ["any"]
    said = [draw.choice(wordings[merit]) for merit in named]
    return "".join(said) if chinese else " ".join(said)


def _in_own_way(said: Sequence[str], draw: random.Random) -> str:
    text = draw.choice(_OPENINGS)
    for number, sentence in enumerate(said):
        if text.endswith(", ") and not sentence.startswith(("I ", "I'")):
            sentence = sentence[:1].lower() + sentence[1:]
        text += (draw.choice(_LINKS) if number else "") + sentence
    if draw.random() < 0.15:  # some people do not bother with capitals and full stops
        text = text.lower().rstrip(".")
    return text
