"""What a prompt asks of an answer, in many wordings and with negations. Passages are never read here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from redraft.standins.openai_server.citing import CitationStyle, read_style
from redraft.standins.openai_server.instruction_cues import (
    COMPILED,
    NAMES_A_CASE,
    NEGATES_AFTER,
    NEGATES_BEFORE,
    SEGMENT,
)

_ENDS = ".!?;。！？；"
_PRIVATE = "".join(chr(0xE000 + place) for place in range(len(_ENDS)))
_HIDDEN = str.maketrans(_ENDS, _PRIVATE)
_SHOWN = str.maketrans(_PRIVATE, _ENDS)
_CLAUSE = re.compile(r"(?<=[.!?;])\s+|(?<=[\ue000-\ue007][\"'”’」』])\s*(?=[A-Z\u3400-\u9fff])|[\n。；！？]+")
_NUMBERS = {
    w: i
    for i, ws in enumerate(
        [
            "",
            "one single a 一",
            "two couple 二 两",
            "three 三",
            "four 四",
            "five 五",
            "six 六",
            "seven 七",
            "eight 八",
            "nine 九",
            "ten 十",
        ]
    )
    for w in ws.split()
}
_NUMBER = r"(\d+|one|two|three|four|five|six|seven|eight|nine|ten|a single)"
_RANGE = rf"(?:{_NUMBER}\s*(?:-|–|to|or)\s*)?{_NUMBER}"
_LENGTH = rf"{_RANGE}\s+(?:\w+\s+)?(sentences?|words?|paragraphs?|lines?)\b"
_CAPS = (
    re.compile(
        r"(?:at most|(?:no|not) more than|up to|max(?:imum)?(?: of)?|within|under|below|(?:fewer|less|shorter) than"
        r"|exceed(?:ing)?|about|around|\bin|\bto|\buse|\bwrite"
        r"|(?<!end )(?<!close )(?<!finish )(?<!start )(?<!begin )(?<!open )"
        r"\bwith)\s+"
        rf"(?:only |just |about |around )?{_LENGTH}",
        re.IGNORECASE,
    ),
    re.compile(rf"^\W*{_LENGTH}", re.IGNORECASE),
    re.compile(rf"{_LENGTH}\s+(?:or (?:less|fewer|shorter)|max|maximum|at most|tops|long)\b", re.IGNORECASE),
    re.compile(
        r"(?:不(?:要|能|得)?(?:超过|多于)|最多|至多|控制在|限(?:制)?(?:在|为)?|(?:只)?用|以)\s*"
        r"(?:([0-9一二两三四五六七八九十]+)\s*(?:到|至|-|~)\s*)?([0-9一二两三四五六七八九十百]+)\s*(?:个)?(句|字|段)"
    ),
    re.compile(
        r"(?<![第首每])(?:([0-9一二两三四五六七八九十]+)\s*(?:到|至|-"
        r"|~)\s*)?([0-9一二两三四五六七八九十百]+)\s*(?:个)?(句|字|段)"
        r"(?:话|子|落)?(?:以内|之内|以下|内)"
    ),
)
_QUOTED = re.compile(r"[\"“「『]([^\"”」』]{4,120})[\"”」』]|'([^']{6,120})'(?!\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """What the answer must be like; None where the prompt is silent."""

    kinds: dict[str, bool]
    """Kind -> asked for (True) or forbidden (False); the last mention counts."""
    max_sentences: int | None
    max_words: int | None
    """Words; Chinese characters."""
    style: CitationStyle
    refusal: str | None
    """The words in which the prompt wants not knowing to be said."""

    def wants(self, kind: str) -> bool:
        """Whether the kind is asked for."""
        return self.kinds.get(kind) is True

    def forbids(self, kind: str) -> bool:
        """Whether the kind is forbidden."""
        return self.kinds.get(kind) is False


@lru_cache(maxsize=256)
def read_instructions(prompt: str) -> Instructions:
    """Read a prompt."""
    kinds: dict[str, bool] = {}
    citing: list[str] = []
    refusal = None
    sentences = words = None
    quoting = _QUOTED.sub(lambda m: m[0].translate(_HIDDEN), prompt)  # a quoted sentence ends no clause
    for clause in (c for c in _CLAUSE.split(quoting) if c.strip()):
        found = dict(_kinds(clause))
        if found.get("cite") or (
            citing and re.search(r"\b(?:format|form|like this)\b|格式|形如", clause, re.IGNORECASE)
        ):
            citing.append(clause)
        if found.get("admit") and (quoted := _QUOTED.search(clause)):
            refusal = (quoted[1] or quoted[2]).translate(_SHOWN)
        kinds |= found
        sentences, words = _caps(clause, sentences, words)
    if kinds.get("quote") and _quotes_code_only(prompt):
        kinds["quote"] = False
    return Instructions(
        kinds=kinds, max_sentences=sentences, max_words=words, style=read_style("\n".join(citing)), refusal=refusal
    )


def _kinds(clause: str) -> Iterator[tuple[str, bool]]:
    for kind, pattern in COMPILED.items():
        for match in pattern.finditer(clause):
            fixed = kind in {"admit", "premise", "only_passages"} and NAMES_A_CASE.match(match[0])
            yield kind, bool(fixed) or _is_positive(clause, match.start(), match.end())


def _is_positive(clause: str, start: int, end: int) -> bool:
    """Count the negations in reach before the words; look for "... is not needed" after them."""
    cuts = [m.end() for m in SEGMENT.finditer(clause, 0, start)]
    reach = clause[max([0, start - 48, *cuts]) : start]
    negations = len(NEGATES_BEFORE.findall(reach))
    if NEGATES_AFTER.match(clause[end:]):
        negations += 1
    return negations % 2 == 0


def _caps(clause: str, sentences: int | None, words: int | None) -> tuple[int | None, int | None]:
    for pattern in _CAPS:
        for match in pattern.finditer(clause):
            number, unit = _number(match[2]), match[3].lower().rstrip("s")
            if number == 0:
                continue
            if unit in {"word", "字"}:
                words = number
            else:
                sentences = number * (4 if unit in {"paragraph", "段"} else 1)
    return sentences, words


def _number(text: str) -> int:
    text = text.lower().replace("a single", "one")
    if text.isdigit():
        return int(text)
    if text in _NUMBERS:
        return _NUMBERS[text]
    tens, _, ones = text.partition("百" if "百" in text else "十")
    scale = 100 if "百" in text else 10
    return _NUMBERS.get(tens, 1) * scale + _NUMBERS.get(ones, 0)


def _quotes_code_only(prompt: str) -> bool:
    """Whether every mention of quoting is about commands or code."""
    mentions = list(COMPILED["quote"].finditer(prompt))
    about_code = re.compile(r"\b(?:commands?|code|flags?|snippets?)\b|命令|代码", re.IGNORECASE)
    about_text = re.compile(
        r"\b(?:sentences?|passages?|documentation|docs|texts?|wording)\b|句|段落|文档|原文", re.IGNORECASE
    )
    near = [prompt[max(0, m.start() - 40) : m.end() + 40] for m in mentions]
    return all(about_code.search(n) and not about_text.search(n) for n in near)
