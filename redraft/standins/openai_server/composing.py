"""Puts an answer together: fixed phrases, chosen sentences, code, marks and the list of sources."""

import re
from collections.abc import Sequence
from random import Random

from redraft.standins.openai_server import choosing, phrases
from redraft.standins.openai_server.citing import mark, source_list
from redraft.standins.openai_server.extras import next_page, version_named, warning_for
from redraft.standins.openai_server.findings import Finding
from redraft.standins.openai_server.instructions import Instructions
from redraft.standins.openai_server.questions import Question
from redraft.standins.openai_server.selection import Candidate, Ranking

_CONNECTOR = re.compile(r"^(?:so|but|and|then|also|however|instead|for that|in that case),?\s+(?=\w)", re.IGNORECASE)


class Composer:
    """Writes one answer."""

    def __init__(
        self, ranking: Ranking, instructions: Instructions, question: Question, *, chinese: bool, random: Random
    ) -> None:
        self._ranking = ranking
        self._instructions = instructions
        self._question = question
        self._zh = chinese
        self._random = random
        self._used: list[Candidate] = []

    def compose(self, findings: Sequence[Finding]) -> str:
        """Return the answer to all the parts that were studied."""
        asks = self._instructions
        budgets = _shares(choosing.sentence_budget(asks), len(findings))
        several = len(findings) > 1
        blocks = [self._part(f, b, several=several) for f, b in zip(findings, budgets, strict=True)]
        blocks = [b for b in blocks if b]
        if asks.wants("warn") and self._used and (warning := self._warning(findings)):
            blocks.insert(0, warning)
        blocks += self._closing_lines()
        opening, closing = self._frame()
        if opening:
            blocks[0] = self._join([opening, blocks[0]])
        if closing:
            blocks[-1] = self._join([blocks[-1], closing]) if "```" not in blocks[-1] else f"{blocks[-1]}\n\n{closing}"
        if asks.wants("cite") and (listed := self._sources()):
            blocks.append(listed)
        return "\n\n".join(blocks)

    def _part(self, finding: Finding, budget: int, *, several: bool) -> str:
        finding = finding.without(self._used)
        refused = self._refusal(finding, several=several)
        if refused is not None:
            return self._with_nearest(refused, finding, budget)
        lead = ""
        if finding.absent and not self._instructions.wants("only_passages"):
            claim = phrases.pick(phrases.INVENTIONS[self._zh], self._random)
            lead = claim.format(phrases.named(finding.absent, chinese=self._zh))
        body = self._body(finding, budget - bool(lead))
        return self._join([lead, body]) or phrases.NOTHING[self._zh]

    def _refusal(self, finding: Finding, *, several: bool) -> str | None:
        """Say what is not there, if the instructions want that said and it is so."""
        asks = self._instructions
        if not (finding.absent or finding.unanswered) or not (asks.wants("admit") or asks.wants("premise")):
            return None
        unknown = phrases.UNKNOWN_PART[self._zh].format(finding.part.text) if several else phrases.UNKNOWN[self._zh]
        said = asks.refusal if asks.refusal and asks.wants("admit") else ""
        if finding.absent and asks.wants("premise"):
            return (
                self._join([said, phrases.ABSENT[self._zh].format(finding.absent)])
                if said
                else phrases.ABSENT[self._zh].format(finding.absent)
            )
        return said or unknown

    def _with_nearest(self, refused: str, finding: Finding, budget: int) -> str:
        """Add the nearest thing that the passages do describe, if premises are to be corrected and there is room."""
        nearest = choosing.focused(finding, 1, prefer_code=False)
        near_enough = nearest and finding.is_near(nearest[0])
        if not (finding.absent and self._instructions.wants("premise") and near_enough and budget >= 2):
            return refused
        self._used += nearest
        told = phrases.NEAREST[self._zh].format(self._told(nearest[0]))
        return self._join([refused, told])

    def _body(self, finding: Finding, budget: int) -> str:
        asks = self._instructions
        as_steps = asks.wants("steps") and self._question.how_to
        chosen = choosing.steps(finding, max(2, min(budget, 6))) if as_steps else []
        numbered = len(chosen) >= 2
        if not numbered:
            chosen = self._chosen(finding, budget)
        chosen = self._within_words(chosen)
        self._used += chosen
        blocks = self._code(chosen, finding)
        quoted = chosen[0] if chosen and asks.wants("quote") else None
        if numbered:
            steps = "\n".join(f"{i}. {self._told(c)}" for i, c in enumerate(chosen, 1))
            return "\n\n".join([steps, *(b.text for b in blocks)])
        # Code stands right after the sentence that introduces it, else at the end.
        before_code = {(b.passage, b.position - 1) for b in blocks}
        place = next((i for i, c in enumerate(chosen) if (c.passage, c.position) in before_code), len(chosen) - 1)
        told = [self._told(c, quoted=c is quoted, introduces=(c.passage, c.position) in before_code) for c in chosen]
        paragraphs = [self._join(told[: place + 1]), *(b.text for b in blocks), self._join(told[place + 1 :])]
        return "\n\n".join(p for p in paragraphs if p)

    def _chosen(self, finding: Finding, budget: int) -> list[Candidate]:
        if self._is_focused():
            found = choosing.focused(finding, budget, prefer_code=self._instructions.wants("code"))
        elif self._is_plain():
            found = choosing.plain(finding, budget)
        else:
            return choosing.rambling(finding, self._ranking, self._random)
        return choosing.with_antecedents(found, self._ranking, budget)

    def _code(self, chosen: Sequence[Candidate], finding: Finding) -> list[Candidate]:
        asks = self._instructions
        if asks.forbids("code") or not (asks.wants("code") or not chosen):
            return []
        blocks = choosing.code_for(chosen, finding, 1)
        self._used += blocks
        return blocks

    def _told(self, candidate: Candidate, *, quoted: bool = False, introduces: bool = False) -> str:
        """Return one sentence as the answer says it, with its source's mark."""
        asks = self._instructions
        if quoted:
            text = phrases.VERBATIM[self._zh].format(" ".join(candidate.text.split()))
        else:
            text = phrases.capital(_CONNECTOR.sub("", candidate.text))
            text = text if introduces else phrases.as_sentence(text, chinese=self._zh)
            if asks.wants("formal"):
                text = phrases.formal(text)
        if not asks.wants("cite"):
            return text
        noted = mark(asks.style, self._ranking.passages[candidate.passage].source)
        return text[:-1] + noted + text[-1] if noted and text.endswith((".", "。", ":", "：")) else text + noted

    def _within_words(self, chosen: list[Candidate]) -> list[Candidate]:
        limit = self._instructions.max_words
        if not limit:
            return chosen
        kept: list[Candidate] = []
        for candidate in chosen:
            length = len(candidate.text) if self._zh else len(candidate.text.split())
            if kept and length > limit:
                continue
            limit -= length
            kept.append(candidate)
        return kept

    def _warning(self, findings: Sequence[Finding]) -> str:
        return warning_for(
            self._question.text, self._used, [c for f in findings for c in f.best_first()[:12]], chinese=self._zh
        )

    def _closing_lines(self) -> list[str]:
        asks = self._instructions
        lines = []
        if asks.wants("version") and self._used:
            lines.append(version_named(self._used, self._ranking, chinese=self._zh))
        if asks.wants("next_page") and self._ranking.passages:
            lines.append(phrases.NEXT[self._zh].format(next_page(self._used, self._ranking)))
        return lines

    def _frame(self) -> tuple[str, str]:
        """What stands before and after the answer: nothing, friendliness, or filler."""
        asks = self._instructions
        if asks.wants("friendly"):
            return phrases.FRIENDLY[self._zh]
        if self._is_focused() or asks.wants("formal") or asks.forbids("filler"):
            return "", ""
        return phrases.pick(phrases.OPENINGS[self._zh], self._random), phrases.pick(
            phrases.CLOSINGS[self._zh], self._random
        )

    def _sources(self) -> str:
        asks = self._instructions
        numbers = list(dict.fromkeys(c.passage for c in self._used))
        if asks.style.all_passages:
            numbers = list(range(len(self._ranking.passages)))
        return source_list(asks.style, [self._ranking.passages[n].source for n in numbers], chinese=self._zh)

    def _is_focused(self) -> bool:
        asks = self._instructions
        return any(asks.wants(k) for k in ("concise", "answer_first")) or bool(asks.max_sentences or asks.max_words)

    def _is_plain(self) -> bool:
        asks = self._instructions
        return any(
            asks.wants(k) for k in ("only_passages", "quote", "steps", "formal", "detailed", "code")
        ) or asks.forbids("filler")

    def _join(self, sentences: Sequence[str]) -> str:
        return ("" if self._zh else " ").join(s for s in sentences if s)


def _shares(budget: int, parts: int) -> list[int]:
    """Divide the sentences among the parts, the first ones getting what is left over.

    >>> _shares(3, 2)
    [2, 1]
    """
    return [max(1, budget // parts + (1 if i < budget % parts else 0)) for i in range(parts)]
