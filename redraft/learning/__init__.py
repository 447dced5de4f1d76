"""Ratings in, the next prompt out: pure functions over records, each decision behind a Protocol (`protocols.py`).

history.py       every record so far, as one value
    deviations.py design.py posterior.py variances.py       the mixed model: ratings -> what is known of each variant
score.py         ... as scores, intervals, probabilities    reviewers.py      how people rate, how far they agree
staleness.py     ratings of passages that changed           orphans.py        ratings of nothing that is known
parent.py        which variant is developed further         meta_prompt.py    what the writer model is shown
    dev_view.py tags.py themes.py                           ... never a val question; comments as data and as themes
candidates.py    proposals of the writer model              hard_checks.py    which proposals are refused
    overlap.py payloads.py orders.py                        ... because they copy questions, code, or an injection
smoke.py         proposals tried on a few questions         screen.py         which of them reach people
    judge.py agreement.py rivals.py                         ... by a judge, while it is proven; if none: a second look
plan.py          who rates which answer                     allocate.py       on what a rating is best spent
    blocks.py anchors.py dealing.py extension.py            ... in blocks, with re-readings, dealt to who shows up
decide.py        which variant becomes current              stop.py           when another iteration is not worth it
    choices.py words.py labels.py expectation.py            ... evidence in words; what the decision log says
attribution.py   which edit answers which comment, and whether it helped
    edits.py edit_model.py prompt_diff.py
loop.py          the rounds (`rounds.py`) that the pipeline's steps call, in one process
"""
