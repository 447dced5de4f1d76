"""Does attribution tell an edit that helped from one that changed nothing?

    python benchmarks/attribution.py --seeds 1000 --json attribution.json

One world a seed: 8 to 12 questions and three reviewers. A prompt is rated 10 to 24 times; its low ratings make two
themes with overlapping questions; a child gets a sentence for each, of which one raises the ratings of its questions by
0.8 and the planted one changes nothing; child and parent are rated 10 to 24 times more, two thirds of it the child. The
shown rating is rounded and clipped to 1 to 5. Of the planted edit's 90 % intervals 85 to 95 % should include 0.

`paired` has free questions, as a comparison of pairs has: it takes for progress that a low rating is followed by a
higher one.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.learning.attribution import attribute_edits
from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.history import History, make_history
from redraft.records import (
    Answer,
    PromptEdit,
    Question,
    Rating,
    Theme,
    Variant,
    answer_id,
    content_id,
    make_prompt,
    make_variant,
)

INTERVAL = 0.9
REAL, NULL = 0.8, 0.0  # rating points that the two edits of a child really change

REVIEWERS = ("ann", "ben", "cem")

Interval = tuple[float, float, float]  # estimate, low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the worlds of one row have in common, and what the estimator is told of them."""

    complaints: bool = True  # themes are about the lowest ratings; else about ratings drawn by chance
    generations: int = 1  # children in a row; the last one's edits are looked at ...
    followed: bool = False  # ... or the last but one's, after its own child was rated beside it
    middle: float = 3.3  # expected rating of the first prompt
    deviations: Deviations | None = DEFAULTS  # of the world; None: each draws its own, 0.5 to 2 times the defaults
    told: bool = False  # the estimator is told them; else it takes the defaults
    paired: bool = False  # the estimator does not know how much questions differ


