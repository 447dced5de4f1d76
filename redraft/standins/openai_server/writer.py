"""Plays the prompt writer: keeps what a prompt does well and adds a sentence or two for what people asked for.

What people wrote is read for the kind of wish behind it, never copied and never obeyed.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from redraft.standins.openai_server.tagged import elements, first, section
from redraft.standins.openai_server.writer_rules import EMPTY_SENTENCES, GIVES_ORDERS, OPPOSITES, TASK_SENTENCES, steers
from redraft.standins.openai_server.writer_wording import EXTRACT_WISHES, WISHES, Wish

_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_QUOTED = re.compile(r"`([^`]{8,})`|\"([^\"]{8,})\"|“([^”]{4,})”|「([^」]{4,})」")


@dataclass(slots=True)
class _Need:
    """A wish and how much people want it."""

    wish: Wish
    weight: float = 0.0
    theme: str = ""


@dataclass(slots=True)
class _Draft:
    """The prompt in the making."""

    sentences: list[str]
    clauses: Sequence[str]
    """What must stay."""
    chinese: bool
    edits: list[dict[str, str]] = field(default_factory=list)

    def grants(self, wish: Wish) -> bool:
        """Whether a sentence asks for it already, and not for its opposite."""
        opposite = OPPOSITES.get(wish.kind)
        return any(wish.granted.search(s) for s in self.sentences if not (opposite and opposite.search(s)))

    def grant(self, need: _Need, random: Random, instead_of: str = "") -> None:
        """Add a sentence for the need; drop what contradicts it or what it replaces, unless that must stay."""
        opposite = OPPOSITES.get(need.wish.kind)
        if opposite:
            self.sentences = [s for s in self.sentences if not opposite.search(s) or self._is_bound(s)]
        choices = [w for w in self._wordings(need.wish) if w != instead_of]
        sentence = choices[random.randrange(len(choices))]
        if instead_of:
            self.sentences[self.sentences.index(instead_of)] = sentence
        else:
            self.sentences.append(sentence)
        self.edits.append({"theme": need.theme, "sentence": sentence})

    def own_sentence_for(self, wish: Wish) -> str | None:
        """A sentence that an earlier writer added for the wish, if there are other ways to say it."""
        own = [w for w in self._wordings(wish) if w in self.sentences]
        return own[0] if own and len(self._wordings(wish)) > 1 else None

    def _wordings(self, wish: Wish) -> tuple[str, ...]:
        return wish.chinese if self.chinese else wish.english

    def _is_bound(self, sentence: str) -> bool:
        return bool(_PLACEHOLDER.search(sentence)) or any(c in sentence for c in self.clauses)


def write(user: str, seed: str) -> dict[str, Any]:
    """Return `{"prompt": ..., "edits": [{"theme", "sentence"}]}`; every sentence of an edit stands in the prompt."""
    parent = first(user, "parent_prompt")
    variation = first(user, "variation")
    random = Random(hashlib.blake2b(f"{parent}|{variation}|{seed}".encode(), digest_size=8).digest())  # noqa: S311 - repeatable variety
    chinese = len(re.findall("[\u3400-\u9fff]", parent)) > len(re.findall("[A-Za-z]", parent)) // 2
    task = first(user, "task")
    wishes = EXTRACT_WISHES if re.search(r"\bextracts?\b|copy out|摘录", task, re.IGNORECASE) else WISHES
    clauses = _mandated(first(user, "constraints"))
    draft = _Draft(_kept(parent, clauses, random, chinese=chinese), clauses, chinese)
    needs = _needs(user, wishes, variation)
    open_needs = [n for n in needs if not draft.grants(n.wish)]
    for need in _chosen(open_needs, random, _appetite(variation, random)):
        draft.grant(need, random)
    if not draft.edits:
        _say_otherwise(draft, needs, random)
    if not draft.edits:
        _add_modest(draft, user, random)
    draft.sentences += [c for c in clauses if c not in " ".join(draft.sentences)]
    return _fitted(draft, first(user, "constraints"))


def _appetite(variation: str, random: Random) -> int:
    """How many sentences to add at most: one to three, fewer when brevity is asked of the writer."""
    if re.search(r"\bbrief|\bshort|only what|简短", variation, re.IGNORECASE):
        return 1 + random.randrange(2)
    return 1 + random.randrange(3)


def _kept(parent: str, clauses: Sequence[str], random: Random, *, chinese: bool) -> list[str]:
    """The parent's sentences; one that asks for nothing may make room for one that names the task."""
    kept = []
    for sentence in (s.strip() for s in _SENTENCE.split(parent)):
        bound = _PLACEHOLDER.search(sentence) or any(c in sentence or sentence in c for c in clauses)
        if sentence and EMPTY_SENTENCES.match(sentence) and not bound:
            choices = (sentence, *TASK_SENTENCES[chinese])
            kept.append(choices[random.randrange(len(choices))])
        elif sentence:
            kept.append(sentence)
    return kept


