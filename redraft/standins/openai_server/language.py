"""The words of passages and questions, English and Chinese; for the answerer and the extractor only."""

import re
from functools import lru_cache

_CJK = "\u3400-\u9fff"
_WORD = re.compile(rf"[A-Za-z0-9_]+(?:[.\-][A-Za-z0-9_]+)*|[{_CJK}]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MARKUP = (
    (re.compile(r"\s*\{\s*#[\w-]+\s*\}"), ""),
    (re.compile(r"!\[[^\[\]]{0,300}\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\[\]]{1,300})\]\([^)\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"</?(?:abbr|div|span|a|b|i|em|strong|br|p|small|sup|sub|kbd|dfn|details|summary)\b[^<>]*>"), ""),
    (re.compile(r"\*\*([^*]+)\*\*"), r"\1"),
    (re.compile(r"^\s*(?:(?:[-*+]|\d+[.)])\s+|>\s*)+"), ""),
    (re.compile(r"[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]"), ""),
    (re.compile(r"\s+"), " "),
)
_FUNCTION_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i if in into is it its itself
me might must my no not of on or our shall should so such than that the their them then there these they this those to
too us was we were what when where which while who whom whose why will with would you your yourself about may also any
anything both each either every just let like many much other please s some something t very don doesn isn aren won d ll
m re ve am being here only same up out off over under again once
"""
_STOP = frozenset(_FUNCTION_WORDS.split())
_SAME = {
    word: group[0]
    for group in (
        ("delete", "remov", "eras"),
        ("start", "launch", "begin"),
        ("stop", "halt", "terminat"),
        ("config", "configur", "setting"),
        ("chang", "modify", "alter", "edit"),
        ("choose", "pick", "select"),
        ("allow", "permit"),
        ("folder", "directory"),
        ("doc", "document", "documentation"),
        ("show", "display"),
        ("creat", "mak"),
    )
    for word in group
}
_ENDINGS = (
    *((e, "") for e in ("ations", "ation", "ments", "ment", "ions", "ion", "ings", "ing")),
    ("ies", "y"),
    ("sses", "ss"),
    ("xes", "x"),
    *((e, "") for e in ("ed", "es", "s", "ly", "e")),
)
_HAN_FRAME = re.compile(
    "如何|怎么样|怎么|怎样|什么|哪些|哪个|哪里|是否|能否|能不能|可不可以|可以|能够|为什么|请问|多少|应该|需要|我们|"
    "这个|那个|一个|以及|并且|或者|如果|因为|所以"
    "|[的了吗呢吧啊么我你您他它在中里和与及或是为把将被对要会能有从到也都就并让给用]"
)


def clean(text: str) -> str:
    """Return a unit as a reader wants it: on one line, without list marks, link targets, anchors, emoji.

    >>> clean("* See [the **guide**](guide.md) 🚀 first.")
    'See the guide first.'
    """
    for pattern, instead in _MARKUP:
        text = pattern.sub(instead, text)
    return text.strip()


def as_prose(row: str) -> str:
    """Return a row of a table as a reader wants it.

    >>> as_prose("| `A_KEY` | the key | none |")
    '`A_KEY`: the key; none'
    """
    cells = [clean(c) for c in row.strip().strip("|").split("|")]
    first, *rest = [c for c in cells if c] or [""]
    return f"{first}: {'; '.join(rest)}" if rest else first


@lru_cache(maxsize=16384)
def terms(text: str) -> frozenset[str]:
    """Return what the text is about: word stems, parts of identifiers, two-character pieces of Chinese."""
    found: set[str] = set()
    for word in _WORD.findall(text):
        found.update(word_terms(word))
    return frozenset(found)


@lru_cache(maxsize=32768)
def word_terms(word: str) -> tuple[str, ...]:
    """Return the terms of one word, or of one run of Chinese; function words have none.

    >>> word_terms("allow_origins")
    ('allow_origins', 'allow', 'origin')
    """
    if ord(word[0]) >= 0x3400:
        runs = [r for r in _HAN_FRAME.split(word) if r]
        return tuple(run[i : i + 2] for run in runs for i in range(max(1, len(run) - 1)))
    whole = word.lower()
    parts = [p.lower() for p in _PART.findall(word)]
    if len(parts) <= 1:
        return () if whole in _STOP else (stem(whole),)
    return (whole, *(stem(p) for p in parts if p not in _STOP))


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """Cut an English ending off, and take one word for several that mean much the same.

    >>> stem("installation"), stem("running"), stem("queries")
    ('install', 'run', 'query')
    """
    for ending, instead in _ENDINGS:
        least = 5 if ending.startswith("ment") else 3
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word[: len(word) - len(ending)] + instead
            if len(word) > 3 and ending in {"ing", "ed"} and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return _SAME.get(word, word)


def is_chinese(text: str) -> bool:
    """Whether the text is written in Chinese: a fifth of its letters or more."""
    han = len(re.findall(rf"[{_CJK}]", text))
    return han * 4 > len(re.findall(r"[A-Za-z]", text)) or (han >= 6 and han * 8 > len(text))
