"""The page History: what each section shows of a judged project, and what leads decide there."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import judged_project as made
import pytest
from browser import PHONE, StartApp
from judged_history import NASTY, WAITING, finished_run, store
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from redraft.config import load_config
from redraft.records import Flag, Overall, PlanItem, Rating
from redraft.review_app.history import past
from redraft.review_app.history.people import alpha_words
from redraft.review_app.loading import forget_sources
from redraft.review_app.safe_text import plain
from redraft.tracking.decisions import Person, reject
from redraft.tracking.history import load_decisions

PAGE = Path(__file__).parent / "pages" / "history.py"
SECTIONS = ("Overview", "Prompts", "Questions", "People", "Map", "Ratings", "Export")
PATIENCE_MS = 60_000  # a cold page on a busy machine
NOBODY = "http://127.0.0.1:9/v1"

pytestmark = pytest.mark.usefixtures("clearml_sdk")


@pytest.fixture(autouse=True)
def project(model_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A project of its own, without a task yet."""
    name = f"project-{uuid.uuid4().hex[:12]}"
    given = {"REDRAFT_PROJECT": name, "REDRAFT_HOME": str(tmp_path), "OPENAI_BASE_URL": model_server}
    for variable, value in {**given, "OPENAI_API_KEY": "stand-in"}.items():
        monkeypatch.setenv(variable, value)
    yield name
    forget_sources()
    past.forget_results()


@pytest.fixture
def judged(project: str) -> str:
    """A project in which B waits for a yes."""
    store(project)
    forget_sources()
    return project


def opened(section: str = "Overview", **address: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    for name, value in {"section": section, **address}.items():
        page.query_params[name] = value
    return page.run()


def shown(page: AppTest) -> str:
    """Everything that a person reads outside tables and plots, as plain text."""
    assert not page.exception
    parts = [*page.markdown, *page.caption, *page.subheader, *page.error, *page.warning, *page.info, *page.success]
    labels = [expander.label for expander in page.expander]
    return "\n".join(as_read(text) for text in [*(part.value for part in parts), *labels])


def as_read(text: str) -> str:
    return re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), text)


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [found for found in page.button if found.label == label]
    return button.click().run()


def fill(page: AppTest, key: str, text: str) -> None:
    page.text_input(key=key).set_value(text)


def say_as_a_whole(project: str) -> None:
    """In a second review, of B and the seed variant: two overall scores, and two flags of which one is taken back."""
    old, new = made.answers_of(made.SEED)[0], made.answers_of(made.B)[0]
    place = {"review_key": "r-2", "reviewer_slot": 0}
    said = {"review_key": "r-2", "reviewer": "Ann"}
    why, when = made.QUESTIONS[1:3]
    made.with_records(
        project,
        "second review",
        {
            "plan": (
                PlanItem,
                [
                    PlanItem(**place, answer_id=old.id, letter="A", position=0, role="current"),
                    PlanItem(**place, answer_id=new.id, letter="B", position=1, role="new"),
                ],
            ),
            "overalls": (
                Overall,
                [
                    Overall(**said, letter="B", score=5, comment=f"Short, good. {NASTY}", created=100.0),
                    Overall(**{**said, "reviewer": "Ben"}, letter="A", score=1, created=101.0),
                ],
            ),
            "flags": (
                Flag,
                [
                    Flag(**said, question_id=why.id, comment=f"Why what? {NASTY}", created=100.0),
                    Flag(**said, question_id=when.id, withdrawn=True, created=100.0),
                ],
            ),
        },
    )
    forget_sources()


@pytest.mark.parametrize("section", SECTIONS)
def test_before_the_first_rating_each_section_says_what_is_missing_and_what_makes_it(section: str) -> None:
    page = opened(section)
    assert "Nobody has rated an answer yet. `redraft demo` makes an example to look at; `redraft run`" in shown(page)
    assert not page.dataframe
    assert not page.get("vega_lite_chart")


