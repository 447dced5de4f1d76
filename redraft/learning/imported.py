"""What of a history was made elsewhere: answers of other bots, and what people said of them in another tool.

An imported answer belongs to a variant of its own, whose endpoint is `import:<tool>`: no variant of this project has
its settings, so it is never compared with one, derived from, published or rated again. What it is good for: the prompt
writer is shown its prompt, if that is known, its score, its worst answers and the comments on them, of dev questions
only. An imported rating of an answer that was given *here* is an ordinary rating of that answer.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from scipy.special import stdtrit

from redraft.learning.deviations import DEFAULTS
from redraft.learning.history import History
from redraft.records import Answer, Variant, VariantScore, make_prompt

PREFIX = "import:"  # of an imported variant's endpoint, and of the review key of an imported rating
UNKNOWN_PROMPT = make_prompt("answer", "(The prompt is not known: the answers were given elsewhere and imported.)")
UNKNOWN_EXTRACT = make_prompt("extract", "(The prompt is not known: the answers were given elsewhere and imported.)")
UNKNOWN_ANSWER = "(The answer is not known: it was rated elsewhere and imported without its text.)"
UNKNOWN_PROMPTS = frozenset({UNKNOWN_PROMPT.id, UNKNOWN_EXTRACT.id})

PRIOR_DF = 4  # questions that the expected spread of a variant's ratings counts as
LOWEST, HIGHEST = 1.0, 5.0


def is_imported(variant: Variant) -> bool:
    """Whether a variant's answers were given elsewhere."""
    return variant.endpoint.startswith(PREFIX)


def is_review(review_key: str) -> bool:
    """Whether a rating with this key was given in a review of this project."""
    return not review_key.startswith(PREFIX)


def imported_variants(history: History) -> frozenset[str]:
    """Ids of the variants whose answers were given elsewhere."""
    return frozenset(variant.id for variant in history.variants.values() if is_imported(variant))


def own_part(history: History) -> History:
    """Return the history without answers that were given elsewhere; the same history, if there are none."""
    strange = imported_variants(history)
    if not strange:
        return history
    gone = {answer.id for answer in history.answers.values() if answer.variant_id in strange}
    return dataclasses.replace(
        history,
        variants={key: variant for key, variant in history.variants.items() if key not in strange},
        answers={key: answer for key, answer in history.answers.items() if key not in gone},
        ratings=tuple(rating for rating in history.ratings if rating.answer_id not in gone),
    )


def can_be_shown(history: History, answer: Answer) -> bool:
    """Whether the prompt writer may be shown an answer: of an imported one, prompt and text have to be known."""
    variant = history.variants.get(answer.variant_id)
    if variant is None or not is_imported(variant):
        return True
    return _has_prompt(variant) and answer.text != UNKNOWN_ANSWER


def imported_scores(history: History, *, interval: float) -> tuple[VariantScore, ...]:
    """Score the imported variants with a known prompt, each by itself: the mean of its questions' mean ratings.

    They are not in the model that scores this project's variants: another tool's scale is another scale, and its
    people are others. The interval is a t interval over questions, with the expected spread counted as `PRIOR_DF`.

    Source: Gelman et al., Bayesian Data Analysis (3rd ed.), 3.3.
    """
    strange = imported_variants(history)
    by_question: dict[str, dict[str, list[int]]] = {}
    for rating, answer in history.rated() if strange else ():
        if answer.variant_id in strange and _has_prompt(history.variants[answer.variant_id]):
            by_question.setdefault(answer.variant_id, {}).setdefault(answer.question_id, []).append(rating.score)
    return tuple(_score(variant_id, list(given.values()), interval) for variant_id, given in by_question.items())


def _has_prompt(variant: Variant) -> bool:
    return not {variant.answer_prompt_id, variant.extract_prompt_id} <= UNKNOWN_PROMPTS


def _score(variant_id: str, by_question: Sequence[Sequence[int]], interval: float) -> VariantScore:
    means = [math.fsum(scores) / len(scores) for scores in by_question]
    n = len(means)
    mean = math.fsum(means) / n
    usual = DEFAULTS.question**2 + DEFAULTS.cell**2 + DEFAULTS.noise**2
    df = PRIOR_DF + n - 1
    variance = (PRIOR_DF * usual + math.fsum((value - mean) ** 2 for value in means)) / df
    half = float(stdtrit(df, 0.5 + interval / 2)) * math.sqrt(variance / n)
    return VariantScore(
        variant_id=variant_id,
        mean=mean,
        low=max(LOWEST, mean - half),
        high=min(HIGHEST, mean + half),
        n_ratings=sum(map(len, by_question)),
    )
