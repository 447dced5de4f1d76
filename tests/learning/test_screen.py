from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from fake_chat import FakeChat
from made_records import SEED, answer, question, questions, rating, variant

from redraft.learning.history import History, make_history
from redraft.learning.judge import Judge
from redraft.learning.protocols import ScreenCase, Screened, Trial
from redraft.learning.screen import NOTHING_ACCEPTED, JudgedScreen, choose_diverse, judge_scores
from redraft.llm import ChatReply, ChatRequest
from redraft.records import Candidate, Judgement, PromptEdit, Question, Theme, make_prompt

THEMES = [
    Theme(id="t-cite", text="Cite.", comment_ids=("a", "b", "c")),
    Theme(id="t-short", text="Short.", comment_ids=("d", "e")),
    Theme(id="t-steps", text="Steps.", comment_ids=("f",)),
    Theme(id="t-praise", text="Kind.", comment_ids=("g",) * 9, praise=True),
]


def candidate(text: str, *themes: str, accepted: bool = True) -> Candidate:
    edits = tuple(PromptEdit(theme_id=theme, sentence=text) for theme in themes)
    return Candidate(prompt=make_prompt("answer", text, edits=edits), accepted=accepted)


def case(candidates: Sequence[Candidate], **fields: Any) -> ScreenCase:
    given = {"trials": (), "history": History(), "questions": (), "chosen": 1, "seed": 1, **fields}
    return ScreenCase(candidates=tuple(candidates), themes=tuple(THEMES), **given)


def chosen(candidates: Sequence[Candidate], n: int, history: History = History(), seed: int = 1) -> list[str]:  # noqa: B008
    found = choose_diverse(case(candidates, chosen=n, history=history, seed=seed))
    return [each.prompt.text for each in found.chosen]


def test_the_candidate_that_answers_most_comments_is_chosen_then_what_adds_most() -> None:
    both = candidate("cites, is short", "t-cite", "t-short")
    steps, cites = candidate("gives steps", "t-steps"), candidate("cites only", "t-cite")

    assert chosen([cites, steps, both], 2) == ["cites, is short", "gives steps"]


def test_praise_and_unknown_themes_weigh_nothing() -> None:
    assert chosen([candidate("kind", "t-praise", "t-x"), candidate("steps", "t-steps")], 1) == ["steps"]


def test_of_equals_the_one_least_like_an_earlier_prompt_is_chosen() -> None:
    near, far = candidate("Please explain it."), candidate("Quote what the passages say.")

    assert chosen([near, far], 1, make_history([SEED])) == ["Quote what the passages say."]


def test_rejected_candidates_are_never_chosen() -> None:
    assert chosen([candidate("cites", "t-cite", accepted=False)], 1) == []


def test_the_same_seed_chooses_the_same_whatever_the_order() -> None:
    equals = [candidate(text) for text in ("aaa", "bbb", "ccc")]

    assert chosen(equals, 1) == chosen(equals[::-1], 1)
    assert len({chosen(equals, 1, seed=seed)[0] for seed in range(20)}) == 3


def test_the_reason_is_added_to_the_chosen_among_all_candidates() -> None:
    other = candidate("steps", "t-steps")
    found = choose_diverse(case([candidate("cites", "t-cite"), other]))

    assert found.chosen[0].reasons == (
        "chosen: answers themes of 3 comments that no chosen one answers; at most 0 % like an earlier prompt",
    )
    assert found.candidates == (found.chosen[0], other)
    assert found.sentence == "No judge was asked: chosen for diversity."


def test_when_nothing_was_accepted_the_current_prompt_is_kept() -> None:
    refused = candidate("cites", accepted=False)

    assert choose_diverse(case([refused])) == Screened(chosen=(), candidates=(refused,), sentence=NOTHING_ACCEPTED)
    assert judged_screen(FakeChat())(judged_case([refused], rated())).sentence == NOTHING_ACCEPTED


ASKED = questions(20)
TRAP, HOW = question("no such thing?", answerable=False), question("how does it work?")
MARK = "quality="  # what the judges of these tests go by


class MarkReader:
    """A judge model that reads the mark in the answer, through a distortion; `None` says nonsense."""

    def __init__(self, distort: Mapping[int, int | None]) -> None:
        self.distort = distort
        self.batches: list[list[str]] = []

    def ask_many(self, requests: Sequence[ChatRequest], *, progress: str | None = None) -> list[ChatReply]:
        """Rate each answer by its mark."""
        del progress
        self.batches.append([request.user.partition("<answer>")[2] for request in requests])
        scores = [self.distort[int(said.partition(MARK)[2][0])] for said in self.batches[-1]]
        return [ChatReply(text="", parsed={"score": score, "reason": "The mark."}) for score in scores]


HONEST = {n: n for n in range(1, 6)}
REVERSED = {n: 6 - n for n in range(1, 6)}
SAME = dict.fromkeys(range(1, 6), 3)


