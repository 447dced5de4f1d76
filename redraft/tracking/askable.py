"""Which variants can be asked outside any run, and what each of them is."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Literal

from redraft.call_log import CallLog
from redraft.config import to_tree
from redraft.learning.history import History
from redraft.learning.labels import refused_by_people, standing, waiting_for_yes
from redraft.learning.rounds import POLICIES
from redraft.llm import Embedder, chat_endpoint
from redraft.records import Prompt, Variant, make_variant
from redraft.settings import Config
from redraft.tracking.bot import sampling_of
from redraft.tracking.embedding import make_embedder
from redraft.tracking.given import given_seed_prompts
from redraft.tracking.registry import current_prompts

Role = Literal["published", "waits for a yes", "previous", "seed prompt", "candidate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A variant that can be asked."""

    variant: Variant
    answer_prompt: Prompt
    extract_prompt: Prompt
    role: Role


def published_choice(history: History, config: Config) -> Choice:
    """The prompt that was published last; before the first promotion, the seed prompt."""
    current = current_prompts(history)
    if current is None:
        return _seed(config)
    variant, answer_prompt, extract_prompt = current
    return Choice(variant=variant, answer_prompt=answer_prompt, extract_prompt=extract_prompt, role="published")


def choices(history: History, config: Config) -> tuple[Choice, ...]:
    """Every variant that has its prompts: the published one, what waits for a yes, then the best by people's ratings.

    The seed prompt under the present settings is always among them. What people said no to comes last.
    """
    first, seed = published_choice(history, config), _seed(config)
    known = {seed.variant.id: seed, first.variant.id: first}
    for variant in history.variants.values():
        if variant.answer_prompt_id in history.prompts and variant.extract_prompt_id in history.prompts:
            known.setdefault(variant.id, _choice(history, variant, seed))
    board = POLICIES.score(history, current_id=first.variant.id, interval=config.score.interval)
    means, refused = {score.variant_id: score.mean for score in board.scores}, refused_by_people(history)

    def place(choice: Choice) -> tuple[bool, bool, bool, bool, float, str]:
        mean = means.get(choice.variant.id)
        waits, no = choice.role == "waits for a yes", choice.variant.id in refused
        return choice is not first, not waits, no, mean is None, -(mean or 0.0), choice.variant.id

    return tuple(sorted(known.values(), key=place))


def asking_embedder(config: Config, calls: CallLog | None = None) -> Embedder:
    """The configured embedding model, for a question at a time."""
    return make_embedder(config.run.embedding_model, config.answer, "ask", calls or CallLog())


def _choice(history: History, variant: Variant, seed: Choice) -> Choice:
    now, waiting = standing(history.decisions), waiting_for_yes(history)
    role: Role = "candidate"
    if waiting is not None and variant.id == waiting.variant_id:
        role = "waits for a yes"
    elif variant.id == now.previous:
        role = "previous"
    elif (variant.answer_prompt_id, variant.extract_prompt_id) == (seed.answer_prompt.id, seed.extract_prompt.id):
        role = "seed prompt"
    return Choice(
        variant=variant,
        answer_prompt=history.prompt(variant.answer_prompt_id),
        extract_prompt=history.prompt(variant.extract_prompt_id),
        role=role,
    )


def _seed(config: Config) -> Choice:
    answer, extract = given_seed_prompts(config.write.seed_prompts)
    variant = make_variant(
        answer_prompt_id=answer.id,
        extract_prompt_id=extract.id,
        chat_model=config.run.chat_model,
        endpoint=chat_endpoint(os.environ).name,
        sampling=sampling_of(config.answer),
        retrieval=json.dumps(to_tree(config.retrieval), sort_keys=True),
        embedder=asking_embedder(config).identity,
    )
    return Choice(variant=variant, answer_prompt=answer, extract_prompt=extract, role="seed prompt")
