"""The page Ask: what it shows, what it keeps, and what it says when something is missing."""

from __future__ import annotations

import json
import random
import re
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from askable_project import (
    CONFIG,
    LONG,
    PLAIN,
    QUESTION,
    SHORT,
    endpoint_of,
    history_of,
    publish,
    store_index,
    store_variants,
    variant_of,
)
from browser import PHONE, StartApp
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from redraft.records import Variant
from redraft.review_app.ask.whom import Whom, draw
from redraft.review_app.loading import forget_sources
from redraft.tracking.askable import choices

PAGES = Path(__file__).parent / "pages"
KEY = "sk-never-in-a-browser"
NOBODY = "http://127.0.0.1:9"

pytestmark = pytest.mark.usefixtures("clearml_sdk")


@pytest.fixture(autouse=True)
def project(model_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A project of its own, on the stand-ins."""
    name = f"project-{uuid.uuid4().hex[:12]}"
    given = {**endpoint_of(model_server), "REDRAFT_PROJECT": name, "REDRAFT_HOME": str(tmp_path), "OPENAI_API_KEY": KEY}
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    yield name
    forget_sources()


@pytest.fixture
def indexed(project: str, tmp_path: Path) -> str:
    """The project with an index."""
    store_index(project, tmp_path)
    return project


@pytest.fixture
def two(indexed: str) -> tuple[Variant, Variant]:
    """The published variant and one that waits for a yes, which answers otherwise, in an indexed project."""
    published, waiting = variant_of(SHORT), variant_of(LONG)
    store_variants(indexed, {published: 3, waiting: 4})
    publish(indexed, published, waiting=waiting)
    return published, waiting


def opened() -> AppTest:
    """Open the page."""
    return AppTest.from_file(str(PAGES / "ask.py"), default_timeout=60).run()


def asked(page: AppTest, question: str = QUESTION) -> AppTest:
    """Ask a question."""
    return page.chat_input[0].set_value(question).run()


def asked_blind() -> AppTest:
    """Ask two variants side by side."""
    page = opened()
    return asked(page.segmented_control(key="ask_mode").set_value("Two side by side, blind").run())


def shown(page: AppTest) -> str:
    """Everything that a person reads on the page but the choice of variants, as plain text."""
    elements = [*page.markdown, *page.caption, *page.code, *page.error, *page.success]
    decoded = (re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), element.value) for element in elements)
    return "\n".join(re.sub(r":color\[(.)\]", r"\1", text) for text in decoded)


def boxed(page: AppTest) -> str:
    """What was put back into the box for the question."""
    return str(page.chat_input[0].proto.value)


def letters(page: AppTest) -> dict[str, str]:
    """Which variant answered as A and which as B; nothing that a person sees."""
    (turn,) = page.session_state["ask_turns"]
    return {letter: given.choice.variant.id for letter, given in zip("AB", turn.answers, strict=True)}


@pytest.mark.usefixtures("indexed")
def test_before_the_first_promotion_the_page_says_that_the_seed_prompt_answers() -> None:
    page = asked(opened())
    assert "No prompt is published yet: the seed prompt answers (v-" in shown(page)
    assert "15 minutes" in shown(page)
    assert not page.exception


def test_the_published_prompt_answers_with_its_passages(two: tuple[Variant, Variant]) -> None:
    page = asked(opened())
    assert f"The published prompt answers ({two[0].id}, with demo-chat)" in shown(page)
    assert "15 minutes" in shown(page)
    assert {"Notes", "Export"} < {button.label.strip("*12 ") for button in page.button}  # each opens its document


@pytest.mark.usefixtures("indexed")
def test_each_question_is_answered_by_itself_and_the_newest_comes_last() -> None:
    page = asked(asked(opened()), "How do I export notes as PDF?")
    first, second = page.session_state["ask_turns"]
    assert (first.question, second.question) == (QUESTION, "How do I export notes as PDF?")
    assert "quill export" in second.answers[0].text
    assert "it remembers nothing of those before" in shown(page)


def test_which_of_two_is_a_and_which_is_b_is_not_told_until_one_is_preferred(two: tuple[Variant, Variant]) -> None:
    page = asked_blind()
    assert not any(variant.id in shown(page) for variant in two)
    assert LONG.text not in shown(page)
    page.button(key="ask_1_B_is_better").click().run()
    assert "**B** is better" in shown(page)
    order = [text for text in shown(page).splitlines() if text.startswith("v-")]
    assert order == [
        f"{variant_id} ({'published' if variant_id == two[0].id else 'waits for a yes'})"
        for variant_id in letters(page).values()
    ]


def test_that_one_is_preferred_is_kept_with_the_other_one_and_is_no_rating(
    indexed: str, two: tuple[Variant, Variant]
) -> None:
    before = history_of(indexed).ratings
    page = asked_blind()
    page.button(key="ask_1_A_is_better").click().run()
    (said,) = history_of(indexed).feedback
    assert (said.variant_id, said.preferred_to) == (letters(page)["A"], letters(page)["B"])
    assert {said.variant_id, said.preferred_to} == {variant.id for variant in two}
    assert (said.reviewer, said.question, said.index_id) == ("Ann", QUESTION, said.index_id)
    assert history_of(indexed).ratings == before


def test_thumbs_on_both_answers_reveal_them_and_a_thumb_on_one_does_not(two: tuple[Variant, Variant]) -> None:
    page = asked_blind()
    page.feedback(key="ask_1_A_thumb").set_value(1).run()
    assert not any(variant.id in shown(page) for variant in two)
    page.feedback(key="ask_1_B_thumb").set_value(0).run()
    assert all(variant.id in shown(page) for variant in two)


@pytest.mark.parametrize(("word", "thumb"), [("good", "up"), ("bad", "down")])
def test_that_neither_is_better_is_kept_as_a_thumb_for_each_and_reveals_them(
    indexed: str, two: tuple[Variant, Variant], word: str, thumb: str
) -> None:
    page = asked_blind()
    page.button(key=f"ask_1_both_{word}").click().run()
    said = history_of(indexed).feedback
    assert {(row.variant_id, row.thumb, row.preferred_to) for row in said} == {
        (variant.id, thumb, None) for variant in two
    }
    assert shown(page).count(f"Kept: thumb {thumb}.") == 2
    assert all(variant.id in shown(page) for variant in two)


def test_both_good_keeps_a_thumb_and_a_comment_that_were_given_before(
    indexed: str, two: tuple[Variant, Variant]
) -> None:
    page = asked_blind()
    page.feedback(key="ask_1_A_thumb").set_value(1).run()
    page = commented(page, "Short.")
    page.button(key="ask_1_both_good").click().run()
    by_variant = {row.variant_id: (row.thumb, row.comment) for row in history_of(indexed).feedback}
    assert by_variant == {letters(page)["A"]: ("up", "Short."), letters(page)["B"]: ("up", None)}
    assert len(by_variant) == len(two)


@pytest.mark.usefixtures("two")
def test_while_the_server_is_away_both_thumbs_are_not_kept_and_nothing_is_revealed(
    indexed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = asked_blind()
    with monkeypatch.context() as away:
        away.setenv("CLEARML_API_HOST", NOBODY)
        page.button(key="ask_1_both_bad").click().run()
        assert len([error for error in page.error if "Not saved" in error.value]) == 2
        assert not any(variant in shown(page) for variant in letters(page).values())
    page.button(key="ask_1_both_bad").click().run()
    assert [row.thumb for row in history_of(indexed).feedback] == ["down", "down"]


@pytest.mark.usefixtures("two")
def test_whoever_only_wants_to_know_which_is_which_can_judge_blind_no_more(indexed: str) -> None:
    page = asked_blind()
    page.button(key="ask_1_reveal").click().run()
    assert "v-" in shown(page)
    assert [button.key for button in page.button if "is_better" in str(button.key)] == []
    assert history_of(indexed).feedback == ()


@pytest.mark.usefixtures("two")
def test_left_and_right_are_drawn_by_chance(indexed: str) -> None:
    every = choices(history_of(indexed), CONFIG)
    pairs = Counter(draw(Whom(among=every[:2], count=2), random.Random(seed)) for seed in range(200))
    assert set(pairs) == {every[:2], every[1::-1]}
    assert min(pairs.values()) > 70


@pytest.mark.usefixtures("two")
def test_surprise_me_draws_two_different_ones_of_all(indexed: str) -> None:
    store_variants(indexed, {variant_of(PLAIN): None})
    page = opened()
    page.segmented_control(key="ask_mode").set_value("Two side by side, blind").run()
    page.toggle(key="ask_surprise").set_value(True).run()
    assert "drawn by chance" in shown(page)
    asked(page)
    assert len(set(letters(page).values())) == 2


@pytest.mark.usefixtures("two")
def test_the_same_variant_twice_is_refused_and_the_question_comes_back() -> None:
    page = opened()
    page.segmented_control(key="ask_mode").set_value("Two side by side, blind").run()
    page.selectbox(key="ask_other").set_value(page.selectbox(key="ask_one").value).run()
    assert "the same variant is chosen twice" in shown(page)
    assert boxed(asked(page)) == QUESTION


@pytest.mark.usefixtures("indexed")
def test_with_a_seed_prompt_alone_there_is_nothing_to_compare() -> None:
    page = opened()
    page.segmented_control(key="ask_mode").set_value("Two side by side, blind").run()
    assert "there is only the seed prompt so far" in shown(page)
    assert "redraft run" in shown(page)


def test_a_variant_of_a_model_that_is_gone_gives_one_message_and_the_question_back(indexed: str) -> None:
    published = variant_of(SHORT, chat_model="gone-model")
    store_variants(indexed, {published: 3})
    publish(indexed, published)
    page = asked(opened())
    (problem,) = page.error
    assert "no answer from gone-model at" in shown(page)
    assert boxed(page) == QUESTION
    assert not problem.value.startswith("Traceback")


def test_a_thumb_is_kept_and_changing_ones_mind_adds_a_row(indexed: str) -> None:
    page = asked(opened())
    page.feedback(key="ask_1_A_thumb").set_value(1).run()
    page.feedback(key="ask_1_A_thumb").set_value(0).run()
    assert [row.thumb for row in history_of(indexed).feedback] == ["up", "down"]
    assert "Kept: thumb down" in shown(page)


def test_a_comment_is_kept_beside_the_thumb(indexed: str) -> None:
    page = asked(opened())
    page.feedback(key="ask_1_A_thumb").set_value(1).run()
    commented(page, "Too chatty.")
    last = history_of(indexed).feedback[-1]
    assert (last.thumb, last.comment, last.reviewer) == ("up", "Too chatty.", "Ann")
    assert "Kept: thumb up, with your comment" in shown(page)


def test_a_comment_of_a_megabyte_is_refused_with_its_limit_and_stays_in_its_box(indexed: str) -> None:
    page = commented(asked(opened()), "x" * 1_000_000)
    assert "the comment has 1,000,000 characters, 10,000 are the most" in shown(page)
    assert len(page.text_area(key="ask_1_A_comment").value) == 1_000_000
    assert history_of(indexed).feedback == ()


def test_an_empty_comment_is_not_kept(indexed: str) -> None:
    assert "the comment is empty" in shown(commented(asked(opened()), "  "))
    assert history_of(indexed).feedback == ()


def test_while_the_server_is_away_what_somebody_said_stays_and_is_kept_once_it_is_back(
    indexed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = asked(opened())
    with monkeypatch.context() as away:
        away.setenv("CLEARML_API_HOST", NOBODY)
        commented(page, "Too chatty.")
        page.feedback(key="ask_1_A_thumb").set_value(0).run()
        assert f"no ClearML server answers at {NOBODY}" in shown(page)
        assert "Kept" not in shown(page)
        assert page.text_area(key="ask_1_A_comment").value == "Too chatty."
    page.button(key="ask_1_A_again").click().run()
    commented(page, "Too chatty.")
    last = history_of(indexed).feedback[-1]
    assert (last.thumb, last.comment) == ("down", "Too chatty.")
    assert not page.error


def test_while_the_server_is_away_a_preference_is_not_kept_and_nothing_is_revealed(
    indexed: str, two: tuple[Variant, Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = asked_blind()
    with monkeypatch.context() as away:
        away.setenv("CLEARML_API_HOST", NOBODY)
        page.button(key="ask_1_A_is_better").click().run()
        assert not any(variant.id in shown(page) for variant in two)
    page.button(key="ask_1_A_is_better").click().run()
    assert len(history_of(indexed).feedback) == 1
    assert "**A** is better" in shown(page)


@pytest.mark.usefixtures("indexed")
def test_while_the_server_is_away_one_message_says_so_and_the_question_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = asked(opened())
    monkeypatch.setenv("CLEARML_API_HOST", NOBODY)
    asked(page, "How do I export notes?")
    assert [f"no ClearML server answers at {NOBODY}" in shown(page), len(page.error)] == [True, 1]
    assert boxed(page) == "How do I export notes?"
    assert "15 minutes" in shown(page)  # the conversation is still there


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    ("question", "message"),
    [("  ", "the question is empty"), ("x" * 2_001, "the question has 2,001 characters, 2,000 are the most")],
)
def test_a_question_that_cannot_be_asked_gets_one_message_and_comes_back(question: str, message: str) -> None:
    page = asked(opened(), question)
    assert message in shown(page)
    assert boxed(page) == question
    assert "ask_turns" not in page.session_state or page.session_state["ask_turns"] == []


@pytest.mark.usefixtures("project")
def test_without_an_index_it_is_said_which_command_makes_one() -> None:
    page = asked(opened())
    assert len(page.error) == 1
    assert "has no index made with" in shown(page)
    assert "redraft run" in shown(page)
    assert boxed(page) == QUESTION


@pytest.mark.usefixtures("indexed")
def test_without_a_model_it_is_said_where_none_answers(monkeypatch: pytest.MonkeyPatch, model_server: str) -> None:
    monkeypatch.setenv("OPENAI_ENDPOINT_NAME", model_server)  # so that the index is this embedder's all the same
    monkeypatch.setenv("OPENAI_BASE_URL", f"{NOBODY}/v1")
    page = asked(opened())
    assert len(page.error) == 1
    assert f"no model endpoint can be reached at {NOBODY}/v1" in shown(page)
    assert "set OPENAI_BASE_URL" in shown(page) or "Start it" in shown(page)
    assert boxed(page) == QUESTION


def test_a_question_becomes_an_example_question_of_the_chosen_split(indexed: str) -> None:
    page = asked(opened())
    page.radio(key="ask_1_example_split").set_value("val")
    page.radio(key="ask_1_example_answerable").set_value("Yes")
    pressed(page, "ask_1_example_form", "Add").run()
    (edit,) = history_of(indexed).question_edits
    assert (edit.kind, edit.author, edit.question.text) == ("add", "Ann", QUESTION)
    assert (edit.question.split, edit.question.answerable) == ("val", True)
    assert "Added: the next iteration asks it." in shown(page)


def test_a_question_that_is_an_example_already_is_not_added_again(indexed: str) -> None:
    page = asked(opened())
    for _ in range(2):
        pressed(page, "ask_1_example_form", "Add").run()
    assert len(history_of(indexed).question_edits) == 1
    assert "it is an example question already (split dev)" in shown(page)


def test_while_the_server_is_away_an_example_question_stays_in_its_form(
    indexed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = asked(opened())
    page.text_area(key="ask_1_example_text").set_value("How often do notes synchronise?")
    with monkeypatch.context() as away:
        away.setenv("CLEARML_API_HOST", NOBODY)
        pressed(page, "ask_1_example_form", "Add").run()
        assert f"no ClearML server answers at {NOBODY}" in shown(page)
    pressed(page, "ask_1_example_form", "Add").run()
    (edit,) = history_of(indexed).question_edits
    assert edit.question.text == "How often do notes synchronise?"


@pytest.mark.usefixtures("indexed", "two")
def test_what_models_and_people_write_is_shown_and_never_obeyed() -> None:
    beacon = "![x](https://evil.example/a.png) <script>alert(1)</script> [y](javascript:alert(1))"
    page = asked(opened(), beacon)
    written = "\n".join(element.value for element in page.markdown)
    assert "![x](" not in written
    assert "<script>" not in written
    assert "](javascript:" not in written


@pytest.mark.usefixtures("two")
@pytest.mark.browser
def test_a_person_asks_two_blind_prefers_one_and_sees_which_it_was(streamlit_app: StartApp, page: Page) -> None:
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto(streamlit_app(PAGES / "ask.py"))
    page.get_by_text("Two side by side, blind").click()
    page.get_by_text("Surprise me").wait_for()
    ask_in(page, QUESTION)
    page.get_by_role("button", name="A is better").click()
    expect(page.get_by_text("A is better.")).to_be_visible()
    for role in ("published", "waits for a yes"):
        expect(page.get_by_test_id("stChatMessage").get_by_text(f"({role})")).to_be_visible()
    assert frames
    assert KEY not in page.content() + "".join(frames)


@pytest.mark.usefixtures("indexed")
@pytest.mark.browser
def test_whoever_goes_elsewhere_while_the_model_thinks_finds_the_answer_when_they_come_back(
    streamlit_app: StartApp, page: Page, slow_model: Callable[[float], None]
) -> None:
    page.goto(streamlit_app(PAGES / "ask_and_elsewhere.py"))
    slow_model(3.0)
    ask_in(page, QUESTION)
    page.get_by_text("Searching the docs").wait_for()
    page.get_by_role("link", name="Elsewhere").click()
    page.get_by_text("Another page").wait_for()
    page.get_by_role("link", name="Ask").click()
    page.get_by_text("Searching the docs").wait_for()  # still: nobody was kept from going elsewhere
    page.get_by_text("answered in").wait_for()
    expect(page.get_by_text("15 minutes").first).to_be_visible()


@pytest.mark.usefixtures("two")
@pytest.mark.browser
def test_on_a_phone_nothing_is_wider_than_the_screen(streamlit_app: StartApp, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(streamlit_app(PAGES / "ask.py"))
    page.get_by_text("Two side by side, blind").click()
    page.get_by_text("Surprise me").wait_for()
    ask_in(page, QUESTION)
    page.get_by_role("button", name="A is better").wait_for()
    width = page.get_by_test_id("stAppScrollToBottomContainer").evaluate("whole => whole.scrollWidth")
    assert width <= PHONE["width"]


@pytest.fixture
def slow_model(model_server: str) -> Iterator[Callable[[float], None]]:
    """Let every call of the stand-in model take so many seconds."""

    def put(faults: dict[str, float]) -> None:
        request = urllib.request.Request(
            f"{model_server.removesuffix('/v1')}/faults",
            data=json.dumps(faults).encode(),
            headers={"content-type": "application/json"},
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=10).close()

    yield lambda seconds: put({"rate_timeout": 1.0, "timeout_s": seconds})
    put({})


def ask_in(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def commented(page: AppTest, text: str) -> AppTest:
    """Write a comment on the first answer and save it."""
    page.text_area(key="ask_1_A_comment").set_value(text)
    return pressed(page, "ask_1_A_form", "Save comment").run()


def pressed(page: AppTest, form: str, label: str) -> AppTest:
    """Press a form's button."""
    page.button(key=f"FormSubmitter:{form}-{label}").click()
    return page
