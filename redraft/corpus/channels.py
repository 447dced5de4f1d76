"""Reads help channels from a Slack export.

A Slack export is a folder with `channels.json`, `users.json` and a folder a channel, a file a day:

    [{"type": "message", "user": "U1", "text": "How do I ...?", "ts": "1672650000.000100",
      "thread_ts": "1672650000.000100"}]

A thread becomes one document, even when its replies lie in a later day's file.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from redraft.corpus.pages import Page, Unreadable, clean_text, decode_text, escape_headings, shorten

EXPORT_FILES = ("channels.json", "users.json")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_NOISE = {"channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name", "bot_add", "bot_remove"}


def is_slack_export(folder: Path) -> bool:
    """Whether a folder is the top of a Slack export."""
    return (folder / EXPORT_FILES[0]).is_file() and (folder / EXPORT_FILES[1]).is_file()


def is_day_file(location: Path) -> bool:
    """Whether a file is named like a day of a channel."""
    return _DAY.fullmatch(location.name) is not None


def read_slack_channel(days: Sequence[Path], problems: list[str]) -> list[Page]:
    """Read the threads of one channel from its day files; a day that cannot be read is named in `problems`."""
    export = days[0].parent.parent
    people = _people(export / EXPORT_FILES[1], problems)
    channel = days[0].parent.name
    channel_id = _channel_id(export / EXPORT_FILES[0], channel, problems)
    threads: dict[str, list[Mapping[str, Any]]] = {}
    for day in sorted(days):
        try:
            messages = _json_list(day)
        except Unreadable as error:
            problems.append(f"{day.name}: {error}")
            continue
        for message in messages:
            if _is_speech(message):
                threads.setdefault(str(message.get("thread_ts") or message["ts"]), []).append(message)
    return [_thread_page(ts, _by_time(messages), channel, channel_id, people) for ts, messages in threads.items()]


def _json_list(location: Path) -> list[Any]:
    try:
        rows = json.loads(decode_text(location.read_bytes()))
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON ({error.msg} at line {error.lineno})") from None
    if not isinstance(rows, list):
        raise Unreadable(f"expected a JSON list, found {type(rows).__name__}")
    return rows


def _people(location: Path, problems: list[str]) -> dict[str, str]:
    names = {}
    for user in _rows_with_id(location, problems):
        profile = user.get("profile")
        shown = profile.get("display_name") or profile.get("real_name") if isinstance(profile, dict) else None
        names[str(user["id"])] = str(shown or user.get("real_name") or user.get("name") or user["id"])
    return names


def _channel_id(location: Path, name: str, problems: list[str]) -> str | None:
    return next((str(row["id"]) for row in _rows_with_id(location, problems) if row.get("name") == name), None)


def _rows_with_id(location: Path, problems: list[str]) -> list[Mapping[str, Any]]:
    try:
        return [row for row in _json_list(location) if isinstance(row, dict) and "id" in row]
    except (Unreadable, OSError) as error:  # names stay ids: the threads are still worth reading
        problems.append(f"{location.name}: {error}")
        return []


def _is_speech(message: Any) -> bool:
    if not isinstance(message, dict) or message.get("type") != "message" or not isinstance(message.get("ts"), str):
        return False
    text = message.get("text")
    return isinstance(text, str) and bool(text.strip()) and message.get("subtype") not in _NOISE


def _by_time(messages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    once = {message["ts"]: message for message in messages}  # a reply that was also sent to the channel comes twice
    return [once[ts] for ts in sorted(once, key=lambda ts: (len(ts.partition(".")[0]), ts))]


def _thread_page(
    ts: str, messages: Sequence[Mapping[str, Any]], channel: str, channel_id: str | None, people: Mapping[str, str]
) -> Page:
    texts = [escape_headings(_plain(message["text"], people)) for message in messages]
    names = [_speaker(message, people) for message in messages]
    parts = [f"**Question** ({names[0]}):\n\n{texts[0]}"]
    parts += [f"**Reply** ({name}):\n\n{text}" for name, text in zip(names[1:], texts[1:], strict=True)]
    first_line = re.sub(r"[*_`~\\#]+", "", next(line for line in texts[0].split("\n") if line.strip())).strip()
    return Page(
        title=f"#{channel}: {shorten(first_line)}",
        text=clean_text("\n\n".join(parts)),
        anchor=ts,
        url=_permalink(messages[0], channel_id, ts),
    )


def _speaker(message: Mapping[str, Any], people: Mapping[str, str]) -> str:
    user = str(message.get("user", ""))
    return people.get(user) or str(message.get("username") or user or "unknown")


def _permalink(message: Mapping[str, Any], channel_id: str | None, ts: str) -> str | None:
    if isinstance(message.get("permalink"), str):
        return str(message["permalink"])
    team = message.get("team")
    if isinstance(team, str) and channel_id:
        return f"https://app.slack.com/client/{team}/{channel_id}/thread/{channel_id}-{ts}"
    return None


def _plain(text: str, people: Mapping[str, str]) -> str:
    """Turn Slack's marks into Markdown: `<@U1>`, `<#C1|general>`, `<https://x|label>`, `&lt;`."""
    text = re.sub(r"<@(\w+)(?:\|([^>]*))?>", lambda m: "@" + (m[2] or people.get(m[1], m[1])), text)
    text = re.sub(r"<#\w+\|([^>]*)>", r"#\1", text)
    text = re.sub(r"<!(\w+)[^>]*>", r"@\1", text)
    text = re.sub(r"<((?:https?|mailto):[^|>]+)\|([^>]*)>", r"[\2](\1)", text)
    text = re.sub(r"<((?:https?|mailto):[^>]+)>", r"\1", text)
    return html.unescape(_own_fence_lines(text)).strip()


def _own_fence_lines(text: str) -> str:
    """Put Slack's code marks on lines of their own, as Markdown wants them."""
    pieces = text.split("```")
    if len(pieces) < 3:
        return text
    code = [piece.strip("\n") for piece in pieces]
    return "".join(piece if number % 2 == 0 else f"\n```\n{code[number]}\n```\n" for number, piece in enumerate(pieces))
