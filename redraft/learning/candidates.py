"""Candidates: what the writer model proposes, and which of it is accepted.

All requests are in flight at once. They differ in temperature, in the themes they are to answer and in their seed;
without that, a model asked four times proposes the same prompt four times.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from redraft.errors import ModelUnavailable
from redraft.learning.chance import shuffled
from redraft.learning.dev_view import dev_view
from redraft.learning.hard_checks import HARD_CHECKS, one_line
from redraft.learning.meta_prompt import Variation, build_meta_prompt
from redraft.learning.protocols import Chat, CheckCandidate, Trial, TryPrompts, WritingBrief, Written
from redraft.learning.tags import restore
from redraft.learning.themes import comments_on, find_themes
from redraft.llm import ChatReply
from redraft.records import Candidate, Prompt, PromptEdit, Theme, make_prompt

MAX_TEMPERATURE = 2.0


@dataclass(frozen=True, slots=True)
class ModelWriter:
    """The `WriteCandidates` policy that asks a model."""

    chat: Chat
    try_prompts: TryPrompts | None = None  # None: candidates are not tried
    checks: Sequence[CheckCandidate] = HARD_CHECKS

    def __call__(self, brief: WritingBrief) -> Written:
        """Find themes, propose candidates, check them, try the rest on a few questions.

        Raises:
            ModelUnavailable: Every call failed. A model that replies with prose or nothing has had its turn, but an
                iteration whose model was not reached must not count as done.
        """
        dev = dev_view(brief.history, brief.questions)
        themes = find_themes(comments_on(dev, brief.parent_variant_id), self.chat, seed=brief.seed)
        requests = [build_meta_prompt(brief, dev, variation) for variation in variations(brief, themes)]
        replies = self.chat.ask_many(requests, progress="candidates")
        if replies and not any(reply.came for reply in replies):
            raise ModelUnavailable(
                f"the writer model answered none of {len(replies)} calls, the first: {replies[0].error}"
            )
        proposed = [read_reply(reply, brief, themes) for reply in replies]
        checked = [check(candidate, brief, self.checks) for candidate in proposed]
        distinct = reject_duplicates(checked, ratio=brief.settings.duplicate_ratio)
        trials = self._try(distinct, brief)
        refused = {trial.prompt_id: trial.reasons for trial in trials}
        tried = tuple(rejected(c, refused.get(c.prompt.id, ())) if c.accepted else c for c in distinct)
        return Written(candidates=tried, themes=themes, trials=trials)

    def _try(self, candidates: Sequence[Candidate], brief: WritingBrief) -> tuple[Trial, ...]:
        prompts = [candidate.prompt for candidate in candidates if candidate.accepted]
        if self.try_prompts is None or not prompts:
            return ()
        return tuple(self.try_prompts(prompts, parent=brief.history.variant(brief.parent_variant_id)))


def variations(brief: WritingBrief, themes: Sequence[Theme]) -> list[Variation]:
    """Return how each request differs: the first answers every theme, others two thirds of them, drawn by the seed."""
    complaints = [theme for theme in themes if not theme.praise]
    praise = [theme for theme in themes if theme.praise]
    n = brief.n_candidates
    found = []
    for number in range(n):
        drawn = shuffled((theme.id for theme in complaints), "themes", brief.seed, number)
        kept = set(drawn if number == 0 else drawn[: max(1, round(len(drawn) * 2 / 3))])
        spread = 0.8 + 0.4 * number / (n - 1) if n > 1 else 1.0
        found.append(
            Variation(
                number=number,
                of=n,
                themes=tuple(theme for theme in complaints if theme.id in kept) + tuple(praise),
                temperature=min(MAX_TEMPERATURE, round(brief.settings.temperature * spread, 3)),
                seed=(brief.seed * 1009 + number) % 2**31,
            )
        )
    return found


def read_reply(reply: ChatReply, brief: WritingBrief, themes: Sequence[Theme]) -> Candidate:
    """Turn a reply into a candidate, accepted until a check says otherwise; a reply that is no prompt is rejected."""
    if reply.error is not None and reply.parsed is None:
        return _unusable(reply, brief, reply.error)
    text = (reply.parsed or {}).get("prompt")
    if not isinstance(text, str):
        return _unusable(reply, brief, "the reply has no `prompt`")
    text = restore(text.strip())
    if not text:
        return Candidate(prompt=_prompt("", brief), accepted=False, reasons=("the prompt is empty",))
    edits, dropped = _edits((reply.parsed or {}).get("edits"), text, brief.parent.text, themes)
    return Candidate(prompt=_prompt(text, brief, edits), accepted=True, reasons=tuple(dropped))


def check(candidate: Candidate, brief: WritingBrief, checks: Sequence[CheckCandidate]) -> Candidate:
    """Apply every hard check, so that all reasons are seen at once."""
    if not candidate.accepted:
        return candidate
    return rejected(candidate, [reason for one in checks for reason in one(candidate.prompt, brief)])


def reject_duplicates(candidates: Sequence[Candidate], *, ratio: float) -> list[Candidate]:
    """Reject what equals, or nearly equals, an accepted candidate before it; `ratio` is rapidfuzz's, 0 to 100."""
    kept: list[Candidate] = []
    for candidate in candidates:
        twins = (other.prompt for other in kept if other.accepted)
        twin = next((t for t in twins if _alike(t, candidate.prompt, ratio)), None) if candidate.accepted else None
        kept.append(rejected(candidate, [f"a duplicate of candidate {twin.id}"] if twin else []))
    return kept


def rejected(candidate: Candidate, reasons: Sequence[str]) -> Candidate:
    """Reject a candidate for reasons; without reasons it stays as it is."""
    if not reasons:
        return candidate
    return dataclasses.replace(candidate, accepted=False, reasons=(*candidate.reasons, *reasons))


def _alike(one: Prompt, other: Prompt, ratio: float) -> bool:
    return one.id == other.id or fuzz.ratio(one.text, other.text) > ratio


def _prompt(text: str, brief: WritingBrief, edits: Sequence[PromptEdit] = ()) -> Prompt:
    return make_prompt(
        brief.parent.kind,
        text,
        parent_ids=(brief.parent.id,),
        edits=tuple(edits),
        writer_model=brief.writer_model,
        run_id=brief.run_id,
    )


def _unusable(reply: ChatReply, brief: WritingBrief, reason: str) -> Candidate:
    return Candidate(prompt=_prompt((reply.text or "").strip(), brief), accepted=False, reasons=(reason,))


def _edits(items: Any, text: str, parent: str, themes: Sequence[Theme]) -> tuple[list[PromptEdit], list[str]]:
    """Keep the edits whose sentence the prompt really gained; say which were dropped."""
    known = {theme.id for theme in themes}
    edits, dropped = [], []
    for item in items if isinstance(items, list) else []:
        fields = item if isinstance(item, dict) else {}
        theme, sentence = fields.get("theme"), fields.get("sentence")
        sentence = one_line(restore(sentence)) if isinstance(sentence, str) else ""
        if not sentence or sentence not in one_line(text):
            dropped.append(f"an edit was dropped, its sentence is not in the prompt: {sentence[:60]}")
        elif sentence in one_line(parent):
            dropped.append(f"an edit was dropped, its sentence was in the parent already: {sentence[:60]}")
        else:
            edits.append(PromptEdit(theme_id=theme if theme in known else None, sentence=sentence))
    return edits, dropped