@pytest.mark.usefixtures("judged")
def test_the_overview_says_what_is_published_and_what_waits() -> None:
    page = opened()
    read = shown(page)
    assert "**Nothing is published yet.**" in read
    assert f"**Waits for a yes:** {made.B.id[:10]}" in read
    assert plain(WAITING.evidence) in [part.value for part in page.markdown]
    assert "No iteration has been scored yet" in read


def test_a_lead_says_yes_with_a_reason_and_the_log_keeps_both(judged: str) -> None:
    page = opened()
    fill(page, "decide_reason", "Support likes it.")
    page = press(page, "Yes, publish it")
    made_now = load_decisions(judged)[-1]
    assert (made_now.kind, made_now.variant_id, made_now.author) == ("promote", made.B.id, "Ann")
    assert made_now.evidence.endswith("Reason: Support likes it.")
    assert f"Recorded: promote {made.B.id}. Published is {made.B.id}." in shown(page)
    assert "Waits for a yes" not in shown(page)
    assert f"**Published:** {made.B.id[:10]}" in shown(page)


def test_a_no_needs_a_reason_and_is_kept_with_it(judged: str) -> None:
    page = press(opened(), "No, keep the current one")
    assert "Say why not, in the field Reason" in shown(page)
    assert load_decisions(judged) == (WAITING,)

    fill(page, "decide_reason", "It invents options.")
    page = press(page, "No, keep the current one")

    assert (load_decisions(judged)[-1].kind, load_decisions(judged)[-1].variant_id) == ("reject", made.B.id)
    assert "Reason: It invents options." in load_decisions(judged)[-1].evidence
    assert "Waits for a yes" not in shown(page)


def test_a_yes_to_what_somebody_else_refused_meanwhile_records_nothing(judged: str) -> None:
    page, config = opened(), load_config()
    ben = Person(author="Ben", now=time.time(), interval=0.9, settings=config.decide, reason="No.")
    reject(judged, ben)
    log = load_decisions(judged)

    page = press(page, "Yes, publish it")

    assert load_decisions(judged) == log
    assert "Meanwhile somebody else has decided" in shown(page)
    assert "Waits for a yes" not in shown(page)


@pytest.mark.usefixtures("judged")
def test_a_reviewer_who_is_no_lead_sees_what_waits_and_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISITOR_LEADS", "no")
    page = opened()
    assert "waits for your yes" in shown(page)
    assert "A lead decides" in shown(page)
    assert [button.label for button in page.button] == ["See what changed"]


def test_a_lead_goes_back_to_an_earlier_prompt_with_a_reason(judged: str) -> None:
    page = press(opened(), "Yes, publish it")
    page = press(page, "Go back to it")
    assert "Say why, in the field Reason" in shown(page)

    fill(page, "back_reason", "Support complained.")
    page = press(page, "Go back to it")

    made_now = load_decisions(judged)[-1]
    assert (made_now.kind, made_now.variant_id) == ("rollback", made.SEED.id)
    assert made_now.evidence.endswith("Reason: Support complained.")
    assert f"**Published:** {made.SEED.id[:10]} · first prompt" in shown(page)


def test_finished_iterations_have_a_plot_and_a_table_with_citations_cost_and_minutes(judged: str) -> None:
    finished_run(judged, 1, made.C, made.C_PROMPT)
    finished_run(judged, 2, made.B, made.B_PROMPT)
    past.forget_results()

    page = opened()

    assert len(page.get("vega_lite_chart")) == 1
    rows = page.dataframe[0].value.to_dict("records")
    assert [(row["iteration"], row["became"], row["minutes"]) for row in rows] == [
        (1, "not published", 7.0),
        (2, "waits for a yes", 7.0),
    ]
    assert [row["valid citations"] for row in rows] == [75.0, 75.0]
    assert rows[0]["rating"] < rows[1]["rating"]
    assert all(row["low"] < row["rating"] < row["high"] for row in rows)
    assert rows[1]["new in the prompt"] == "Please explain. ..."


