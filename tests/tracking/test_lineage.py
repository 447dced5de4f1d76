"""A rating's lineage names what it comes from and the tasks that made it; links only where pages are."""

from __future__ import annotations

import dataclasses

import judged_project as made
import pytest
from clearml.backend_api.session import Session

from redraft.learning.history import History
from redraft.records import PlanItem, Rating
from redraft.tracking.lineage import has_web_interface, lineage_of, steps_if_known, web_page

STEPS = {
    "run": {"answer_questions": "t-answers", "build_index": "t-index", "review": "t-review"},
    "run-2": {"answer_questions": "t-answers-2", "build_index": "t-index-2", "review": "t-review-2"},
    "run-1": {"write_prompts": "t-written"},
}


def steps(run: str) -> dict[str, str]:
    return STEPS.get(run, {})


def test_a_rating_is_traced_to_answer_variant_docs_index_and_run() -> None:
    prompt = dataclasses.replace(made.B_PROMPT, run_id="run-1")
    history = made.history_of({made.B: 4})
    history = History().add([*(r for r in history.records() if r != made.B_PROMPT), prompt])
    rating = history.ratings[0]

    found = {ancestor.what: (ancestor.id, ancestor.task_id) for ancestor in lineage_of(history, rating, steps)}

    assert found == {
        "rating": (rating.id, "t-review"),
        "answer": (rating.answer_id, "t-answers"),
        "variant": (made.B.id, "t-written"),
        "docs version": ("dataset-1", "dataset-1"),
        "index": ("i-1", "t-index"),
        "run": ("run", "run"),
    }


def test_a_rating_of_an_older_answer_comes_from_the_review_of_the_newer_run() -> None:
    old, new = made.answers_of(made.SEED)[0], dataclasses.replace(made.answers_of(made.C)[0], run_id="run-2")
    again = Rating(id="rt-again", review_key="r-2", answer_id=old.id, reviewer="Ann", score=2)
    plan = [
        PlanItem(review_key="r-2", answer_id=old.id, letter="A", reviewer_slot=0, position=0, role="anchor"),
        PlanItem(review_key="r-2", answer_id=new.id, letter="B", reviewer_slot=0, position=1, role="new"),
    ]
    history = made.history_of({made.SEED: 3}).add([new, again, *plan])

    found = {ancestor.what: ancestor.task_id for ancestor in lineage_of(history, again, steps)}

    assert (found["rating"], found["answer"], found["run"]) == ("t-review-2", "t-answers", "run")


def test_of_a_lost_answer_the_rating_and_the_answers_id_are_left() -> None:
    orphan = Rating(id="rt-1", review_key="r-1", answer_id="a-lost", reviewer="Ann", score=2)
    found = lineage_of(History().add([orphan]), orphan, steps)
    assert [(ancestor.what, ancestor.id, ancestor.task_id) for ancestor in found] == [
        ("rating", "rt-1", None),
        ("answer", "a-lost", None),
    ]


def test_a_run_that_the_server_does_not_know_has_no_steps() -> None:
    assert steps_if_known("0" * 32) == {}


def test_a_server_whose_web_address_is_its_apis_has_no_web_interface() -> None:
    """That is how the stand-in is configured."""
    assert not has_web_interface()
    assert web_page("a1b2") is None


def test_a_server_with_a_web_interface_gets_links_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARML_WEB_HOST", "https://app.example.com/")
    assert Session.get_app_server_host() == "https://app.example.com"
    assert has_web_interface()
    link = web_page("a1b2")
    assert link is not None
    assert link.startswith("https://app.example.com/projects/*/")
    assert "/a1b2/" in link
