"""Addresses and code that a prompt took from a comment or a document: somebody's attempt to write the prompt.

What is allowed to be there (the parent prompt, required clauses) is asked first. The texts of a whole history are long,
so they are searched for what the short prompt has, not the other way round; only code in backquotes is collected from
them, because a prompt may repeat it without its quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MIN_CODE_CHARS = 6  # shorter code in a comment (`id`, `-v`) is found in any text

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)[^\s<>\"'`)\]]+|[\w.+-]+@[\w-]+\.[\w.]+", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")  # `question` in a document is a word that any prompt may use
_QUOTED_CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_BARE_CODE = re.compile(
    r"<\s*(?:script|img|iframe|a|svg|object|link|meta)\b[^>]*>"  # HTML that loads or runs something
    r"|\$\([^)]+\)|\{%.*?%\}"  # shell substitution, template code
    r"|\b(?:sudo|curl|wget|rm|chmod|pip|npm|bash|powershell|eval|exec)\s+\S+"  # the start of a command
    r"|[A-Za-z0-9+/_-]{40,}",  # encoded data
    re.IGNORECASE,
)


def find_payloads(prompt: str, *, allowed: str, shown: Iterable[str]) -> list[str]:
    """Say what a prompt has that `allowed` does not have and that came from a shown text.

    An address or code that occurs in no shown text is the writer's own.
    """
    texts = list(dict.fromkeys(shown))
    known = {_host(address) for address in _ADDRESS.findall(allowed)}
    hosts = {_host(address): address for address in _new(_ADDRESS, prompt, allowed)}
    reasons = [
        f"an address from a comment or document: {address}"
        for host, address in hosts.items()
        if host and host not in known and any(host in text.casefold() for text in texts)
    ]
    codes = [*_quoted_in(texts, prompt, allowed), *_bare_in(texts, prompt, allowed)]
    return reasons + [f"code from a comment or document: {code}" for code in dict.fromkeys(codes)]


def _new(pattern: re.Pattern[str], text: str, allowed: str) -> list[str]:
    known = {found.casefold() for found in pattern.findall(allowed)}
    return [found for found in dict.fromkeys(pattern.findall(text)) if found.casefold() not in known]


def _quoted_in(texts: Iterable[str], prompt: str, allowed: str) -> list[str]:
    """Code that stands in backquotes in a text, and anywhere in the prompt."""
    line, known = _flat(prompt), _flat(allowed)
    found = {code for text in texts if "`" in text for pair in _QUOTED_CODE.findall(text) for code in pair if code}
    codes = sorted({_flat(code) for code in found})
    return [
        code
        for code in codes
        if len(code) >= MIN_CODE_CHARS and not _WORDS.fullmatch(code) and code in line and code not in known
    ]


def _bare_in(texts: Iterable[str], prompt: str, allowed: str) -> list[str]:
    codes = [_flat(code) for code in _new(_BARE_CODE, prompt, allowed)]
    if not codes:
        return []
    flat_texts = [_flat(text) for text in texts]
    return [code for code in codes if any(code in text for text in flat_texts)]


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def _host(address: str) -> str:
    """Return whose address it is; a changed path leads to the same owner.

    >>> _host("https://me@www.Docs.example:80/page?x=1"), _host("me@docs.example.")
    ('docs.example', 'docs.example')
    """
    bare = re.sub(r"^(?:[a-z][a-z0-9+.-]*://|mailto:)", "", address.casefold())
    owner = re.split(r"[/?#]", bare)[0].rpartition("@")[2]
    return owner.split(":")[0].removeprefix("www.").rstrip(".,;!。，；")
