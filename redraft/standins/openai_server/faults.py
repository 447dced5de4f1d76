"""Faults on demand, for tests of a client: refusals, errors, silence, broken streams, prose where JSON was asked.

All rates are 0 unless set on the command line or by `PUT /faults`. Draws come from one seeded generator, so the same
requests in the same order meet the same faults.
"""

import asyncio
import dataclasses
import math
import random
from collections import Counter
from dataclasses import dataclass

from redraft.standins.openai_server.protocol import ApiError, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often each fault strikes (0 to 1), and its particulars."""

    rate_429: float = 0.0
    rate_500: float = 0.0
    rate_timeout: float = 0.0
    rate_cut_stream: float = 0.0
    rate_non_json: float = 0.0
    timeout_s: float = 120.0
    """How long a request that times out is kept waiting; then it is answered as usual."""
    retry_after_s: float = 1.0
    """What a 429 asks for: `retry-after` in whole seconds, and `retry-after-ms`."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse rates and durations out of range."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{field.name} must be a number, got {value!r}")
            if field.name.startswith("rate_") and not 0 <= value <= 1:
                raise ValueError(f"{field.name} must be between 0 and 1, got {value}")
            if field.name.endswith("_s") and not (0 <= value < math.inf):
                raise ValueError(f"{field.name} must be >= 0, got {value}")


def faults_from(body: Json) -> Faults:
    """Read the fault settings of `PUT /faults`; what is not named returns to its default."""
    known = {f.name for f in dataclasses.fields(Faults)}
    unknown = sorted(set(body) - known)
    if unknown:
        raise ApiError(400, f"unknown fault settings {unknown}; known: {sorted(known)}")
    try:
        return Faults(**body)
    except (TypeError, ValueError) as error:
        raise ApiError(400, str(error)) from error


class FaultSource:
    """Decides, request by request, which fault strikes; counts them."""

    def __init__(self, faults: Faults) -> None:
        self.set(faults)

    def set(self, faults: Faults) -> None:
        """Use other rates from now on, and start the draws and counts anew."""
        self.faults = faults
        self.struck: Counter[str] = Counter()
        self._random = random.Random(faults.seed)  # noqa: S311 - repeatable on purpose

    async def before_reply(self) -> None:
        """Refuse, fail or keep waiting, if one of these strikes."""
        faults = self.faults
        if self._strikes("429", faults.rate_429):
            error = ApiError(429, "Rate limit reached for demo-chat (an injected fault).", code="rate_limit_exceeded")
            error.headers = {
                "retry-after": str(math.ceil(faults.retry_after_s)),
                "retry-after-ms": str(round(faults.retry_after_s * 1000)),
            }
            raise error
        if self._strikes("500", faults.rate_500):
            raise ApiError(500, "The server had an error while processing your request (an injected fault).")
        if self._strikes("timeout", faults.rate_timeout):
            await asyncio.sleep(faults.timeout_s)

    def cuts_stream(self) -> bool:
        """Whether this streamed reply breaks off."""
        return self._strikes("cut_stream", self.faults.rate_cut_stream)

    def spoil(self, text: str) -> str:
        """Return prose and half of the JSON instead of JSON, if that strikes."""
        if not self._strikes("non_json", self.faults.rate_non_json):
            return text
        return "Sure! Here is the JSON you asked for:\n" + text[: len(text) // 2]

    def _strikes(self, name: str, rate: float) -> bool:
        if rate <= 0 or self._random.random() >= rate:
            return False
        self.struck[name] += 1
        return True
