"""Plays the judge: rates an answer from 1 to 5 by simple signs. It agrees with people only moderately, as judges do."""

import hashlib
import re
from typing import Any

from redraft.standins.openai_server.tagged import first, section

_PIECE = re.compile(r"[a-z0-9_]{3,}|[\u3400-\u9fff](?=([\u3400-\u9fff]))", re.IGNORECASE)
_POINTS_TO_A_PAGE = re.compile(r"\bsources?\s*:|\[\d+\]|来源|出处|\b[\w/-]+\.(?:md|rst|html|txt|pdf)\b", re.IGNORECASE)
_DECLINES = re.compile(
    r"\b(?:does not|do not|don't|doesn't|not|cannot)\s+(?:know|mention|answer|say|describe|contain|cover)"
    r"|没有提到|不知道|没有回答",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"great question|happy to help|let me know|hope this|thanks for asking|好问题|随时告诉|希望以上", re.IGNORECASE
)
_SMALL = "the and for how what which where when why who can does are you your with that this from into have use not but"
_PLAIN = frozenset(_SMALL.split())


def judge(user: str) -> dict[str, Any]:
    """Return `{"score": 1..5, "reason": ...}`; the same request gets the same score."""
    answer = first(user, "answer")
    question = _pieces(first(user, "question"))
    passages = _pieces(section(user, "passages") or "")
    said = _pieces(_POINTS_TO_A_PAGE.sub(" ", answer))
    signs: list[tuple[float, str]] = [
        *_on_ground(said, passages),
        *_on_matter(answer, question, said, passages),
        *_on_form(answer),
    ]
    noise = int.from_bytes(hashlib.blake2b(user.encode(), digest_size=2).digest(), "big") / 65535 * 1.8 - 0.9
    raw = 3.0 + sum(value for value, _ in signs) + _leaning(user) + noise
    score = max(1, min(5, round(raw)))
    strongest = sorted(signs, key=lambda s: -abs(s[0]))[:2]
    reason = "; ".join(text for _, text in strongest) or "nothing stands out"
    return {"score": score, "reason": reason[0].upper() + reason[1:] + "."}


def _on_ground(said: set[str], passages: set[str]) -> list[tuple[float, str]]:
    if not said:
        return [(-2.0, "there is no answer")]
    share = len(said & passages) / len(said)
    if share > 0.8:
        return [(0.4, "its words are those of the passages")]
    return [(-0.6, "much of it is not in the passages")] if share < 0.55 else []


def _on_matter(answer: str, question: set[str], said: set[str], passages: set[str]) -> list[tuple[float, str]]:
    found = len(question & passages) / max(1, len(question))
    if _DECLINES.search(answer):
        return (
            [(0.9, "it says what the documentation lacks")]
            if found < 0.75
            else [(-0.7, "it declines though the passages seem to answer")]
        )
    taken_up = len(question & said) / max(1, len(question))
    if found < 0.6:
        return [(-0.9, "it answers though the passages do not speak of this")]
    return [(0.5, "it takes up the question")] if taken_up >= 0.5 else [(-0.5, "it leaves much of the question aside")]


def _on_form(answer: str) -> list[tuple[float, str]]:
    signs = []
    if _POINTS_TO_A_PAGE.search(answer):
        signs.append((0.6, "it names a source"))
    else:
        signs.append((-0.4, "it names no source"))
    size = len(answer.split()) + len(re.findall("[\u3400-\u9fff]", answer)) / 2
    if size > 110:
        signs.append((-0.7, "it is long"))
    elif size < 70:
        signs.append((0.3, "it is short"))
    if _CHATTER.search(answer):
        signs.append((-0.5, "it chatters"))
    return signs


def _leaning(user: str) -> float:
    """Follow the level of the rated examples a little."""
    scores = re.findall(r"score=\"(\d(?:\.\d+)?)\"", section(user, "examples") or "")
    return 0.25 * (sum(map(float, scores)) / len(scores) - 3) if scores else 0.0


def _pieces(text: str) -> set[str]:
    return {(m[0] + (m[1] or "")).lower() for m in _PIECE.finditer(text)} - _PLAIN
