from __future__ import annotations

import dataclasses

from made_records import answer, question, rating, variant

from redraft.learning.history import History, make_history
from redraft.learning.staleness import stale_answers
from redraft.records import Chunk, Extract, content_id

SEED = variant()
INSTALL = "Install it with `pip install quill`. Python 3.9 is needed."
SYNC = "Notes are synchronised every 15 minutes."


def chunk(text: str, path: str = "a.md") -> Chunk:
    return Chunk(id=content_id("c", path, path, text), document_path=path, heading_path=path, text=text, ordinal=0)


def quoting(*extracts: Extract, rated: bool = True) -> History:
    given = answer(SEED, question("how?"), extracts=extracts)
    return make_history([SEED, given, *([rating(given, 4)] if rated else [])])


def extract(text: str, of: Chunk) -> Extract:
    return Extract(chunk_id=of.id, text=text)


ANSWER = answer(SEED, question("how?")).id


def test_an_answer_whose_passage_is_still_there_is_not_stale() -> None:
    assert stale_answers(quoting(extract("Python 3.9 is needed.", chunk(INSTALL))), [chunk(INSTALL)]) == frozenset()


def test_a_passage_that_is_there_unchanged_is_not_searched_for_the_quoted_words() -> None:
    assert stale_answers(quoting(extract("Python >= 3.9", chunk(INSTALL))), [chunk(INSTALL)]) == frozenset()


def test_an_answer_whose_quoted_words_are_gone_is_stale() -> None:
    history = quoting(extract("Python 3.9 is needed.", chunk(INSTALL)))

    assert stale_answers(history, [chunk(INSTALL.replace("3.9", "3.11"))]) == {ANSWER}
    assert stale_answers(history, []) == {ANSWER}


def test_words_that_moved_to_another_chunk_are_still_there() -> None:
    history = quoting(extract("Python 3.9 is needed.", chunk(INSTALL)))

    moved = chunk("Requirements.\n\nPython  3.9 is\nneeded. And a shell.", path="b.md")

    assert stale_answers(history, [moved]) == frozenset()


def test_a_change_beside_the_quoted_words_makes_nothing_stale() -> None:
    history = quoting(extract("Python 3.9 is needed.", chunk(INSTALL)))

    assert stale_answers(history, [chunk(f"{INSTALL} Run `quill init` once.")]) == frozenset()


def test_words_that_only_two_chunks_together_hold_are_gone() -> None:
    history = quoting(extract("Python 3.9 is needed.", chunk(INSTALL)))

    assert stale_answers(history, [chunk("Python 3.9"), chunk("is needed.", path="b.md")]) == {ANSWER}


def test_one_quoted_passage_of_several_that_changed_is_enough() -> None:
    history = quoting(extract("Python 3.9 is needed.", chunk(INSTALL)), extract(SYNC, chunk(SYNC, "b.md")))

    assert stale_answers(history, [chunk(INSTALL), chunk("Notes are never synchronised.", "b.md")]) == {ANSWER}
    assert stale_answers(history, [chunk(INSTALL), chunk(SYNC, "b.md")]) == frozenset()


def test_an_answer_that_quotes_nothing_is_never_stale() -> None:
    assert stale_answers(quoting(), []) == frozenset()


def test_only_rated_answers_are_looked_at() -> None:
    assert stale_answers(quoting(extract(SYNC, chunk(SYNC)), rated=False), []) == frozenset()


def test_docs_that_change_back_make_it_fresh_again() -> None:
    history = quoting(extract(SYNC, chunk(SYNC)))

    assert stale_answers(history, [chunk(SYNC.replace("15", "5"))]) == {ANSWER}
    assert stale_answers(history, [chunk(SYNC)]) == frozenset()


def test_each_answer_is_judged_by_its_own_passages() -> None:
    one, other = (
        answer(SEED, question(asked), extracts=(extract(text, chunk(text)),))
        for asked, text in (("how?", INSTALL), ("when?", SYNC))
    )
    history = make_history([SEED, one, other, rating(one, 4), rating(other, 4)])

    assert stale_answers(history, [chunk(INSTALL)]) == {other.id}
    assert stale_answers(history, [dataclasses.replace(chunk(SYNC), ordinal=7)]) == {one.id}
