"""Ratings in, the next prompt out: pure functions over records, each decision behind a Protocol (`protocols.py`).

history.py       every record so far, as one value           score.py         ratings -> mean and interval
meta_prompt.py   what the writer model is shown              themes.py        what comments have in common
candidates.py    proposals of the writer model               hard_checks.py   which proposals are refused
screen.py        which proposals reach people                smoke.py         ... judged by a few answers first
plan.py          who rates which answer                      decide.py        which variant becomes current
loop.py          the rounds that the pipeline's steps call
"""
