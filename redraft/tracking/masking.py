"""What the call log must not keep: keys and passwords, and what `call_log.mask` names; all become `***`.

Secrets are taken from this process's environment, in the forms in which they travel, and recognised by their look. The
texts themselves are not changed: a model sees what the documents say.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote, urlsplit

from redraft.errors import ConfigError

MASK = "***"
SHORTEST_SECRET = 8  # a shorter "secret" is an ordinary word, which texts may hold

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:API|ACCESS|SECRET|PRIVATE)?"
    r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|CREDENTIALS?|AUTH|WEBHOOK|DSN|SIG|PAT)(?:_|$)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_LOOKS = (
    r"\bsk-[\w-]{16,}",
    r"\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{16,}",
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bAIza[\w-]{35}",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_\w{20,}",
    r"\bglpat-[\w-]{20,}",
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    r"\bhf_[A-Za-z0-9]{30,}",
    r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+",  # a JSON web token
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
)


def make_mask(environ: Mapping[str, str], patterns: Sequence[str] = ()) -> Callable[[str], str]:
    r"""Make the function that masks a text.

    Args:
        environ: Whose secrets are masked.
        patterns: Of `call_log.mask`.

    Raises:
        ConfigError: A pattern is not a regular expression, or matches the empty text.

    >>> mask = make_mask({"OPENAI_API_KEY": "our-own-key-1"}, [r"[\w.]+@[\w.]+"])
    >>> mask("Authorization: Bearer abcdefghijklmnop0123, our-own-key-1, ann@example.com")
    'Authorization: ***, ***, ***'
    """
    secrets = sorted(set(_secrets(environ)), key=len, reverse=True)  # one may be a part of another
    wanted = [re.compile("|".join([*map(re.escape, secrets), *_LOOKS])), *map(_checked, patterns)]

    def masked(text: str) -> str:
        for pattern in wanted:
            text = pattern.sub(MASK, text)
        return text

    return masked


def _checked(pattern: str) -> re.Pattern[str]:
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"call_log.mask: {pattern!r} is not a regular expression: {error}") from None
    if found.match(""):
        raise ConfigError(f"call_log.mask: {pattern!r} matches the empty text: it would mask between all characters")
    return found


def _secrets(environ: Mapping[str, str]) -> Iterator[str]:
    """Every secret that the environment holds, as it is, percent-encoded, and in base64."""
    for name, value in environ.items():
        for secret in _secret_parts(name, value.strip()):
            if len(secret) >= SHORTEST_SECRET:
                encoded = base64.b64encode(secret.encode()).decode()
                yield from (secret, quote(secret, safe=""), encoded, encoded.rstrip("="))


def _secret_parts(name: str, value: str) -> Iterator[str]:
    if _SECRET_NAME.search(name):
        yield value
    if _ADDRESS.fullmatch(value):
        try:
            parts = urlsplit(value)
        except ValueError:
            return
        if parts.password:
            yield parts.password
        pairs = (pair.partition("=") for pair in parts.query.split("&"))
        yield from (value for name, _, value in pairs if _SECRET_NAME.search(name))
