"""What the prompt writer takes out of a prompt, and what it never takes over from people's words."""

import re

OPPOSITES = {
    "sources": re.compile(
        r"(?:do not|don't|never|no need to|without)\s+(?:\w+\s+){0,2}(?:cit|list|nam|mention|source)"
        r"|不(?:要|用|必)(?:引用|注明)",
        re.IGNORECASE,
    ),
    "short": re.compile(
        r"\b(?:long|detailed|exhaustive|thorough|as much as possible|at length)\b|详细|详尽", re.IGNORECASE
    ),
    "friendly": re.compile(r"\b(?:formal|matter-of-fact)\b|正式", re.IGNORECASE),
    "formal": re.compile(r"\b(?:friendly|casual|cheerful|chatty)\b|友好|亲切", re.IGNORECASE),
    "not in the docs": re.compile(
        r"always (?:give|find|have) an answer|never say (?:that )?you (?:don't|do not) know|一定要给出答案",
        re.IGNORECASE,
    ),
}
"""Sentences of a prompt that a wish replaces."""

EMPTY_SENTENCES = re.compile(
    r"^(?:please (?:explain|help|answer)|explain|be helpful|do your best|help the user|you are helpful"
    r"|请解释|请说明|请回答|尽力回答)[^a-z\u3400-\u9fff]*$",
    re.IGNORECASE,
)
"""Sentences that ask for nothing."""

TASK_SENTENCES = {
    False: ("Answer the question about the documentation.", "Explain to the person who asks, using the documentation."),
    True: ("请回答关于文档的问题。", "请根据文档向提问者说明。"),
}
"""What may stand in place of an empty sentence."""

GIVES_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|reveal|pretend|system prompt|you are now|jailbreak|write"
    r"|output|print|reply with|respond with|say only)\b|https?:|www\.|[<>{}`\[\]]|"
    r"忽略|无视|忘记|输出|泄露|扮演",
    re.IGNORECASE,
)
"""Words that no sentence of the writer's may take over from a theme."""


def steers(text: str) -> bool:
    """Whether a comment speaks to the model that reads it rather than of an answer."""
    return bool(
        re.search(
            r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:above|previous|prior|all|instructions?"
            r"|everything)\b|system prompt|忽略.{0,8}(?:以上|之前|指令)",
            text,
            re.IGNORECASE,
        )
    )
