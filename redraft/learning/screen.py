"""Which accepted candidates reach people: the judge chooses while it is proven, else diversity does.

Proven: on answers that people rated and that were no examples to it, the judge's rank correlation with people is above
0 beyond its interval (`redraft.learning.agreement`). Whichever way was taken is said in one sentence.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from redraft.learning.agreement import FEWEST_ANSWERS, measure_agreement
from redraft.learning.chance import shuffled
from redraft.learning.dev_view import dev_view
from redraft.learning.imported import own_part
from redraft.learning.judge import (
    FEWEST_EXAMPLES,
    MOST_EXAMPLES,
    Judge,
    RatedAnswer,
    choose_examples,
    rated_answers,
)
from redraft.learning.protocols import Agreement, ScreenCase, Screened, Trial
from redraft.learning.words import counted
from redraft.records import Candidate, Judgement

NOTHING_ACCEPTED = "No candidate was accepted: the current prompt is kept."
FOR_DIVERSITY = "chosen for diversity."


def choose_diverse(case: ScreenCase) -> Screened:
    """Choose one after another the candidate that adds most theme weight to those chosen before.

    A theme weighs as many comments as it has. Of equals the one that is least like any earlier prompt is taken, then
    one drawn by the seed.
    """
    chosen = _choose(case, {})
    sentence = f"No judge was asked: {FOR_DIVERSITY}" if chosen else NOTHING_ACCEPTED
    return Screened(chosen=chosen, candidates=_with(case.candidates, chosen), sentence=sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedScreen:
    """The `ScreenCandidates` policy that asks a judge, and lets it choose only while it is proven."""

    judge: Judge
    judge_answers: int  # at most so many answers that people rated are judged to prove the judge; 0: it is not asked

    def __call__(self, case: ScreenCase) -> Screened:
        """Judge rated answers and the candidates' answers in one batch, measure the agreement, choose.

        The first candidate is the one with the best judged answers, diversity between equals; every further one is
        chosen for diversity, because the second best of a noisy ranking is mostly the best one's twin.
        """
        # an answer that was given elsewhere has no passages that a judge could hold it against
        dev = own_part(dev_view(case.history, case.questions))
        rated = rated_answers(dev)
        obstacle = self._obstacle(case, rated)
        if obstacle is not None:
            diverse = choose_diverse(case)
            why = f"No judge was asked ({obstacle}): {FOR_DIVERSITY}" if diverse.chosen else diverse.sentence
            return dataclasses.replace(diverse, sentence=why)
        examples = choose_examples(rated, min(MOST_EXAMPLES, max(FEWEST_EXAMPLES, len(rated) // 4)))
        earlier = [judgement for judgement in dev.judgements if judgement.judge == self.judge.id]
        known = {judgement.answer_id for judgement in earlier}
        fresh = [each for each in rated if each not in examples and not each.answer_ids & known]
        answers = [each.answer for each in fresh[: self.judge_answers]]
        tried = [answer for trial in _accepted_trials(case) for answer in trial.answers]
        # an answer to a question that was `val` once is not shown to a model, see `dev_view`
        answers += [answer for answer in tried if answer.error is None and answer.question_id in dev.questions]
        new = self.judge.rate(answers, dev.questions, examples)
        agreement = measure_agreement(_pairs(rated, [*earlier, *new]), seed=case.seed)
        return _screened(case, agreement, new)

    def _obstacle(self, case: ScreenCase, rated: Sequence[RatedAnswer]) -> str | None:
        """Say why the judge is not asked, if it could change nothing."""
        least = FEWEST_EXAMPLES + FEWEST_ANSWERS
        if self.judge_answers == 0:
            return "write.judge_answers is 0"
        if not _accepted_trials(case):
            return "no candidate has smoke answers; see write.smoke_questions"
        if len(rated) < least:
            return f"people have rated {len(rated)} dev answers; it takes {least} to show and to check it"
        return None


def judge_scores(trials: Sequence[Trial], judgements: Sequence[Judgement]) -> dict[str, float]:
    """Mean judgement of each prompt's smoke answers, by prompt id.

    Only questions count on which every judged prompt has a judged answer: means over different questions say more of
    the questions than of the prompts.
    """
    by_answer = {judgement.answer_id: judgement.score for judgement in judgements}
    by_prompt = {
        trial.prompt_id: {a.question_id: by_answer[a.id] for a in trial.answers if a.id in by_answer}
        for trial in trials
    }
    judged = {prompt_id: scores for prompt_id, scores in by_prompt.items() if scores}
    common = sorted(set.intersection(*(set(scores) for scores in judged.values()))) if judged else []
    return {i: math.fsum(scores[q] for q in common) / len(common) for i, scores in judged.items() if common}


def _screened(case: ScreenCase, agreement: Agreement, new: Sequence[Judgement]) -> Screened:
    scores = judge_scores(_accepted_trials(case), new)
    scored = tuple(
        dataclasses.replace(c, judge_score=scores[c.prompt.id]) if c.accepted and c.prompt.id in scores else c
        for c in case.candidates
    )
    case = dataclasses.replace(case, candidates=scored)
    best = [prompt_id for prompt_id, score in scores.items() if score == max(scores.values())]
    reason = f"chosen: the judge rates its answers {max(scores.values()):.1f}, best of {len(scores)}" if scores else ""
    chosen = _choose(case, dict.fromkeys(best, reason) if agreement.proven else {})
    return Screened(
        chosen=chosen,
        candidates=_with(scored, chosen),
        agreement=agreement,
        judgements=tuple(new),
        sentence=_sentence(agreement, n_scored=len(scores), n_chosen=len(chosen)),
    )


def _sentence(agreement: Agreement, *, n_scored: int, n_chosen: int) -> str:
    n = counted(agreement.n, "answer")
    if agreement.spearman is None:
        why = "it rated too few" if agreement.n < FEWEST_ANSWERS else "one side rated all alike"
        return f"The judge is not proven ({why}: {n} that people rated too): {FOR_DIVERSITY}"
    low, high = _figure(agreement.spearman_low or 0.0), _figure(agreement.spearman_high or 0.0)
    figures = f"{_figure(agreement.spearman)} [{low}, {high}] on {n}"
    if not agreement.proven:
        return f"The judge is not proven (rank correlation with people {figures}): {FOR_DIVERSITY}"
    if not n_scored:
        return f"The judge agrees with people: rank correlation {figures}; it rated no candidate: {FOR_DIVERSITY}"
    others = "; the others were chosen for diversity" if n_chosen > 1 else ""
    return f"The judge agrees with people: rank correlation {figures}; it chose{others}."


def _figure(value: float) -> str:
    """Write with two decimals, or so that it is not taken for 0, on whose side a bound is decides.

    >>> _figure(0.412), _figure(0.0042), _figure(-0.0042)
    ('0.41', '0.004', '-0.004')
    """
    return f"{value:.2f}" if abs(value) >= 0.005 or value == 0 else f"{value:.1g}"


def _pairs(rated: Sequence[RatedAnswer], judgements: Sequence[Judgement]) -> list[tuple[float, float]]:
    """Return the judge's score (the mean, if it was asked in several iterations) and people's, of each answer."""
    by_answer: dict[str, list[float]] = {}
    for judgement in judgements:
        by_answer.setdefault(judgement.answer_id, []).append(judgement.score)
    found = []
    for each in rated:
        scores = [score for answer_id in sorted(each.answer_ids) for score in by_answer.get(answer_id, [])]
        if scores:
            found.append((math.fsum(scores) / len(scores), each.score))
    return found


def _accepted_trials(case: ScreenCase) -> list[Trial]:
    accepted = {candidate.prompt.id for candidate in case.candidates if candidate.accepted}
    return [trial for trial in case.trials if trial.prompt_id in accepted]


def _choose(case: ScreenCase, first: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Choose by diversity; the first one among these prompts, for that reason, if there are any."""
    weight = {theme.id: len(theme.comment_ids) for theme in case.themes if not theme.praise}
    left = {candidate.prompt.id: candidate for candidate in case.candidates if candidate.accepted}
    draw = {prompt_id: place for place, prompt_id in enumerate(shuffled(left, "screen", case.seed))}
    earlier = [prompt.text for prompt_id, prompt in case.history.prompts.items() if prompt_id not in left]
    covered: set[str] = set()
    found: list[Candidate] = []
    while left and len(found) < case.chosen:
        seen = [*earlier, *(candidate.prompt.text for candidate in found)]
        pool = {i: c for i, c in left.items() if found or not first or i in first}
        gains = {i: sum(weight.get(theme, 0) for theme in _themes(c) - covered) for i, c in pool.items()}
        likeness = {i: _likeness(c, seen) for i, c in pool.items()}
        best = min(pool, key=lambda i: (-gains[i], likeness[i], draw[i]))
        reason = (
            f"chosen: answers themes of {gains[best]} comments that no chosen one answers; "
            f"at most {likeness[best]:.0f} % like an earlier prompt"
        )
        candidate = left.pop(best)
        covered |= _themes(candidate)
        reasons = (*candidate.reasons, reason if found or not first else first[best])
        found.append(dataclasses.replace(candidate, reasons=reasons))
    return tuple(found)


def _with(candidates: Sequence[Candidate], chosen: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return all candidates, the chosen ones with their reasons; a rejected twin of a chosen one stays as it is."""
    by_id = {candidate.prompt.id: candidate for candidate in chosen}
    return tuple(by_id.get(c.prompt.id, c) if c.accepted else c for c in candidates)


def _themes(candidate: Candidate) -> set[str]:
    return {edit.theme_id for edit in candidate.prompt.edits if edit.theme_id is not None}


def _likeness(candidate: Candidate, earlier: Sequence[str]) -> float:
    """Greatest likeness to an earlier prompt, 0 to 100."""
    return max((fuzz.ratio(candidate.prompt.text, text) for text in earlier), default=0.0)