def judged_screen(chat: Any, judge_answers: int = 24) -> JudgedScreen:
    return JudgedScreen(judge=Judge(chat=chat, model="m", rubric={1: "Bad.", 5: "Good."}), judge_answers=judge_answers)


def rated(n: int = 20) -> History:
    """Answers to dev questions that say how good they are, and people who agree."""
    records: list[Any] = [*ASKED, TRAP, HOW, variant()]
    for number, asked in enumerate(ASKED[:n]):
        score = 1 + number % 5
        given = answer(variant(), asked, text=f"{MARK}{score}")
        records += [given, rating(given, score, created=float(number))]
    return make_history(records)


def trial(of: Candidate, *qualities: int, asked: Sequence[Question] = (TRAP, HOW)) -> Trial:
    answers = [
        answer(of.prompt.id, q, text=f"{of.prompt.text} {MARK}{quality}")
        for q, quality in zip(asked, qualities, strict=False)
    ]
    return Trial(prompt_id=of.prompt.id, answers=tuple(answers))


DIVERSE, GOOD = candidate("cites, is short", "t-cite", "t-short"), candidate("plain")


def judged_case(candidates: Sequence[Candidate], history: History, *trials: Trial, **fields: Any) -> ScreenCase:
    given = trials or (trial(DIVERSE, 2, 2), trial(GOOD, 5, 4))
    return case(candidates, trials=given, history=history, questions=(*ASKED, TRAP, HOW), **fields)


def test_a_proven_judge_chooses_and_says_so() -> None:
    found = judged_screen(MarkReader(HONEST))(judged_case([DIVERSE, GOOD], rated()))

    assert [c.prompt for c in found.chosen] == [GOOD.prompt]
    assert found.chosen[0].reasons == ("chosen: the judge rates its answers 4.5, best of 2",)
    assert [c.judge_score for c in found.candidates] == [2.0, 4.5]
    assert found.agreement is not None
    assert (found.agreement.n, found.agreement.spearman) == (14, 1.0)
    assert found.sentence == "The judge agrees with people: rank correlation 1.00 [0.99, 1.00] on 14 answers; it chose."


def test_a_judge_that_disagrees_with_people_chooses_nothing_and_its_scores_are_shown() -> None:
    found = judged_screen(MarkReader(REVERSED))(judged_case([DIVERSE, GOOD], rated()))

    assert [c.prompt for c in found.chosen] == [DIVERSE.prompt]
    assert [c.judge_score for c in found.candidates] == [4.0, 1.5]
    assert found.sentence == (
        "The judge is not proven (rank correlation with people -1.00 [-1.00, -0.99] on 14 answers): "
        "chosen for diversity."
    )


def test_a_judge_that_rates_all_alike_is_not_proven() -> None:
    found = judged_screen(MarkReader(SAME))(judged_case([DIVERSE, GOOD], rated()))

    assert [c.prompt for c in found.chosen] == [DIVERSE.prompt]
    assert found.sentence == (
        "The judge is not proven (one side rated all alike: 14 answers that people rated too): chosen for diversity."
    )


def test_of_candidates_that_the_judge_likes_equally_the_more_diverse_one_is_chosen() -> None:
    equal = (trial(DIVERSE, 4, 5), trial(GOOD, 5, 4))
    found = judged_screen(MarkReader(HONEST))(judged_case([GOOD, DIVERSE], rated(), *equal))

    assert [c.prompt for c in found.chosen] == [DIVERSE.prompt]


def test_the_second_candidate_is_chosen_for_diversity() -> None:
    twin = candidate("plainly")
    trials = (trial(DIVERSE, 2, 2), trial(GOOD, 5, 5), trial(twin, 5, 4))
    found = judged_screen(MarkReader(HONEST))(judged_case([DIVERSE, GOOD, twin], rated(), *trials, chosen=2))

    assert [c.prompt for c in found.chosen] == [GOOD.prompt, DIVERSE.prompt]
    assert found.chosen[1].reasons[0].startswith("chosen: answers themes of 5 comments")
    assert found.sentence.endswith("; it chose; the others were chosen for diversity.")


def test_the_judge_is_checked_on_recent_answers_that_were_no_examples_to_it_and_asked_once_for_all() -> None:
    chat = MarkReader(HONEST)
    found = judged_screen(chat, judge_answers=8)(judged_case([DIVERSE, GOOD], rated()))

    assert [len(batch) for batch in chat.batches] == [2 * (8 + 4)]
    assert found.agreement is not None
    assert found.agreement.n == 8
    assert len({judgement.answer_id for judgement in found.judgements}) == 12


def test_answers_that_this_judge_rated_before_are_not_asked_about_again_and_count() -> None:
    chat, screen = MarkReader(HONEST), judged_screen(MarkReader(HONEST), judge_answers=8)
    before = screen(judged_case([DIVERSE, GOOD], rated()))
    after = dataclasses.replace(screen, judge=dataclasses.replace(screen.judge, chat=chat))(
        judged_case([DIVERSE, GOOD], rated().add(before.judgements))
    )
    other = Judge(chat=chat, model="another", rubric={1: "Bad.", 5: "Good."})
    anew = dataclasses.replace(screen, judge=other)(judged_case([DIVERSE, GOOD], rated().add(before.judgements)))

    assert [len(batch) for batch in chat.batches] == [2 * (6 + 4), 2 * (8 + 4)]
    assert after.agreement is not None
    assert anew.agreement is not None
    assert (after.agreement.n, anew.agreement.n) == (14, 8)


