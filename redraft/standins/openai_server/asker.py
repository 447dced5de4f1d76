"""Plays the one who thinks up questions for a page of the docs: from its headings, and from the commands in it."""

import re
from random import Random

from redraft.standins.openai_server.tagged import elements

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_FENCED = re.compile(r"^\s*(```|~~~).*?^\s*\1\s*$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"`([A-Za-z][\w./-]*(?: [^`\n]{1,60})?)`")
_NUMBERED = re.compile(r"^(?:\d+[.)]|[一二三四五六七八九十]+、)\s*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ASKS = re.compile(r"^(?:what|which|who|where|when|why|how|can|does|do|is|are)\b", re.IGNORECASE)
_VERBS = (
    "add ask build change check choose clean compare configure connect copy create delete deploy disable download "
    "edit enable export find get give go import install let limit list load make migrate move open pick publish read "
    "remove rename reset restart restore resume rotate run save schedule send set share show sign start stop store "
    "switch test track try turn undo update upgrade upload use view watch write"
)
_DOES = frozenset(_VERBS.split())


def think_up(user: str, variation: str) -> list[str]:
    """Return one or two questions about the page of a request; none for an empty page."""
    page = next(iter(elements(user, "document")), None)
    if page is None or not page.text.strip():
        return []
    text = _FENCED.sub("", page.text)
    headings = [_NUMBERED.sub("", heading) for heading in _HEADING.findall(text)]
    title = page.attributes.get("title") or (headings or [text.strip().split("\n")[0]])[0]
    chinese = len(_HAN.findall(text)) * 4 > len(re.findall("[A-Za-z]", text))
    chance = Random(f"{title}|{variation}")  # noqa: S311 - a repeatable choice
    about = chance.choice([heading for heading in headings if heading != title] or [title])
    questions = [_about_heading(about, title, chinese=chinese)]
    commands = [found for found in dict.fromkeys(_COMMAND.findall(text)) if " " in found or "-" in found]
    if commands:
        command = chance.choice(commands)
        questions.append(f"`{command}` 是做什么用的？" if chinese else f"What does `{command}` do?")
    return questions


def _about_heading(heading: str, title: str, *, chinese: bool) -> str:
    heading = heading.replace("`", "").strip(" .:")
    first = heading.split(" ")[0].lower()
    if chinese:
        return heading if heading.endswith("？") else f"{heading}是怎么回事？"
    if _ASKS.match(heading):
        return f"{heading.rstrip('?')}?"
    if first in _DOES:
        return f"How do I {heading[0].lower()}{heading[1:]}?"
    if first.endswith("ing"):
        return f"How does {heading[0].lower()}{heading[1:]} work?"
    lowered = heading if heading[:2].isupper() else f"{heading[0].lower()}{heading[1:]}"
    return f"What should I know about {lowered}?" if heading == title else f"What about {lowered} ({title})?"
