from __future__ import annotations

from redraft.learning.protocols import Agreement
from redraft.records import Candidate, make_prompt
from redraft.tracking.screening import agreement_values, candidates_table

AGREEMENT = Agreement(
    n=24, spearman=0.4, spearman_low=0.1, spearman_high=0.6, kappa=0.3, kappa_low=0.05, kappa_high=0.5
)


def test_the_agreement_is_shown_as_single_values_and_what_cannot_be_told_is_left_out() -> None:
    assert agreement_values(AGREEMENT) == {
        "judge answers": 24.0,
        "judge spearman": 0.4,
        "judge spearman low": 0.1,
        "judge spearman high": 0.6,
        "judge kappa": 0.3,
        "judge kappa low": 0.05,
        "judge kappa high": 0.5,
    }
    assert agreement_values(Agreement(n=3)) == {"judge answers": 3.0}


def test_the_table_shows_rejected_candidates_with_their_reasons() -> None:
    candidates = [
        Candidate(prompt=make_prompt("answer", "Cite."), accepted=True, reasons=("chosen: best",), judge_score=4.25),
        Candidate(prompt=make_prompt("answer", ""), accepted=False, reasons=("the prompt is empty",)),
    ]

    assert candidates_table(candidates).to_numpy().tolist() == [
        ["yes", "4.25", "chosen: best", "Cite."],
        ["no", "", "the prompt is empty", ""],
    ]
    assert list(candidates_table([]).columns) == ["accepted", "judge score", "reasons", "prompt"]
