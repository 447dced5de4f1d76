"""What a call costs, from the dated list `redraft/prices.yaml`, whose lines are like this one.

gpt-4.1-mini: [0.40, 1.60]    US dollars for a million tokens sent and received
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import yaml

PRICES = Path(__file__).resolve().parent.parent / "prices.yaml"
_DATE = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4}|\d{8})$")


def cost_usd(model: str, tokens_in: int, tokens_out: int) -> float | None:
    """Price one call; None for a model without a known price.

    >>> cost_usd("gpt-4.1-mini-2025-04-14", 1_000_000, 500_000)
    1.2
    >>> cost_usd("our-own-model", 1000, 1000) is None
    True
    """
    prices = _prices()
    price = prices.get(model) or prices.get(_DATE.sub("", model))
    if price is None:
        return None
    return (tokens_in * price[0] + tokens_out * price[1]) / 1_000_000


@functools.cache
def _prices() -> dict[str, tuple[float, float]]:
    listed = yaml.safe_load(PRICES.read_text(encoding="utf-8"))["models"]
    return {name: (float(sent), float(received)) for name, (sent, received) in listed.items()}
