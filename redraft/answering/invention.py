"""What an answer states that no passage holds: code, flags, URLs, numbers. And quotes: whether they are there.

These are the hard signs of invention. Prose is left to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from redraft.answering.language import CJK, code_of, plain, without_code

_MOST = 20  # findings that a record holds
_URL = re.compile(rf"\b(?:https?|s3|gs|azure|ftp|git\+https)://[^\s<>()\[\]{{}}\"'`，。；、）】{CJK}]+", re.IGNORECASE)
_FLAG = re.compile(r"(?<![\w\-/])--[A-Za-z][\w\-]*")
_SHORT_FLAG = re.compile(r"(?<![\w\-/])-[A-Za-z](?![\w\-])")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[.\-:/][A-Za-z0-9_]+)*")
_NUMBER = re.compile(r"(?<![\w.\-/#])(?:v(?=\d))?(\d+(?:[.,:]\d+)*)(?![\w]*[-/]?[A-Za-z_]*\d)", re.IGNORECASE)
_UNIT = re.compile(
    r"\s?(?:%|percent\b|[kmgt]i?b\b|m?s\b|secs?\b|seconds?\b|min(?:ute)?s?\b|hours?\b|days?\b|weeks?\b|months?\b|years?\b"
    r"|times\b|px\b|tokens?\b|bytes?\b|cores?\b|gpus?\b|秒|分钟|小时|天|周|个月|年|倍|次|字节|核)",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"(?m)^[ \t]{0,20}(?:[-*][ \t]{1,4})?(?:\*\*)?(?:step\s+|步骤\s*|第\s*)?\d{1,2}(?:[.)、:：]|\s*步|(?=\s))",
    re.IGNORECASE,
)
_CITATION = re.compile(r"[\[【(（]\s*(?:passages?\s*)?\d{1,2}(?:\s*[,，、-]\s*\d{1,2})*\s*[\]】)）]", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"<[^<>\n]{1,40}>|\{[^{}\n]{1,40}\}|\$\w+|\[[A-Z_]{3,}\]")
_OWN = re.compile(
    r"^(?:my|your|our|the|some|new|old|example|sample|test|demo|foo|bar|path|to|name|x|y|n|i)(?:[_\-./].*)?$", re.I
)
_RESULT = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")
_NUMBER_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_NUMBER_SIGNS = "零一二三四五六七八九十"


class Evidence:
    """The texts that an answer may rest on: the passages, their titles and paths, and the question itself.

    Beside them, numbers that were computed: an answer may round them.
    """

    def __init__(self, texts: list[str], *, computed: Sequence[str] = ()) -> None:
        self.text = plain("\n".join(texts))
        self._lower = self.text.casefold()
        self._names = set(_names_of(self._lower))
        self._numbers = set(re.findall(r"\d+", self._lower)) | set(re.findall(r"\d+(?:[.,:]\d+)+", self._lower))
        self._numbers |= {number.replace(",", "") for number in self._numbers}
        self._computed = [float(result) for result in computed if _RESULT.fullmatch(result)]
        words = set(re.findall(r"[a-z]+", self._lower))
        self._numbers |= {str(value) for value, word in enumerate(_NUMBER_WORDS) if word in words}
        self._numbers |= {str(value) for value, sign in enumerate(_NUMBER_SIGNS) if sign in self._lower}

    def has(self, text: str) -> bool:
        """Whether the text occurs, white space and case aside."""
        return plain(text).casefold() in self._lower

    def has_flag(self, flag: str) -> bool:
        """Whether the flag occurs whole: `--queue-name` is no evidence for `--queue`."""
        return re.search(rf"(?<![\w\-]){re.escape(flag)}(?![\w\-])", self.text) is not None

    def has_name(self, name: str) -> bool:
        """Whether a name or all parts of it occur: `task.close` where `Task` and `close` do."""
        name = name.casefold()
        return name in self._names or all(part in self._names for part in re.split(r"[.\-:/]", name) if part)

    def has_number(self, number: str) -> bool:
        """Whether a number occurs, as digits or, a small one, as a word."""
        bare = number.replace(",", "")
        if number in self._numbers or bare in self._numbers:
            return True
        if any(_is_rounded(bare, computed) for computed in self._computed):
            return True
        parts = re.split(r"[.,:]", number)
        return len(parts) > 2 and all(part in self._numbers for part in parts)


def unsupported(body: str, evidence: Evidence) -> tuple[str, ...]:
    """List code, flags, URLs and numbers of an answer (its sources cut off) that the evidence does not hold.

    >>> unsupported("Run `pip install quick --fast` on port 9090.", Evidence(["pip install it on port 8080"]))
    ('--fast', 'quick', '9090')
    """
    body = _PLACEHOLDER.sub(" ", body)
    found: dict[str, None] = {}
    rest = body
    for match in _URL.finditer(body):
        url = match[0].rstrip(".,;:!?*_/")
        if not evidence.has(url):
            found[url] = None
        rest = rest.replace(match[0], " ")
    found |= dict.fromkeys(_flags(rest, evidence))
    found |= dict.fromkeys(name for code in code_of(rest) for name in _names(code, evidence))
    found |= dict.fromkeys(_numbers(rest, evidence))
    return tuple(found)[:_MOST]


def _is_rounded(number: str, computed: float) -> bool:
    """Whether a number is another one, rounded to the decimals that it shows; a sign stands before it, if any.

    >>> _is_rounded("2.412", 2.41160046129), _is_rounded("2.411", 2.41160046129), _is_rounded("98", -98.0)
    (True, False, True)
    """
    if ":" in number or number.count(".") > 1:
        return False
    decimals = len(number.partition(".")[2])
    return abs(float(number) - abs(computed)) <= 0.5000001 * 10.0**-decimals


def _flags(text: str, evidence: Evidence) -> Iterator[str]:
    flags = _FLAG.findall(text) + [flag for code in code_of(text) for flag in _SHORT_FLAG.findall(code)]
    return (flag for flag in flags if not evidence.has_flag(flag))


def _names(code: str, evidence: Evidence) -> Iterator[str]:
    """Names in code that nothing supports; comments, quoted values and flags are not names."""
    if evidence.has(code):
        return
    code = re.sub(r"(?m)(?:^|\s)#.*$", " ", code)
    code = re.sub(r"([\"']).*?\1", " ", code)
    code = _SHORT_FLAG.sub(" ", _FLAG.sub(" ", code))
    for name in _NAME.findall(code):
        if len(name) > 2 and not _OWN.match(name) and not evidence.has_name(name):
            yield name


def _numbers(body: str, evidence: Evidence) -> Iterator[str]:
    text = plain(_CITATION.sub(" ", _STEP.sub(" ", without_code(body))))
    text += " " + plain(" ".join(code_of(body)))
    for match in _NUMBER.finditer(text):
        number = match[1]
        small = number.isdigit() and int(number) <= 10 and not _UNIT.match(text, match.end())
        if not small and not evidence.has_number(number):
            yield number


def _names_of(text: str) -> Iterator[str]:
    for name in set(_NAME.findall(text)):
        yield name
        yield from re.split(r"[.\-:/]", name)
