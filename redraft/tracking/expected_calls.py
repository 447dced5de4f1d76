"""How many model calls a run will make, and what they take: nothing is read here.

It is an upper bound in calls: every candidate is taken to be accepted, and nothing to come from the cache but steps
that the iteration has finished. Tokens a call are means, so a run may take more than its estimate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from redraft.learning.agreement import FEWEST_ANSWERS
from redraft.learning.judge import FEWEST_EXAMPLES
from redraft.llm import cost_usd
from redraft.records import LlmCall
from redraft.settings import Config

Tokens = tuple[float, float]
"""Tokens sent and received."""

DEFAULTS: Mapping[str, Tokens] = {
    "extract": (350, 300),  # and the passages
    "answer": (1300, 300),
    "themes": (2000, 400),
    "write": (5000, 1000),
    "judge": (3500, 150),
}
CHARS_PER_TOKEN = 4
TOKENS_A_QUESTION = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What there is to do, beside the configuration."""

    questions: int
    dev_questions: int  # those that candidates are tried on
    rated: int  # answers that people have rated: a judge is held against them
    docs_chars: int | None  # of documents that must be embedded; None: not known
    finished: frozenset[str] = frozenset()  # steps that come from the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a run will take."""

    calls: Mapping[str, int]  # by kind
    tokens: int
    usd: float | None  # None: a price is not known
    ratings: int
    basis: str  # where the tokens a call are from
    docs_counted: bool = True  # whether embedding the docs is in it

    @property
    def sentence(self) -> str:
        """The estimate in one sentence."""
        shown = ", ".join(f"{count} {kind}" for kind, count in self.calls.items() if count)
        if not shown:
            return f"Estimate: no further model calls; {self.ratings} ratings."
        money = "an unknown amount of money" if self.usd is None else f"{self.usd:.2f} USD"
        missing = "" if self.docs_counted else " Embedding the docs is not in it: how much is new is not recorded."
        return (
            f"Estimate: at most {shown} calls, about {self.tokens:,} tokens and {money} ({self.basis}); "
            f"{self.ratings} ratings.{missing}"
        )


def count_calls(config: Config, extent: Extent) -> dict[str, dict[str, int]]:
    """Calls by step and kind; of `embed`, tokens in place of calls.

    >>> from redraft.config import load_config
    >>> first = Extent(questions=20, dev_questions=13, rated=0, docs_chars=4000)
    >>> count_calls(load_config(), first)["write_prompts"]
    {'themes': 0, 'write': 4, 'extract': 3, 'answer': 15, 'judge': 0, 'embed': 48}
    """
    write, run = config.write, config.run
    tried = min(write.smoke_questions, extent.dev_questions)
    variants = write.chosen + 1  # the current one is asked again
    answers = min(run.ratings, extent.questions * variants)
    asked = min(run.ratings, extent.questions)
    shared = write.target == "answer"  # then all variants share the extracts of a question
    turns = 2 if config.answer.calculator else 1
    enough = extent.rated >= FEWEST_EXAMPLES + FEWEST_ANSWERS and write.judge_answers
    judged = min(write.judge_answers, extent.rated) + run.candidates * tried if enough else 0
    steps = {
        "build_index": {"embed": (extent.docs_chars or 0) // CHARS_PER_TOKEN},
        "write_prompts": {
            "themes": int(extent.rated > 0),
            "write": run.candidates,
            "extract": tried if shared else tried * (run.candidates + 1),
            "answer": tried * (run.candidates + 1) * turns,
            "judge": 2 * judged,  # in both orders of the examples
            "embed": tried * TOKENS_A_QUESTION,
        },
        "answer_questions": {
            "extract": asked if shared else answers,
            "answer": answers * turns,
            "embed": asked * TOKENS_A_QUESTION,
        },
    }
    return {step: calls for step, calls in steps.items() if step not in extent.finished}


def mean_tokens(calls: Iterable[LlmCall]) -> dict[str, Tokens]:
    """Mean tokens sent and received of the calls that came back, by kind."""
    by_kind: dict[str, list[LlmCall]] = {}
    for call in calls:
        if call.error is None and not call.kept and call.kind in DEFAULTS:
            by_kind.setdefault(call.kind, []).append(call)
    return {
        kind: (sum(c.tokens_in for c in found) / len(found), sum(c.tokens_out for c in found) / len(found))
        for kind, found in by_kind.items()
    }


def make_estimate(config: Config, extent: Extent, means: Mapping[str, Tokens], *, basis: str) -> Estimate:
    """Put calls, tokens and prices together."""
    writer = config.write.writer_model or config.run.chat_model
    passages = config.retrieval.top_k * config.index.max_chars / CHARS_PER_TOKEN
    extract = (DEFAULTS["extract"][0] + passages, DEFAULTS["extract"][1])
    each = {**DEFAULTS, "extract": extract, "embed": (1.0, 0.0), **means}
    models = dict.fromkeys(DEFAULTS, config.run.chat_model) | dict.fromkeys(("themes", "write", "judge"), writer)
    tokens, costs, total = 0.0, [], dict[str, int]()
    for step in count_calls(config, extent).values():
        for kind, count in step.items():
            sent, received = each[kind]
            tokens += count * (sent + received)
            model = models.get(kind, config.run.embedding_model)
            costs.append(cost_usd(model, round(count * sent), round(count * received)))
            if kind != "embed":
                total[kind] = total.get(kind, 0) + count
    known = [cost for cost in costs if cost is not None]
    usd = sum(known) if len(known) == len(costs) else None
    return Estimate(
        calls=total,
        tokens=round(tokens),
        usd=usd,
        ratings=config.run.ratings,
        basis=basis,
        docs_counted=extent.docs_chars is not None,
    )
