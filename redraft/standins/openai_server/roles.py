"""Which part a chat call asks for: told by the JSON schema's name, its fields, or the tags in the request."""

import re

from redraft.standins.openai_server import answerer, arithmetic, asker, extractor, judge, themes, writer
from redraft.standins.openai_server.protocol import ChatRequest
from redraft.standins.openai_server.replies import encode
from redraft.standins.openai_server.tagged import has

ROLES = ("extractor", "answerer", "writer", "themes", "judge", "asker", "calculator", "general")

_BY_NAME = {
    "extracts": "extractor",
    "candidate": "writer",
    "themes": "themes",
    "judgement": "judge",
    "questions": "asker",
}
_BY_FIELD = (
    ("extracts", "extractor"),
    ("edits", "writer"),
    ("themes", "themes"),
    ("score", "judge"),
    ("questions", "asker"),
)
_BY_TAG = (("parent_prompt", "writer"), ("rubric", "judge"), ("comments", "themes"))
_SAYS_EXTRACT = re.compile(
    r"\s*(?:please\s+)?(?:extract|copy (?:out|the|all|every))\b|\s*请?(?:摘录|抄录|摘出|抽取)", re.IGNORECASE
)

GENERAL = (
    "This is Redraft's stand-in, not a language model. It answers questions about passages given in <passages> tags, "
    "and writes, sorts, asks and judges for Redraft; to anything else it can only say this."
)


def play(request: ChatRequest) -> tuple[str, str]:
    """Return the part that was played, and the reply: JSON text if JSON was asked for."""
    role = _role(request)
    if role in {"answerer", "general"} and not request.wants_json:
        call, said = arithmetic.wanted_call(request), arithmetic.answer(request)
        if call is not None or said is not None:
            return ("calculator", call) if call is not None else (role, str(said))
    if role == "extractor":
        found = extractor.extract(request.system, request.user)
        plain = "\n\n".join(f"[{e['passage']}] {e['text']}" for e in found)
        return role, encode({"extracts": found}) if request.wants_json else plain
    if role == "answerer":
        answer = answerer.answer(request.system, request.user, request.variation)
        return role, encode({"answer": answer}) if request.wants_json else answer
    if role == "writer":
        written = writer.write(request.user, request.variation)
        return role, encode(written) if request.wants_json else str(written["prompt"])
    if role == "themes":
        return role, encode({"themes": themes.summarise(request.user)})
    if role == "judge":
        return role, encode(judge.judge(request.user))
    if role == "asker":
        return role, encode({"questions": asker.think_up(request.user, request.variation)})
    return role, encode({"text": GENERAL}) if request.wants_json else GENERAL


def _role(request: ChatRequest) -> str:
    name = request.shape_name.lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    for field, role in _BY_FIELD:
        if field in request.shape_fields:
            return role
    outside = request.user.partition("<passages>")[0] + request.user.rpartition("</passages>")[2]
    for tag, role in _BY_TAG:
        if has(outside, tag):  # what stands in a passage decides nothing
            return role
    if not has(request.user, "passages"):
        return "asker" if has(request.user, "document") else "general"
    # Without a schema an extract call looks like an answer call, but for what its instructions begin with.
    return "extractor" if _SAYS_EXTRACT.match(request.system) else "answerer"
