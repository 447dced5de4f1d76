"""After the last answer: an overall score and comment per letter; then the prompts behind the letters."""

from __future__ import annotations

import statistics

import streamlit as st

from redraft.errors import InputError, RecordError, ReviewClosed
from redraft.learning.history import History
from redraft.learning.labels import standing
from redraft.learning.prompt_diff import DiffLine, prompt_diff
from redraft.learning.words import counted
from redraft.review_app.loading import history_of
from redraft.review_app.review.course import only_again
from redraft.review_app.review.giving import whereabouts
from redraft.review_app.review.leading import show_lead
from redraft.review_app.review.moving import before, go_back
from redraft.review_app.review.saving import show_saving
from redraft.review_app.review.service import service_of
from redraft.review_app.review.telling import show_told
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.seat import Seat

MORE = 4


def show_whole(visit: Visit, seat: Seat) -> None:
    """Draw what comes after a person's last answer."""
    look, task_id = seat.look(), seat.review.task_id
    back = before(task_id, whereabouts(visit, seat), None)
    finished = any(p.reviewer == visit.reviewer and p.finished for p in look.presences)
    show_saving(visit, seat)
    if finished:
        _show_reveal(visit, seat)
    else:
        _show_form(visit, seat)
    if back is not None:
        st.button(
            "Look at my ratings again",
            icon=":material/arrow_back:",
            shortcut="B",
            on_click=go_back,
            args=(task_id, back),
        )


def _show_form(visit: Visit, seat: Seat) -> None:
    look, contents = seat.look(), seat.watch.contents
    mine = look.last_ratings(visit.reviewer)
    letter_of = {item.answer_id: item.letter for item in contents.plan}
    scores: dict[str, list[int]] = {}
    for (_, answer_id), rating in mine.items():
        scores.setdefault(letter_of.get(answer_id, ""), []).append(rating.score)
    letters = [letter for letter in sorted(contents.letters) if letter in scores]
    _offer_more(visit, seat)
    if not letters:
        st.info("Everything in this review is with other people. Come back later: who leaves hands on what is theirs.")
        return
    st.subheader("A word on each letter as a whole", anchor=False)
    again = [letter for letter in only_again(contents.plan) if letter in scores]
    st.markdown(
        f"You have rated {counted(len(mine), 'answer')}. Each letter is one prompt. What was it like over all? Then "
        "you are shown what was behind the letters. People read these comments, in History; the prompt writer is not "
        "shown them, because they are about questions that are hidden from it too."
        + (f" Of earlier prompts that you rated again ({', '.join(again)}) no word is needed." if again else "")
    )
    given = {overall.letter: overall for overall in look.overalls if overall.reviewer == visit.reviewer}
    with st.form(f"whole-{seat.review.task_id}"):
        said: dict[str, tuple[int | None, str]] = {}
        for letter in letters:
            before = given.get(letter)
            st.markdown(
                f"**{letter}**: your {counted(len(scores[letter]), 'rating')}, {_mean(scores[letter])} on average"
            )
            score = st.segmented_control(
                f"Overall score of {letter}", [1, 2, 3, 4, 5], default=before.score if before else None,
                key=f"overall-{letter}",
            )  # fmt: skip
            comment = st.text_input(
                f"What should {letter} do differently?", value=(before.comment if before else "") or "",
                key=f"overall-comment-{letter}",
            )  # fmt: skip
            said[letter] = (score, comment)
        done = st.form_submit_button("Finish", type="primary", shortcut="Ctrl+Enter")
    if not done:
        return
    if missing := [letter for letter, (score, _) in said.items() if score is None]:
        st.error(f"Give {' and '.join(missing)} an overall score from 1 to 5.")
        return
    try:
        for letter, (score, comment) in said.items():
            seat.rate_whole(letter, int(score or 0), comment)
        seat.finish()
    except InputError as error:
        st.error(plain(str(error)))
        return
    service = service_of(visit)
    service.sender.run(service.care)
    st.rerun()


def _offer_more(visit: Visit, seat: Seat) -> None:
    """Second readings, chosen where they tell most, for who has time left."""
    if st.button(f"I have time for {MORE} more answers", icon=":material/add:", key=f"more-{seat.review.task_id}"):
        if service_of(visit).extend(seat, MORE):
            st.rerun()
        else:
            st.info("You have seen every answer of this review.")


def _show_reveal(visit: Visit, seat: Seat) -> None:
    contents = seat.watch.contents
    history = history_of(visit.project)
    current = standing(history.decisions).current
    st.subheader("Thank you. This is what was behind the letters.", anchor=False)
    _show_rest(visit, seat)
    role = {item.letter: item.role for item in contents.plan if item.role in ("new", "current")}
    letters = sorted(contents.letters, key=lambda letter: role.get(letter) != "current")
    for letter in letters:
        variant_id = contents.letters[letter]
        what = "the current prompt" if role.get(letter) == "current" or variant_id == current else "a new prompt"
        st.markdown(f"**{letter}** was {what}.")
        _show_prompt(history, variant_id, letter)
    if again := only_again(contents.plan):
        what = "was an earlier prompt" if len(again) == 1 else "were earlier prompts"
        st.markdown(f"**{' and '.join(again)}** {what}, rated again so that scores stay comparable.")
    base = contents.letters[letters[0]]
    for letter in letters[1:]:
        _show_diff(visit, base, contents.letters[letter], f"From {letters[0]} to {letter}")


def _show_rest(visit: Visit, seat: Seat) -> None:
    """Say what the review still waits for."""
    show_told()
    try:
        overview = service_of(visit).overview(seat.review.task_id)
    except ReviewClosed:  # the line that says what is saved says so
        return
    if not overview.missing:
        st.markdown(
            "The review closes by itself once everybody has finished. You may change your ratings until then; what you "
            "change now is marked, as you know the prompts."
        )
        return
    st.markdown(
        f"{counted(overview.missing, 'planned rating')} still to come from other people, some of answers "
        "that you rated, to see how far people agree. You may change your ratings until the review closes; what you "
        "change now is marked, as you know the prompts."
    )
    if visit.lead:
        show_lead(visit, overview)


def _show_prompt(history: History, variant_id: str, letter: str) -> None:
    variant = history.variants.get(variant_id)
    prompt = history.prompts.get(variant.answer_prompt_id) if variant else None
    if prompt is not None:
        with st.expander(f"The instructions of {letter}"):
            st.text(prompt.text)


def _show_diff(visit: Visit, before: str, after: str, title: str) -> None:
    history = history_of(visit.project)
    try:
        lines = prompt_diff(history, history.variant(before), history.variant(after))
    except RecordError as error:
        st.info(plain(str(error)))
        return
    st.markdown(f"**{title}**")
    for line in lines:
        st.markdown(_words(line))


def _words(line: DiffLine) -> str:
    if line.mark == "+":
        why = f"  \n:gray[answers: {plain(line.theme)} ({counted(line.n_comments, 'comment')})]" if line.theme else ""
        return f":green-background[+ {plain(line.sentence)}]{why}"
    if line.mark == "-":
        return f":red-background[- {plain(line.sentence)}]"
    return f"&nbsp;&nbsp;{plain(line.sentence)}"


def _mean(scores: list[int]) -> str:
    return f"{statistics.mean(scores):.1f}"