def test_after_a_rollback_a_row_says_current_previous_or_was_published(judged: str) -> None:
    for number, (variant, prompt) in enumerate(((made.B, made.B_PROMPT), (made.C, made.C_PROMPT)), 1):
        finished_run(judged, number, variant, prompt)
        made.decide(judged, made.decision("promote", variant, 10.0 * number))
    past.forget_results()
    assert [row["became"] for row in opened().dataframe[0].value.to_dict("records")] == ["previous", "current"]

    made.decide(judged, made.decision("rollback", made.SEED, 30.0))
    forget_sources()
    page = opened()
    assert [row["became"] for row in page.dataframe[0].value.to_dict("records")] == ["was published", "previous"]
    assert f"{made.B.id[:10]} · iteration 1 · was published" in page.selectbox(key="back_to").options


@pytest.mark.usefixtures("judged")
def test_prompts_compares_what_waits_with_the_current_one_and_says_which_comment_asked_for_it() -> None:
    page = opened("Prompts")
    read = shown(page)
    assert (page.selectbox[0].value, page.selectbox[1].value) == (made.SEED.id, made.B.id)
    assert re.search(
        r"After is better than Before with probability above 0\.99: \+\d\.\d\d \[.*\] on 12 ratings\.", read
    )
    added = [part.value for part in page.markdown if "green-background" in part.value]
    assert [as_read(text) for text in added] == [":green-background[:green[**+**] Answer in two sentences.]"]
    assert "Answers 1 comment: too long" in read
    assert "Make it shorter." in read
    assert re.search(r"Effect: an estimated \+\d\.\d\d \[.*\] on \d questions?, \d+ ratings", read)


@pytest.mark.usefixtures("judged")
def test_prompts_marks_what_was_taken_out_and_says_when_nothing_changed() -> None:
    page = opened("Prompts")
    page.selectbox[0].set_value(made.B.id)
    page = page.selectbox[1].set_value(made.C.id).run()
    marked = [as_read(part.value) for part in page.markdown if "-background" in part.value]
    assert marked == [
        ":red-background[:red[**&minus;**] Please explain.]",
        ":green-background[:green[**+**] Cite the page.]",
    ]
    page = page.selectbox[0].set_value(made.C.id).run()
    assert "These are the same prompts: choose two." in shown(page)


@pytest.mark.usefixtures("judged")
def test_a_question_is_read_side_by_side_with_its_ratings_and_its_split() -> None:
    page = opened("Questions")
    assert len(page.get("vega_lite_chart")) == 1
    titles = page.selectbox(key="question").options
    assert sum(title.startswith("[val] ") for title in titles) == 2
    val = next(q for q in made.QUESTIONS if q.split == "val")
    page = page.selectbox(key="question").set_value(val.id).run()
    read = shown(page)
    assert read.count(f"Answer to {val.text}") == 2
    assert read.count("Ann") == 2
    assert "2 ratings" in read


@pytest.mark.parametrize(("text", "n"), [("So it is [1].", 1), ("So it is.\n\nSources: a.md", 0)])
def test_documents_are_listed_below_an_answer_that_does_not_list_them_itself(text: str, n: int) -> None:
    def draw(text: str) -> None:
        import dataclasses

        import judged_project

        from redraft.review_app.history.answer_text import show_text

        answer = judged_project.answers_of(judged_project.B)[0]
        show_text(dataclasses.replace(answer, text=text, sources=("a.md",)))

    assert len(AppTest.from_function(draw, args=(text,)).run().caption) == n


@pytest.mark.usefixtures("judged")
def test_people_are_shown_with_agreement_severity_and_minutes() -> None:
    page = opened("People")
    assert "from 18 answers that two or more people rated" in shown(page)
    rows = page.dataframe[0].value.set_index("reviewer")
    assert list(rows["ratings"]) == [18, 18]
    assert list(rows["minutes"]) == [9.0, 9.0]


