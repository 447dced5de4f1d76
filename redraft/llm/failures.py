"""What went wrong with a model call, in one line without secrets.

An endpoint may echo the key that it refuses, so nothing that a refusal of the key says is repeated.
"""

from __future__ import annotations

import httpx2
import openai

from redraft.errors import ModelError, ModelRefused, ModelReplyError, ModelUnavailable
from redraft.llm.endpoints import Endpoint

CALL_ERRORS = (openai.OpenAIError, OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What a call may raise: the client's errors, and those of LangChain meeting a reply in another shape than OpenAI's."""

_LONGEST = 300  # characters of an endpoint's own words


def one_line(error: BaseException, endpoint: Endpoint, *, timeout_s: float) -> str:
    """Describe a failed call for its record."""
    if _timed_out(error):
        return f"timed out: no complete reply within {timeout_s:g} s"
    if isinstance(error, openai.APIConnectionError):
        return f"cannot be reached: {endpoint.scrub(_cause(error))}"
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return f"HTTP {error.status_code}: the endpoint refuses the key"
    if isinstance(error, openai.APIStatusError):
        return f"HTTP {error.status_code}: {own_words(error, endpoint)}"
    if isinstance(error, openai.LengthFinishReasonError):
        return "the reply was cut off at the model's token limit"
    if isinstance(error, openai.ContentFilterFinishReasonError):
        return "the reply was withheld by the endpoint's content filter"
    return f"not a chat completion: {endpoint.scrub(_short(str(error)))} ({type(error).__name__})"


def refuses_tools(error: BaseException) -> bool:
    """Whether a call failed because the model or its endpoint knows no tool calling."""
    refused = isinstance(error, openai.APIStatusError) and error.status_code in (400, 404, 422, 501)
    return refused and "tool" in str(error).lower()


def own_words(error: openai.APIStatusError, endpoint: Endpoint) -> str:
    """Return what the endpoint itself said, shortened and scrubbed."""
    body = error.body
    said = body.get("message") or body.get("error") if isinstance(body, dict) else body
    if isinstance(said, dict):
        said = said.get("message")
    return endpoint.scrub(_short(str(said))) if said else "no reason given"


def to_error(error: BaseException, endpoint: Endpoint, model: str, *, timeout_s: float) -> ModelError:
    """Turn a failed call into the error that a person sees; raise it outside the `except`: nothing may be chained."""
    where = f"{model} at {endpoint.address}"
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return _refused_key(error.status_code, endpoint, model)
    if isinstance(error, openai.NotFoundError):
        if error.code == "model_not_found" or model in own_words(error, endpoint):
            return ModelRefused(f"{endpoint.address} has no model {model!r} (HTTP 404)", remedy="name another model")
        return ModelRefused(
            f"{endpoint.address} has nothing at that path (HTTP 404, asked for {model!r})",
            remedy=f"mend {endpoint.url_variable}: the path of most endpoints ends in /v1",
        )
    if isinstance(error, openai.RateLimitError) and getattr(error, "code", None) == "insufficient_quota":
        return ModelRefused(f"{where}: the quota is spent", remedy="add credit, or use another key or endpoint")
    if _timed_out(error):
        return ModelUnavailable(
            f"{where} gave no reply within {timeout_s:g} s", remedy="see whether it is overloaded or still loading"
        )
    if isinstance(error, openai.APIConnectionError):
        return ModelUnavailable(
            f"no model endpoint can be reached at {endpoint.address}: {endpoint.scrub(_cause(error))}",
            remedy=f"start it, or set {endpoint.url_variable}",
        )
    if isinstance(error, openai.APIStatusError):
        kind = ModelUnavailable if error.status_code >= 500 or error.status_code == 429 else ModelRefused
        remedy = "try again later" if kind is ModelUnavailable else "see the endpoint's documentation"
        return kind(f"{where}: HTTP {error.status_code}: {own_words(error, endpoint)}", remedy=remedy)
    return ModelReplyError(
        f"{where}: {one_line(error, endpoint, timeout_s=timeout_s)}",
        remedy=f"see whether {endpoint.url_variable} is an endpoint that speaks OpenAI's protocol",
    )


def _refused_key(status: int, endpoint: Endpoint, model: str) -> ModelRefused:
    variable = endpoint.key_variable
    if not endpoint.api_key:
        return ModelRefused(f"{endpoint.address} asks for a key (HTTP {status})", remedy=f"set {variable}")
    if status == 403:
        return ModelRefused(
            f"{endpoint.address} does not allow {model!r} to the key in {variable} (HTTP 403)",
            remedy="give the key that permission, or use another model",
        )
    return ModelRefused(
        f"{endpoint.address} refuses the key in {variable} (HTTP {status})", remedy=f"set {variable} anew"
    )


def _timed_out(error: BaseException) -> bool:
    """Whether a reply was late; the aiohttp back end calls a refused connection a time-out as well."""
    if not isinstance(error, openai.APITimeoutError):
        return False
    return not any(isinstance(cause, httpx2.ConnectTimeout) for cause in _causes(error))


def _cause(error: BaseException) -> str:
    """The innermost reason: the client's own message is always just `Connection error.`."""
    innermost = _causes(error)[-1]
    return _short(str(innermost) or type(innermost).__name__)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from; LangChain wraps the client's errors once more."""
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    return causes


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
