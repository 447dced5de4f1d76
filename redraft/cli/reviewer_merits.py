"""What the stand-in reviewers value in an answer: each merit that can be seen, as a number from 0 to 1.

`substance` merits (does it answer at all, is it true) limit the whole rating; `form` merits (source, length, exactness)
add to it. A merit that a question does not call for is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from redraft.cli.reviewer_eyes import Reading, SeenPassage, is_chinese, words_of
from redraft.cli.reviewer_page import Page, files_in, prose_and_code

_DENIAL = re.compile(
    r"\b(?:no|not|nothing|none|never|neither|cannot|unable|without)\b|n't\b|没有|没|未|无法|不支持|不存在|不包含|不能|找不到",
    re.IGNORECASE,
)
_ABOUT_DOCS = re.compile(
    r"\b(?:docs?|documentation|documents|passages?|pages|sources|provided|know|information)\b|文档|资料|段落|不知道|信息",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\[\d+\]|【\d+】")
_HARD = re.compile(r"(?<![\w-])--?[a-z][\w-]+|https?://\S+|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\b\d[\d.,]*\b", re.IGNORECASE)
_HOW_TO = re.compile(
    r"^\s*(?:how (?:do|can|should|to|would)|where do i set)\b|^\s*(?:请问)?(?:如何|怎么|怎样)", re.IGNORECASE
)
_STEP = re.compile(r"^\s*(?:\d+[.)、]|step \d|第[一二三四五]步|[-*] )", re.IGNORECASE | re.MULTILINE)
_FILLER = re.compile(
    r"\b(?:great question|happy to|hope (?:this|that) helps|of course|feel free|as (?:an ai|mentioned)|in general|"
    r"generally speaking|it is (?:important|worth)|as we (?:know|can see)|in conclusion|overall)\b|"
    r"总的来说|众所周知|希望.{0,6}帮助|值得注意的是",
    re.IGNORECASE,
)
_DESTROYS = re.compile(r"\b(?:delet\w*|remov\w*|eras\w*|overwrit\w*|wipe\w*)\b|删除|清空|覆盖", re.IGNORECASE)
_WARNING = re.compile(
    r"\b(?:warn\w*|careful\w*|undone|irrevers\w*|permanent\w*|for good|back ?up|lost|gone)\b|警告|注意|备份|不可",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen in one answer: 0 (missing) to 1 (as it should be), by merit."""

    substance: dict[str, float] = field(default_factory=dict)
    form: dict[str, float] = field(default_factory=dict)


def look_at(
    reading: Reading, answer: str, cited: Sequence[str], passages: Sequence[SeenPassage], answerable: bool | None
) -> Sight:
    """Read an answer as a colleague would who has the passages beside it."""
    page = Page(reading, answer, cited, passages)
    about = _about(page)
    form = {"short": _short(page), "first": float(about[0]), "focused": _focused(page, about)}
    if not _language_is_right(page):
        form["language"] = 0.0
    if answerable is False:
        premise = _premise(page)
        del form["first"]  # which sentence comes first matters less than what is said
        form["focused"] = 1.0 - _ramp(len(page.sentences), 2, 7)
        if premise > 0.0:
            form["names_absent"] = float(_names_absent(page))
        return Sight(substance={"premise": premise}, form=form)
    if _gives_up(page):
        return Sight(substance={"answers": 0.5 if answerable is None else 0.1}, form=form)
    substance = {"answers": _answers(page), "grounded": _grounded(page)}
    form["sources"] = _sources(page)
    if len(reading.parts) > 1:
        form["both_parts"] = _ramp(min(_part_scores(page)), 0.45, 0.75)
    form.update(_how_to_merits(page))
    return Sight(substance=substance, form=form)


def _part_scores(page: Page) -> list[float]:
    return [page.reading.relevance(part, page.words) for part in page.reading.parts]


def _answers(page: Page) -> float:
    scores = _part_scores(page)
    return _ramp(sum(scores) / len(scores), 0.35, 0.75)