def test_minutes_are_those_of_the_iterations_cost_a_changed_rating_counts_as_often_as_it_took_time(judged: str) -> None:
    first = made.ratings_of(made.B, 4)[0]
    again = dataclasses.replace(first, id="rt-again", supersedes=first.id, seconds=60.0, created=first.created + 50)
    made.with_records(judged, "review", {"ratings": (Rating, [again])})
    forget_sources()
    rows = opened("People").dataframe[0].value.set_index("reviewer")
    assert (rows["ratings"][first.reviewer], rows["minutes"][first.reviewer]) == (18, 10.0)


@pytest.mark.parametrize(
    ("alpha", "shared", "said"),
    [
        (None, 0, "No answer has been rated by two people yet"),
        (None, 3, "Of the 3 answers that two people rated all got one same score"),
        (0.7, 30, "They agree well enough for careful conclusions."),
        (0.3, 30, "They agree in part"),
        (-0.4, 30, "They agree hardly more than by chance"),
        (0.9, 4, "These are few, so that this figure may change a lot."),
    ],
)
def test_agreement_is_said_in_words_that_fit_it(alpha: float | None, shared: int, said: str) -> None:
    assert said in alpha_words(alpha, shared)


@pytest.mark.usefixtures("judged")
def test_the_map_is_drawn_by_the_embedding_model_and_says_what_it_shows() -> None:
    page = opened("Map")
    assert len(page.get("vega_lite_chart")) == 1
    assert re.search(r"The plane shows \d+ % of how the prompts differ", shown(page))


@pytest.mark.usefixtures("judged")
def test_without_an_embedding_model_the_map_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", NOBODY)
    page = opened("Map")
    assert "The map needs the embedding model, which cannot be used now" in shown(page)
    assert "`redraft doctor` checks it" in shown(page)
    assert not page.get("vega_lite_chart")


def test_a_rating_in_the_address_is_traced_to_its_answer_docs_index_and_tasks(project: str) -> None:
    run = finished_run(project, 1, made.B, made.B_PROMPT)
    store(project, runs={made.B.id: run})
    forget_sources()
    rating = made.ratings_of(made.B, 4)[0]

    read = shown(opened("Ratings", rating=rating.id)).splitlines()

    at = read.index("**Where it comes from**")
    assert read[at + 1 : at + 7] == [
        f"rating: {rating.id}, task review task-of-review",
        f"answer: {rating.answer_id}, task answer_questions task-of-answer_questions",
        f"variant (iteration 1 · waits for a yes): {made.B.id}",
        "docs version: dataset-1",
        "index: i-1, task build_index task-of-build_index",
        f"run: {run}",
    ]


@pytest.mark.usefixtures("judged")
def test_ratings_are_filtered() -> None:
    page = opened("Ratings")
    assert len(page.dataframe[0].value) == 36
    page.multiselect(key="filter_people").set_value(["Ann"])
    page = page.multiselect(key="filter_variants").set_value([made.B.id]).run()
    rows = page.dataframe[0].value
    assert (set(rows["reviewer"]), set(rows["variant_id"]), len(rows)) == ({"Ann"}, {made.B.id}, 6)
    fill(page, "filter_words", "no such words")
    assert "No rating is like that: take a filter away." in shown(page.run())
    fill(page, "filter_words", rows["rating_id"].iloc[0])
    assert f"rating: {rows['rating_id'].iloc[0]}" in shown(page.run())


def test_overall_scores_are_read_with_the_ratings_and_beside_the_two_prompts(judged: str) -> None:
    say_as_a_whole(judged)
    page = opened("Ratings")
    assert "2 overall scores of 2, given after the last answer." in shown(page)
    rows = page.dataframe[1].value.to_dict("records")
    assert [(row["reviewer"], row["letter"], row["score"], row["variant_id"]) for row in rows] == [
        ("Ben", "A", 1, made.SEED.id),
        ("Ann", "B", 5, made.B.id),
    ]
    assert rows[1]["comment"] == f"Short, good. {NASTY}"
    page = page.multiselect(key="filter_people").set_value(["Ann"]).run()
    assert set(page.dataframe[1].value["reviewer"]) == {"Ann"}

    page = opened("Prompts")
    read = shown(page)
    assert "What reviewers said of each as a whole" in read
    assert read.index("Before: 1 overall score") < read.index("After: 1 overall score")
    assert "**1** Ben" in read
    assert as_read(plain(f"Short, good. {NASTY}")) in read


