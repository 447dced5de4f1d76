"""Where the models are, from the environment: addresses and keys are never configuration.

OPENAI_BASE_URL              https://api.openai.com/v1 unless set; any endpoint that speaks OpenAI's protocol
OPENAI_API_KEY               its key; may be missing where the endpoint asks for none
OPENAI_ENDPOINT_NAME         what to call it in records; its address unless set
REDRAFT_EMBEDDING_BASE_URL   the same three for embeddings, if those come from elsewhere
REDRAFT_EMBEDDING_API_KEY
REDRAFT_EMBEDDING_ENDPOINT_NAME
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from redraft.errors import ModelRefused, ModelUnavailable

OPENAI = "https://api.openai.com/v1"
_SHORTEST_SECRET = 8  # a shorter "key" (of an endpoint that takes any) is an ordinary word, which texts may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model endpoint; only its name is ever shown or stored.

    >>> Endpoint(base_url="http://127.0.0.1:8000/v1", api_key="sk-secret", name="lab")
    Endpoint(name='lab')
    """

    base_url: str = field(repr=False)  # may hold a password
    api_key: str = field(repr=False)  # empty: the endpoint asks for none
    name: str  # its identity in records: no secret in it
    key_variable: str = field(default="OPENAI_API_KEY", repr=False)  # which variable to mend
    url_variable: str = field(default="OPENAI_BASE_URL", repr=False)

    @property
    def address(self) -> str:
        """The address without user, password and query.

        >>> Endpoint(base_url="https://me:pass@host:1/v1?key=3", api_key="", name="x").address
        'https://host:1/v1'
        """
        return _without_secrets(self.base_url)

    def scrub(self, text: str) -> str:
        """Take this endpoint's secrets out of a text."""
        parts = urlsplit(self.base_url)
        for secret in (self.api_key, parts.password, *(value for _, value in parse_qsl(parts.query))):
            if secret and len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text


def chat_endpoint(environ: Mapping[str, str]) -> Endpoint:
    """Find the chat endpoint.

    Raises:
        ModelUnavailable: The address is not one.
        ModelRefused: The key cannot be one.
    """
    return _endpoint(environ, {part: f"OPENAI_{part}" for part in ("BASE_URL", "API_KEY", "ENDPOINT_NAME")})


def embedding_endpoint(environ: Mapping[str, str]) -> Endpoint:
    """Find the endpoint of the embedding model: the chat endpoint, unless the environment names another.

    What is not set falls back to the chat endpoint's, but the chat key is not sent to another host than its own.

    Raises:
        ModelUnavailable: The address is not one.
        ModelRefused: The key cannot be one.
    """

    def own_or_chat(part: str) -> str:
        own = f"REDRAFT_EMBEDDING_{part}"
        return own if environ.get(own, "").strip() else f"OPENAI_{part}"

    variables = {part: own_or_chat(part) for part in ("BASE_URL", "API_KEY", "ENDPOINT_NAME")}
    if variables["BASE_URL"] != "OPENAI_BASE_URL":
        variables["ENDPOINT_NAME"] = "REDRAFT_EMBEDDING_ENDPOINT_NAME"  # the chat endpoint's name is not this one's
        if not _same_host(environ.get(variables["BASE_URL"], ""), environ.get("OPENAI_BASE_URL", "") or OPENAI):
            variables["API_KEY"] = "REDRAFT_EMBEDDING_API_KEY"
    return _endpoint(environ, variables)


def _same_host(one: str, other: str) -> bool:
    try:
        return urlsplit(one.strip()).netloc == urlsplit(other.strip()).netloc
    except ValueError:
        return False


def _endpoint(environ: Mapping[str, str], variables: Mapping[str, str]) -> Endpoint:
    url_variable, key_variable = variables["BASE_URL"], variables["API_KEY"]
    url = environ.get(url_variable, "").strip() or OPENAI
    key = environ.get(key_variable, "").strip()
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise ModelUnavailable(
            f"{url_variable} must be an address such as {OPENAI}, and is not",
            remedy="begin it with http:// or https://",
        )
    if not key.isascii() or not key.isprintable():
        raise ModelRefused(f"{key_variable} holds characters that no key has", remedy="copy the key again")
    return Endpoint(
        base_url=url.rstrip("/"),
        api_key=key,
        name=environ.get(variables["ENDPOINT_NAME"], "").strip() or _without_secrets(url),
        key_variable=key_variable,
        url_variable=url_variable,
    )


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}".rstrip("/")