def test_judgements_change_no_rating() -> None:
    history = rated()
    found = judged_screen(MarkReader(REVERSED))(judged_case([DIVERSE, GOOD], history))

    assert history.add(found.judgements).ratings == history.ratings


def test_ratings_of_val_answers_prove_no_judge() -> None:
    hidden = [dataclasses.replace(asked, split="val") for asked in ASKED]
    chat = MarkReader(HONEST)
    found = judged_screen(chat)(judged_case([DIVERSE, GOOD], rated().add(hidden)))

    assert chat.batches == []
    assert found.sentence == (
        "No judge was asked (people have rated 0 dev answers; it takes 14 to show and to check it): "
        "chosen for diversity."
    )


def test_no_judge_is_asked_where_it_could_change_nothing() -> None:
    chat = MarkReader(HONEST)
    screen, no_trials = judged_screen(chat), case([DIVERSE, GOOD], history=rated(), questions=ASKED)
    found = [
        judged_screen(chat, judge_answers=0)(judged_case([DIVERSE, GOOD], rated())),
        screen(no_trials),
        screen(judged_case([DIVERSE, GOOD], rated(13))),
    ]

    assert chat.batches == []
    assert all([c.prompt for c in each.chosen] == [DIVERSE.prompt] and each.agreement is None for each in found)
    assert [each.sentence.partition(")")[0] for each in found] == [
        "No judge was asked (write.judge_answers is 0",
        "No judge was asked (no candidate has smoke answers; see write.smoke_questions",
        "No judge was asked (people have rated 13 dev answers; it takes 14 to show and to check it",
    ]


def test_a_judge_model_that_fails_leaves_the_choice_to_diversity() -> None:
    found = judged_screen(FakeChat())(judged_case([DIVERSE, GOOD], rated()))

    assert [c.prompt for c in found.chosen] == [DIVERSE.prompt]
    assert found.judgements == ()
    assert [c.judge_score for c in found.candidates] == [None, None]
    assert found.sentence.startswith("The judge is not proven (it rated too few: 0 answers")


def test_a_proven_judge_that_says_nonsense_of_the_candidates_does_not_choose() -> None:
    distort: dict[int, int | None] = {**HONEST, 6: None}
    trials = (trial(DIVERSE, 6, 6), trial(GOOD, 6, 6))
    found = judged_screen(MarkReader(distort))(judged_case([DIVERSE, GOOD], rated(), *trials))

    assert [c.prompt for c in found.chosen] == [DIVERSE.prompt]
    assert found.sentence.endswith("; it rated no candidate: chosen for diversity.")


def test_rejected_candidates_and_failed_answers_are_not_judged() -> None:
    refused = dataclasses.replace(GOOD, accepted=False)
    failed = Trial(prompt_id=DIVERSE.prompt.id, answers=(answer("v", HOW, error="timeout"), *trial(DIVERSE, 3).answers))
    chat = MarkReader(HONEST)
    found = judged_screen(chat)(judged_case([DIVERSE, refused], rated(), failed, trial(GOOD, 5, 5)))

    assert len(chat.batches[0]) == 2 * (14 + 1)
    assert [c.judge_score for c in found.candidates] == [3.0, None]


def test_a_smoke_answer_to_a_question_that_was_val_once_is_not_judged() -> None:
    chat, history = MarkReader(HONEST), rated().add([dataclasses.replace(HOW, split="val")])
    found = judged_screen(chat)(judged_case([DIVERSE, GOOD], history))

    assert len(chat.batches[0]) == 2 * (14 + 2)
    assert [c.judge_score for c in found.candidates] == [2.0, 5.0]


def test_candidates_are_compared_on_the_questions_that_both_were_judged_on() -> None:
    one, other = trial(DIVERSE, 1, 3), trial(GOOD, 5, 2)
    judgements = [
        Judgement(id=f"j-{a.id}", answer_id=a.id, judge="j", score=float((a.text or "")[-1]))
        for a in (*one.answers, other.answers[1])
    ]

    assert judge_scores([one, other], judgements) == {DIVERSE.prompt.id: 3.0, GOOD.prompt.id: 2.0}
    assert judge_scores([one, other], judgements[:2]) == {DIVERSE.prompt.id: 2.0}
    assert judge_scores([one, other], [judgements[0], judgements[2]]) == {}
    assert judge_scores([], []) == {}


def test_the_same_case_twice_is_screened_alike() -> None:
    one, same = (judged_screen(MarkReader(HONEST))(judged_case([DIVERSE, GOOD], rated())) for _ in range(2))

    assert one == same