SETTINGS = {
    "as assumed": Setting(),
    "themes by chance": Setting(complaints=False),
    "third generation": Setting(generations=3),
    "after the next round": Setting(followed=True),
    "near the ceiling": Setting(middle=4.2),
    "own deviations": Setting(deviations=None),
    "own deviations, told": Setting(deviations=None, told=True),
    "noise doubled": Setting(deviations=dataclasses.replace(DEFAULTS, noise=1.4)),
    "noise halved": Setting(deviations=dataclasses.replace(DEFAULTS, noise=0.35)),
    "interaction doubled": Setting(deviations=dataclasses.replace(DEFAULTS, cell=0.9)),
    "paired": Setting(paired=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """An edit whose effect is known."""

    theme: Theme
    sentence: str
    effect: float  # rating points
    question_ids: frozenset[str]


class World:
    """People and a bot with known effects; its ratings are drawn as they are asked for."""

    def __init__(self, seed: int, setting: Setting) -> None:
        self._random = random.Random(f"attribution {seed}")
        self.deviations = setting.deviations or Deviations(
            **{name: sd * 2 ** self._random.uniform(-1, 1) for name, sd in dataclasses.asdict(DEFAULTS).items()}
        )
        self.questions = [_question(number) for number in range(self._random.randint(8, 12))]
        self.records: list[Any] = [*self.questions]
        self._middle = setting.middle
        self._draws: dict[tuple[str, ...], float] = {}
        self._level: dict[tuple[str, str], float] = {}  # (variant, question): what all edits up to it add up to
        self._ratings: list[Rating] = []
        self._about: dict[str, tuple[str, str]] = {}  # rating: variant, question
        self._reviews = 0

    def child(self, parent: Variant | None, edits: Sequence[Planted] = ()) -> Variant:
        """Make a variant whose edits change the ratings of their questions."""
        number = len(self.records)
        written = tuple(PromptEdit(theme_id=edit.theme.id, sentence=edit.sentence) for edit in edits)
        prompt = make_prompt("answer", f"prompt {number}", edits=written)
        made = make_variant(
            answer_prompt_id=prompt.id, extract_prompt_id="p-x", chat_model="m", endpoint="e", sampling="{}",
            retrieval="{}", embedder="e", parent_id=parent.id if parent else None,
        )  # fmt: skip
        for question in self.questions:
            inherited = self._level[parent.id, question.id] if parent else 0.0
            own = sum(edit.effect for edit in edits if question.id in edit.question_ids)
            self._level[made.id, question.id] = inherited + own
        self.records += [prompt, made, *(edit.theme for edit in edits)]
        return made

    def review(self, current: Variant, new: Variant | None = None) -> None:
        """Spend a budget: two thirds on the new variant; the current one on the same questions, by the same people."""
        left, turn = self._random.randint(10, 24), 0
        order = self._random.sample(self.questions, len(self.questions))
        self._reviews += 1
        while left > 0:
            reader, place = divmod(turn, len(order))
            sides = [current] if new is None else [new] if turn % 2 else [new, current]
            for variant in sides[:left]:
                self._rate(variant, order[place], REVIEWERS[(place + reader) % 3])
            left, turn = left - len(sides), turn + 1

    def planted(self, about: Variant, *, complaints: bool) -> list[Planted]:
        """Two edits with overlapping questions: those of the lowest ratings of a variant, or of any."""
        rated = [rating for rating in self._ratings if self._about[rating.id][0] == about.id]
        self._random.shuffle(rated)
        if complaints:
            rated.sort(key=lambda rating: rating.score)
        asked = list(dict.fromkeys(self._about[rating.id][1] for rating in rated))
        asked = asked[: max(4, len(self.questions) // 2)]
        self._random.shuffle(asked)
        half = len(asked) // 2
        found = []
        for sentence, effect, ids in (("real", REAL, asked[: half + 1]), ("null", NULL, asked[half:])):
            comments = tuple(rating.id for rating in rated if self._about[rating.id][1] in ids)
            text = f"theme of {sentence} {len(self.records)}"
            theme = Theme(id=content_id("t", text), text=text, comment_ids=comments)
            found.append(Planted(theme=theme, sentence=sentence, effect=effect, question_ids=frozenset(ids)))
        return found

    def _rate(self, variant: Variant, question: Question, reviewer: str) -> None:
        answer = Answer(
            id=answer_id(variant.id, question.id, "i", self._reviews), run_id="", variant_id=variant.id,
            question_id=question.id, dataset_id="d", index_id="i", sample=self._reviews, text="",
        )  # fmt: skip
        latent = self._middle + self._level[variant.id, question.id] + self._random.gauss(0, self.deviations.noise)
        latent += self._draw(self.deviations.question, question.id) + self._draw(self.deviations.reviewer, reviewer)
        latent += self._draw(self.deviations.cell, variant.id, question.id)
        rating = Rating(
            id=f"rt-{len(self._ratings)}", review_key=f"r-{self._reviews}", answer_id=answer.id, reviewer=reviewer,
            score=min(5, max(1, round(latent))), created=float(len(self._ratings)),
        )  # fmt: skip
        self._ratings.append(rating)
        self._about[rating.id] = (variant.id, question.id)
        self.records += [answer, rating]

    def _draw(self, sd: float, *key: str) -> float:
        if key not in self._draws:
            self._draws[key] = self._random.gauss(0, sd)
        return self._draws[key]


def _question(number: int) -> Question:
    text = f"question {number}?"
    return Question(id=content_id("q", text), text=text)


def simulate(seed: int, setting: Setting) -> tuple[History, Variant, Deviations]:
    """Return a history, the variant whose edits are looked at, and the deviations that were true."""
    world = World(seed, setting)
    family = [world.child(None)]
    world.review(family[0])
    for _ in range(setting.generations + setting.followed):
        family.append(world.child(family[-1], world.planted(family[-1], complaints=setting.complaints)))
        world.review(family[-2], family[-1])
    return make_history(world.records), family[setting.generations], world.deviations


def measure(setting: Setting, seeds: Sequence[int]) -> dict[str, float]:
    """What the estimates of both edits look like over seeds; `covered`, `found` and the like are shares of them."""
    found = [_both_edits(seed, setting) for seed in seeds]
    real, null = [pair[0] for pair in found], [pair[1] for pair in found]
    return {
        "seeds": len(found),
        "null_covered": _share(low <= NULL <= high for _, low, high in null),
        "null_above": _share(low > NULL for _, low, _ in null),
        "null_mean": _share(mean for mean, _, _ in null),
        "real_covered": _share(low <= REAL <= high for _, low, high in real),
        "real_found": _share(low > 0 for _, low, _ in real),
        "real_mean": _share(mean for mean, _, _ in real),
        "half_width": _share((high - low) / 2 for _, low, high in real + null),
    }


def _both_edits(seed: int, setting: Setting) -> tuple[Interval, Interval]:
    history, child, deviations = simulate(seed, setting)
    assumed = deviations if setting.told else DEFAULTS
    if setting.paired:
        assumed = dataclasses.replace(assumed, question=10.0)
    effects = attribute_edits(history, deviations=assumed, interval=INTERVAL, variant_ids=[child.id])
    real, null = ((e.difference, e.low, e.high) for e in sorted(effects, key=lambda e: e.sentence, reverse=True))
    return real, null  # type: ignore[return-value]  # every edit of these worlds has a figure


def _share(values: Iterable[float]) -> float:
    known = list(values)
    return round(float(sum(known)) / len(known), 4)


def main() -> None:
    """Print a row a setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000, help="worlds of each row (default 1000, half a minute)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error(f"--seeds must be >= 1, got {options.seeds}")
    columns = ("null_covered", "null_above", "null_mean", "real_covered", "real_found", "real_mean", "half_width")
    print(
        f"{options.seeds} worlds a row; 95 % half-width of a share of .90: {1.96 * (0.09 / options.seeds) ** 0.5:.3f}"
    )
    print(f"{'':22}" + "".join(f"{column:>13}" for column in columns))
    figures = {}
    for name, setting in SETTINGS.items():
        figures[name] = measure(setting, range(options.seeds))
        print(f"{name:22}" + "".join(f"{figures[name][column]:>13.3f}" for column in columns), flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
