"""The price list knows the configured models: without a price, only tokens are counted."""

from __future__ import annotations

from redraft.llm import cost_usd
from redraft.tracking.doctor.endpoints import chat_models
from redraft.tracking.doctor.finding import Check, Seen, Subject


def look(subject: Subject) -> Seen:
    """Price a call of each configured model."""
    names = (*chat_models(subject.config), subject.config.run.embedding_model)
    unknown = [name for name in names if cost_usd(name, 1, 1) is None]
    if unknown:
        return Seen(
            words=f"no price is known for {', '.join(unknown)}: tokens are counted, money is not",
            warning=True,
            remedy="add it to redraft/prices.yaml",
        )
    return Seen(words=f"known for {', '.join(names)}")


PRICES = Check(name="prices", look=look)