def _needs(user: str, wishes: Sequence[Wish], variation: str) -> list[_Need]:
    """What people want, most wanted first: themes by count, low-rated comments, and what better prompts have."""
    needs = {w.kind: _Need(w) for w in wishes}
    themes = elements(section(user, "themes") or "", "theme")
    named = [t for t in themes if re.search(rf"\b{re.escape(t.attributes.get('id', '?'))}\b", variation)]
    for theme in named or themes:
        for need in _asked_by(theme.text, needs):
            need.weight += _number(theme.attributes.get("count"), 1.0) + (0.5 if named else 0)
            need.theme = need.theme or theme.attributes.get("id", "")
    for rated in elements(section(user, "rated_answers") or "", "rated_answer"):
        score = _number(rated.attributes.get("score"), 3.0)
        for need in _asked_by(first(rated.text, "comment"), needs) if score <= 3 else []:
            need.weight += 0.25 * (4 - score)
    _learn_from_scores(user, needs)
    return sorted((n for n in needs.values() if n.weight > 0), key=lambda n: -n.weight)


def _asked_by(text: str, needs: dict[str, _Need]) -> list[_Need]:
    if steers(text):
        return []
    return [n for n in needs.values() if n.wish.asked.search(text)]


def _learn_from_scores(user: str, needs: dict[str, _Need]) -> None:
    """Want a little more what the best-scored prompts say and the worst do not."""
    scored = [
        (_number(p.attributes.get("score"), 3.0), p.text)
        for p in elements(section(user, "scored_prompts") or "", "prompt")
    ]
    if len(scored) < 2:
        return
    middle = sum(s for s, _ in scored) / len(scored)
    for need in needs.values():
        having = [s - middle for s, text in scored if need.wish.granted.search(text)]
        if having and sum(having) / len(having) > 0:
            need.weight += min(1.0, sum(having) / len(having))


def _chosen(needs: list[_Need], random: Random, most: int) -> list[_Need]:
    """Choose among the needs: the heavier, the likelier; the heaviest is nearly always among them."""
    wanted = min(len(needs), most)
    pool = list(needs)
    chosen = [pool.pop(0)] if pool and random.random() < 0.85 else []
    while pool and len(chosen) < wanted:
        mark = random.random() * sum(n.weight for n in pool)
        for index, need in enumerate(pool):
            mark -= need.weight
            if mark <= 0 or index == len(pool) - 1:
                chosen.append(pool.pop(index))
                break
    return chosen


def _say_otherwise(draft: _Draft, needs: Sequence[_Need], random: Random) -> None:
    """If all that is asked for is in the prompt already and still asked for, try other words for the heaviest."""
    for need in needs:
        own = draft.own_sentence_for(need.wish)
        if own is not None and need.theme:
            draft.grant(need, random, instead_of=own)
            return


def _add_modest(draft: _Draft, user: str, random: Random) -> None:
    """For a theme of no known kind: a sentence on its plain words, unless they look like orders or somebody's text."""
    questions = " ".join(q.text for q in elements(user, "question")).lower()
    for theme in elements(section(user, "themes") or "", "theme"):
        text = theme.text.strip().rstrip(".。!！")
        if any(w.asked.search(text) for w in WISHES):
            continue
        copied = any(text.lower()[i : i + 24] in questions for i in range(0, max(1, len(text) - 23), 4)) and questions
        if (
            not text
            or len(text) > 80
            or GIVES_ORDERS.search(text)
            or copied
            or text.lower() in " ".join(draft.sentences).lower()
        ):
            continue
        plain = text[0].lower() + text[1:] if text[1:2].islower() else text
        wordings = (
            (f"请注意：{text}。",)
            if draft.chinese
            else (f"Readers also ask for this: {plain}.", f"Keep in mind: {plain}.")
        )
        sentence = wordings[random.randrange(len(wordings))]
        draft.sentences.append(sentence)
        draft.edits.append({"theme": theme.attributes.get("id", ""), "sentence": sentence})
        return


def _mandated(constraints: str) -> list[str]:
    """Clauses that the constraints quote, on lines that say to keep something, and those in <clause> tags."""
    lines = [
        li
        for li in constraints.splitlines()
        if re.search(r"\bkeep|\bmust\b|\bcontain|verbatim|mandat|保留|必须|包含", li, re.IGNORECASE)
    ]
    quoted = [next(g for g in m.groups() if g) for li in lines for m in _QUOTED.finditer(li)]
    return [*(c.text for c in elements(constraints, "clause")), *quoted]


def _fitted(draft: _Draft, constraints: str) -> dict[str, Any]:
    """Put the prompt together; take additions back, last first, until it is as short as the constraints say."""
    limit = re.search(r"(\d{2,6})\s*(?:characters|chars|个?字)", constraints)
    while True:
        prompt = ("" if draft.chinese else " ").join(draft.sentences)
        if not limit or len(prompt) <= int(limit[1]) or not draft.edits:
            return {"prompt": prompt, "edits": draft.edits}
        draft.sentences.remove(draft.edits.pop()["sentence"])


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text) if text else otherwise
    except ValueError:
        return otherwise