def _gives_up(page: Page) -> bool:
    """Say whether the answer only states that the docs do not hold one."""
    first = page.sentences[:1]
    denies = any(_DENIAL.search(sentence) and _ABOUT_DOCS.search(sentence) for sentence in first)
    return denies and len(page.sentences) <= 2 * len(page.reading.parts) and min(_part_scores(page)) < 0.7


def _premise(page: Page) -> float:
    """Value an answer to a question about something absent by whether it says so, and where."""
    telling = [
        number
        for number, sentence in enumerate(page.sentences)
        if _DENIAL.search(sentence) and (_ABOUT_DOCS.search(sentence) or _names_the_absent(page, sentence))
    ]
    if not telling:
        return 0.0
    return 1.0 if telling[0] < 2 else 0.5 if _names_absent(page) else 0.0


def _names_absent(page: Page) -> bool:
    return any(_DENIAL.search(sentence) and _names_the_absent(page, sentence) for sentence in page.sentences[:6])


def _names_the_absent(page: Page, sentence: str) -> bool:
    absent = page.reading.absent or page.reading.asked
    return len(absent & frozenset(words_of(sentence))) >= (1 if page.reading.absent else 2)


def _grounded(page: Page) -> float:
    """Value what can be found again in the passages: exact tokens count most."""
    text = page.passage_text + " " + page.reading.question.lower()
    prose = re.sub(r"(?m)^\s*\d+[.)]\s", "", page.body)
    for name in files_in(prose):
        prose = prose.replace(name, " ")
    hard = [token.rstrip(".,").lower() for token in _HARD.findall(_NUMBERED.sub(" ", prose))]
    hard += [" ".join(code.lower().split()) for code in page.code if "\n" not in code.strip()]
    invented = sum(not _occurs(token, text) for token in hard if token)
    unknown = page.words - page.reading.known - page.reading.asked
    soft = 1.0 - 0.35 * _ramp(len(unknown) / max(1, len(page.words)), 0.2, 0.6)  # padding is no invention
    return soft * (1.0 if not invented else max(0.0, 0.5 - invented / max(2, len(hard))))


def _occurs(token: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(token)}(?!\w)", " ".join(text.split())) is not None


def _sources(page: Page) -> float:
    if page.cited_wrong:
        return 0.2
    if not page.cited_right:
        return 0.4 if _NUMBERED.search(page.text) else 0.0
    return 1.0 if len(page.cited_right) <= 3 else 0.6


def _short(page: Page) -> float:
    limit = 45 + 30 * (len(page.reading.parts) - 1) + (20 if _HOW_TO.search(page.reading.question) else 0)
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in page.prose)
    length = chinese / 1.7 + len(re.findall(r"[A-Za-z0-9_./-]+", page.prose))
    return 1.0 - _ramp(length, limit, 2.2 * limit)


def _about(page: Page) -> list[bool]:
    """Say for each sentence whether it is about the question."""
    wanted = page.reading.context(page.reading.parts)
    said = [frozenset(words_of(sentence)) for sentence in page.sentences]
    about = [page.reading.share(wanted, words) >= 0.08 and len(words & wanted) >= min(2, len(words)) for words in said]
    return about or [bool(page.code)]


def _focused(page: Page, about: Sequence[bool]) -> float:
    """Value sentences that are about the question, and the absence of padding."""
    return max(0.0, _ramp(sum(about) / len(about), 0.3, 0.95) - 0.3 * len(_FILLER.findall(page.prose)))


def _language_is_right(page: Page) -> bool:
    return is_chinese(page.reading.question) == is_chinese(page.prose) or not page.prose.strip()


def _how_to_merits(page: Page) -> dict[str, float]:
    merits: dict[str, float] = {}
    if _HOW_TO.search(page.reading.question):
        offered = any(prose_and_code(passage.text)[1] for passage in page.passages)
        if offered:
            merits["exact"] = (
                1.0 if any(_occurs(" ".join(code.lower().split()), page.passage_text) for code in page.code) else 0.0
            )
        if len(page.sentences) > 3:
            merits["steps"] = 1.0 if len(_STEP.findall(page.body)) >= 2 else 0.0
    if _DESTROYS.search(page.reading.question):
        merits["warned"] = 1.0 if _WARNING.search(page.body) else 0.0
    return merits


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