def test_who_finds_a_question_bad_is_read_beside_its_answers_unless_it_was_taken_back(judged: str) -> None:
    say_as_a_whole(judged)
    page = opened("Questions")
    page = page.selectbox(key="question").set_value(made.QUESTIONS[1].id).run()
    (warning,) = page.warning
    assert as_read(warning.value) == (
        "The question itself is bad, in the eyes of 1 reviewer.  \n" + as_read(plain(f"Ann: Why what? {NASTY}"))
    )
    page = page.selectbox(key="question").set_value(made.QUESTIONS[2].id).run()
    assert not page.warning


def test_export_offers_three_formats_of_everything_that_was_said(judged: str) -> None:
    page = opened("Export")
    labels = [as_read(button.proto.label) for button in page.get("download_button")]
    assert labels == ["CSV", "JSONL", "Parquet"] * 2
    assert "Feedback: none yet." in shown(page)
    assert "**Ratings**: 36 ratings" in shown(page)

    say_as_a_whole(judged)
    page = opened("Export")
    assert len(page.get("download_button")) == 3 * 4
    assert "**Overall scores**: 2 overall scores" in shown(page)
    assert "**Bad questions**: 2 question flags" in shown(page)


@pytest.mark.browser
def test_a_lead_looks_at_what_waits_decides_and_exports_and_nothing_in_any_text_runs(
    judged: str, page: Page, streamlit_app: StartApp
) -> None:
    finished_run(judged, 1, made.B, made.B_PROMPT)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.set_default_timeout(PATIENCE_MS)

    page.goto(streamlit_app(PAGE))
    page.get_by_role("button", name="See what changed").click()
    expect(page.get_by_role("tab", name="Prompts")).to_have_attribute("aria-selected", "true", timeout=PATIENCE_MS)
    said = page.get_by_text("Answer in two sentences.").filter(visible=True)  # the prompt in whole may be there, folded
    expect(said).to_be_visible(timeout=PATIENCE_MS)
    drawn = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    expect(drawn).to_be_visible(timeout=PATIENCE_MS)  # a click before that may be answered with the tab of before

    page.get_by_role("tab", name="Questions").click()
    expect(page.get_by_text("Answers to", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    page.locator("canvas, svg.marks").first.hover()
    page.get_by_role("tab", name="Ratings").click()
    expect(page.get_by_text("36 ratings of 36.")).to_be_visible(timeout=PATIENCE_MS)

    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert len(rows) == 36
    assert {row["docs_version"] for row in rows} == {"dataset-1"}
    assert any(NASTY in row["comment"] for row in rows)

    page.get_by_role("tab", name="Overview").click()
    page.get_by_label("Reason").last.fill("Better.")
    page.get_by_role("button", name="Yes, publish it").click()
    expect(page.get_by_text(f"Recorded: promote {made.B.id}.")).to_be_visible(timeout=PATIENCE_MS)
    assert load_decisions(judged)[-1].evidence.endswith("Reason: Better.")

    assert not [address for address in asked if "evil.example" in address]
    assert page.locator("[onerror], a[href^='javascript:'], img[src^='http://evil']").count() == 0


@pytest.mark.browser
def test_no_section_is_wider_than_a_phone(judged: str, page: Page, streamlit_app: StartApp) -> None:
    say_as_a_whole(judged)
    page.set_viewport_size(PHONE)
    url = streamlit_app(PAGE)
    for section in SECTIONS:
        page.goto(f"{url}?section={section}")
        expect(page.get_by_role("tab", name=section)).to_have_attribute("aria-selected", "true", timeout=PATIENCE_MS)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE_MS)
        wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= PHONE["width"], section
