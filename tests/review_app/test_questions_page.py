"""The page Questions: what it shows, what it saves, and what it says when something is missing or meanwhile changed."""

from __future__ import annotations

import dataclasses
import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from askable_project import endpoint_of, store_index
from browser import PHONE, StartApp
from judged_project import QUESTIONS, SEED, judge, with_records
from playwright.sync_api import Locator, Page, expect
from questions_on_page import asked
from streamlit.testing.v1 import AppTest

from redraft.learning.question_set import Change, apply_edits, change_of, edits_from
from redraft.records import Flag, QuestionEdit
from redraft.review_app.loading import forget_sources
from redraft.review_app.questions.draft import added, retired
from redraft.tracking.history import find_sources
from redraft.tracking.question_set import edits_of, save_edits, saves_in

PAGE = Path(__file__).parent / "pages" / "questions.py"
NOBODY = "http://127.0.0.1:9"
NASTY = "<script>alert(1)</script> ![x](http://evil.example/a.png) [y](javascript:z)"

pytestmark = pytest.mark.usefixtures("clearml_sdk")


@pytest.fixture(autouse=True)
def project(model_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A project of its own, on the stand-ins, with a file of six questions."""
    name = f"project-{uuid.uuid4().hex[:12]}"
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps({"text": one.text, "split": one.split}) + "\n" for one in QUESTIONS))
    given = {"REDRAFT_PROJECT": name, "REDRAFT_HOME": str(tmp_path), "QUESTIONS_FILE": str(file)}
    for variable, value in (given | endpoint_of(model_server)).items():
        monkeypatch.setenv(variable, value)
    yield name
    forget_sources()


def opened() -> AppTest:
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def shown(page: AppTest) -> str:
    """Everything that a person reads outside tables, as plain text."""
    assert not page.exception
    parts = [*page.markdown, *page.caption, *page.subheader, *page.error, *page.warning, *page.info, *page.success]
    return "\n".join(re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), part.value) for part in parts)


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [found for found in page.button if found.label == label]
    return button.click().run()


def add(page: AppTest, text: str, answerable: str = "yes") -> AppTest:
    page.text_area[0].set_value(text)
    if answerable:
        next(radio for radio in page.radio if radio.label == "Do the docs hold the answer?").set_value(answerable)
    return press(page, "Add")


def now(project: str) -> list[str]:
    """What is asked by now."""
    return [question.text for question in apply_edits(QUESTIONS, edits_of(find_sources(project)))]


def saved(project: str) -> tuple[QuestionEdit, ...]:
    return edits_of(find_sources(project))


def save_elsewhere(project: str, *changes: Change) -> None:
    """Save as somebody else does, from another page."""
    save_edits(project, edits_from(changes, author="Ben", now=time.time()))
    forget_sources()


def test_before_the_first_run_the_configured_file_is_shown() -> None:
    page = opened()
    assert "The next iteration asks 6 questions: 4 dev, 2 val; 0 of them have no answer in the docs." in shown(page)
    assert re.search(r"As in .*questions.jsonl, the configured file; nothing was changed here yet", shown(page))
    assert not page.warning


def test_an_added_question_is_listed_before_it_is_saved_and_saved_with_its_author(project: str) -> None:
    page = add(opened(), " Whose? ")
    assert "Not saved yet: 1 change" in shown(page)
    assert "is added as dev; answer in the docs: yes" in shown(page)
    assert now(project) == [question.text for question in QUESTIONS]
    page.text_input[-1].set_value("asked in a ticket")
    page = press(page, "Save as version 1")
    assert "Saved as version 1: 1 change. The next iteration asks it." in shown(page)
    assert "The next iteration asks 7 questions" in shown(page)
    assert "Not saved" not in shown(page)
    (edit,) = saved(project)
    assert edit.question == asked("Whose?", answerable=True)
    assert (edit.author, edit.reason) == ("Ann", "asked in a ticket")


@pytest.mark.parametrize(("text", "said"), [(" ", "Write the question first."), ("Why?", "is in the set already")])
def test_an_empty_or_a_known_question_is_not_added(text: str, said: str) -> None:
    page = add(opened(), text)
    assert said in shown(page)
    assert "Not saved" not in shown(page)


def test_whether_the_docs_hold_the_answer_is_asked_and_not_assumed() -> None:
    page = add(opened(), "Whose?", answerable="")
    assert "Say whether the docs hold the answer" in shown(page)
    assert "Not saved" not in shown(page)
    page = add(page, "Whose?", answerable="not known")
    assert "is added as dev; answer in the docs: not known" in shown(page)


def test_what_is_nearly_asked_already_is_added_with_a_warning(project: str) -> None:
    save_elsewhere(project, added("How do I start a review?", asked("x")))
    page = add(opened(), "how do I start a review")
    assert "Nearly the same: “How do I start a review?” (dev) and “how do I start a review” (dev)" in shown(page)


def test_a_change_can_be_taken_back_and_all_can_be_discarded() -> None:
    page = add(add(opened(), "Whose?"), "Whence?")
    page = page.button(key=f"undo-{asked('Whose?').id}").click().run()
    assert "Not saved yet: 1 change" in shown(page)
    assert "Not saved" not in shown(press(page, "Discard"))


def test_a_flagged_question_is_shown_with_its_comment_and_retired_with_a_button(project: str) -> None:
    judge(project, {SEED: 3})
    flag = Flag(review_key="r-1", question_id=QUESTIONS[1].id, reviewer="Ben", comment=NASTY, created=1.0)
    with_records(project, "review", {"flags": (Flag, [flag])})
    page = opened()
    assert "Reviewers find 1 question bad." in shown(page)
    assert "Ben: <script>alert(1)</script> ![x]" in shown(page)
    assert not any("<script" in part.value or "![" in part.value for part in page.caption)
    page = press(press(page, "Retire"), "Save as version 1")
    assert now(project) == ["How?", "When?", "Where?", "Who?", "Which?"]
    assert "Reviewers find" not in shown(page)


def test_a_set_without_val_questions_is_warned_of_before_it_is_saved() -> None:
    page = opened()
    draft = page.session_state["questions_draft"]
    for question in QUESTIONS[4:]:
        draft.put(retired(question))
    draft.redraw()
    said = [warning.value for warning in page.run().warning]
    assert len(said) == 1
    assert "no question has split val" in shown(page)


def test_a_set_without_any_question_is_warned_of(project: str) -> None:
    save_elsewhere(project, *map(retired, QUESTIONS))
    page = opened()
    assert "an iteration that asks nothing is refused" in shown(page)
    assert "No question is asked. Add one, or import a file." in [text.value for text in page.text]
    assert now(project) == []


def test_what_is_changed_here_outlives_what_somebody_else_saves_and_counts_as_the_later(project: str) -> None:
    page = opened()
    change = change_of(QUESTIONS[0], dataclasses.replace(QUESTIONS[0], text="How exactly?"))
    assert change is not None
    page.session_state["questions_draft"].put(change)
    page.session_state["questions_draft"].redraw()
    page.run()
    save_elsewhere(
        project,
        dataclasses.replace(change, question=asked("How on earth?", replaces=QUESTIONS[0].id)),
        retired(QUESTIONS[1]),
    )
    page.run()
    assert "Ben saved a new version while you were here." in shown(page)
    press(page, "Save as version 2")
    assert now(project) == ["How exactly?", "When?", "Where?", "Who?", "Which?"]
    assert [edit.question.text for edit in saved(project)] == ["How on earth?", "Why?", "How exactly?"]


def test_a_change_of_a_question_that_somebody_retired_meanwhile_is_said_to_have_no_effect(project: str) -> None:
    page = opened()
    change = change_of(QUESTIONS[0], dataclasses.replace(QUESTIONS[0], text="How exactly?"))
    assert change is not None
    page.session_state["questions_draft"].put(change)
    page.session_state["questions_draft"].redraw()
    save_elsewhere(project, retired(QUESTIONS[0]))
    assert "Somebody retired this question meanwhile: the change will have no effect." in shown(page.run())


def test_what_cannot_be_saved_stays_on_the_page(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from redraft.errors import ServerUnavailable
    from redraft.tracking import question_set

    page = add(opened(), "Whose?")

    def away(*_: object, **__: object) -> None:
        raise ServerUnavailable("the ClearML server cannot be reached")

    with monkeypatch.context() as broken:
        broken.setattr(question_set, "record_event", away)
        page = press(page, "Save as version 1")
    assert "Nothing is saved: the ClearML server cannot be reached" in shown(page)
    page = press(page.run(), "Save as version 1")
    assert now(project)[-1] == "Whose?"
    assert len(saves_in(find_sources(project))) == 1


def test_an_import_is_first_tried_and_then_applied(project: str) -> None:
    page = opened()
    data = b"text,split,note\nWhose?,val,a.md\nHow?,val,\nWhy?,dev,\n"
    page = page.file_uploader[0].set_value(("more.csv", data, "text/csv")).run()
    assert "3 questions in the file: **1 would be added, 0 changed, 2 left as they are.**" in shown(page)
    assert saved(project) == ()
    page = page.checkbox[0].check().run()
    assert "**1 would be added, 1 changed, 1 left as they are.**" in shown(page)
    page = press(page, "Import as version 1")
    assert "Saved as version 1: 2 changes." in shown(page)
    assert "while you were here" not in shown(page)  # it was nobody else
    assert [(edit.kind, edit.question.text, edit.question.split, edit.reason) for edit in saved(project)] == [
        ("add", "Whose?", "val", "imported from more.csv"),
        ("edit", "How?", "val", "imported from more.csv"),
    ]


def test_every_wrong_line_of_an_import_is_named_and_nothing_is_taken_over(project: str) -> None:
    page = opened()
    data = b"text,split\nWhose?,test\n,dev\nGood?,dev\n"
    page = page.file_uploader[0].set_value(("more.csv", data, "text/csv")).run()
    (error,) = page.error
    assert "Nothing is taken over. 2 problems" in shown(page)
    assert "line 2" in error.value
    assert "line 3" in error.value
    assert saved(project) == ()


def test_a_questions_file_that_cannot_be_read_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUESTIONS_FILE", "/no/such/file.jsonl")
    page = opened()
    assert len(page.error) == 1
    assert "/no/such/file.jsonl: no such questions file" in shown(page)


def suggest_tab(page: AppTest) -> AppTest:
    page.session_state["questions_tab"] = "Suggest"
    return page.run()


def finished(page: AppTest) -> AppTest:
    """The page once the job has ended."""
    page.session_state["questions_job"].wait(60)
    return page.run()


def test_without_an_index_the_page_says_how_to_get_one() -> None:
    assert "has no index made with" in shown(suggest_tab(opened()))


def test_suggestions_are_ticked_edited_and_added(project: str, tmp_path: Path) -> None:
    store_index(project, tmp_path)
    page = suggest_tab(opened())
    assert "No question covers **3 of 3 pages** of the docs." in shown(page)
    page = finished(press(page, "Suggest questions for 3 pages"))
    suggested = [box for box in page.text_input if box.label.endswith(".md")]
    assert suggested
    assert "None is ticked." in shown(press(page, "Add the ticked ones"))
    page.checkbox(key="take-1-0").check()
    page.text_input(key="text-1-0").set_value("How do I get a PDF of my notes?")
    page = press(page, "Add the ticked ones")
    assert "Not saved yet: 1 change" in shown(page)
    press(page, "Save as version 1")
    (edit,) = saved(project)
    assert (edit.question.text, edit.question.split) == ("How do I get a PDF of my notes?", "dev")
    assert edit.question.answerable is True
    assert (edit.question.note or "").startswith("guide/")
    assert "No question covers **2 of 3 pages**" in shown(suggest_tab(opened()))


def test_a_model_that_is_away_is_one_message(
    project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_server: str
) -> None:
    monkeypatch.setenv("OPENAI_ENDPOINT_NAME", "model")
    monkeypatch.setenv("REDRAFT_EMBEDDING_BASE_URL", model_server)
    store_index(project, tmp_path)
    page = suggest_tab(opened())
    monkeypatch.setenv("OPENAI_BASE_URL", f"{NOBODY}/v1")
    page = finished(press(page, "Suggest questions for 3 pages"))
    assert len(page.error) == 1
    assert "Add the ticked ones" not in [button.label for button in page.button]


@pytest.mark.browser
def test_in_a_browser_a_question_is_retired_reworded_and_saved(
    page: Page, streamlit_app: StartApp, project: str, tmp_path: Path
) -> None:
    page.goto(streamlit_app(PAGE))
    grid = page.get_by_test_id("stDataFrame").first
    grid.click(position={"x": 60, "y": 54})
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("Not saved yet: 1 change")).to_be_visible()
    grid.click(position={"x": 60, "y": 90})
    page.keyboard.press("Enter")
    editor = page.locator("#portal textarea")
    editor.fill(f"Why {NASTY}?")
    editor.press("Enter")
    expect(page.get_by_text("Not saved yet: 2 changes")).to_be_visible()
    page.get_by_label("Find").fill("When")
    page.get_by_label("Find").press("Enter")
    expect(page.get_by_text("Not saved yet: 2 changes")).to_be_visible()  # a filter loses nothing
    page.screenshot(path=str(tmp_path / "wide.png"), full_page=True)
    page.set_viewport_size(PHONE)
    button = page.get_by_role("button", name="Save as version 1")
    button.scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    button.dblclick()
    expect(page.get_by_text("Saved as version 1: 2 changes.")).to_be_visible()
    assert page.locator("script", has_text="alert(1)").count() == 0
    assert page.locator("img[src*=evil]").count() == 0
    page.reload()
    expect(page.get_by_text("The next iteration asks 5 questions: 3 dev, 2 val")).to_be_visible()
    expect(page.get_by_text("Saved changes (2)")).to_be_visible()
    assert now(project) == [f"Why {NASTY}?", "When?", "Where?", "Who?", "Which?"]
    assert len(saves_in(find_sources(project))) == 1


@pytest.mark.browser
def test_in_a_browser_what_is_typed_and_not_saved_is_still_there_after_another_page(
    page: Page, streamlit_app: StartApp, project: str
) -> None:
    page.goto(streamlit_app(PAGE.with_name("questions_and_elsewhere.py")))
    retype(page, 0, "How exactly?").press("Enter")
    expect(page.get_by_text("Not saved yet: 1 change")).to_be_visible()
    go_elsewhere_and_back(page)
    expect(page.get_by_role("link", name="1 unsaved change")).to_be_visible()
    retype(page, 1, "Why exactly?").press("Enter")
    expect(page.get_by_text("Not saved yet: 2 changes")).to_be_visible()  # the first one too, from the table as drawn
    go_elsewhere_and_back(page)
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_text("Saved as version 1: 2 changes.")).to_be_visible()
    assert now(project)[:2] == ["How exactly?", "Why exactly?"]


@pytest.mark.browser
def test_on_a_phone_what_opens_the_list_of_pages_has_a_name_and_a_wide_table_says_that_it_goes_on(
    page: Page, streamlit_app: StartApp
) -> None:
    page.goto(streamlit_app(PAGE.with_name("questions_and_elsewhere.py")))
    page.get_by_test_id("stDataFrame").first.wait_for()
    hint = page.get_by_text("Swipe the table sideways")
    expect(hint).to_be_hidden()
    page.set_viewport_size(PHONE)
    expect(hint).to_be_visible()
    opener = page.get_by_test_id("stExpandSidebarButton")
    opener.wait_for()
    assert opener.evaluate("button => getComputedStyle(button, '::after').content") == '"Pages"'
    opener.click()
    page.get_by_role("link", name="Elsewhere").click()
    page.get_by_text("Another page").wait_for()


def retype(page: Page, row: int, text: str) -> Locator:
    """Type another text into a row of the table; where it was typed, which is still to be left."""
    page.get_by_test_id("stDataFrame").first.click(position={"x": 60, "y": 54 + 36 * row})
    page.keyboard.press("Enter")
    editor = page.locator("#portal textarea")
    editor.fill(text)
    return editor


def go_elsewhere_and_back(page: Page) -> None:
    page.get_by_role("link", name="Elsewhere").click()
    page.get_by_text("Another page").wait_for()
    page.get_by_role("link", name="Questions").click()
    page.get_by_test_id("stDataFrame").first.wait_for()
