"""The batch of `answering.py`: made-up questions and passages, the two prompts, and the request of the second stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redraft.answering.extract import kept_passages
from redraft.answering.messages import shown, system_message, user_message
from redraft.llm import ChatRequest
from redraft.records import Chunk, Question, content_id, make_prompt

QUESTIONS, LATENCY_S, IN_FLIGHT = 100, 0.5, (8, 32, 256)
PASSAGES, SENTENCES = 6, 8

ANSWER = make_prompt("answer", "Answer in one sentence and cite the source.")
EXTRACT = make_prompt("extract", "Copy out, word for word, what helps to answer.")


def questions_and_chunks() -> tuple[list[Question], dict[str, list[Chunk]]]:
    """Make questions, each with six passages of about 500 characters."""
    questions, chunks = [], {}
    for number in range(QUESTIONS):
        text = f"How is valve {number} opened?"
        question = Question(id=content_id("q", text), text=text)
        questions.append(question)
        chunks[question.id] = [
            Chunk(
                id=content_id("c", number, page),
                document_path=f"plant/page{page}.md",
                heading_path=f"Plant > Page {page}",
                text=" ".join(
                    f"Valve {number + row * page} is opened by turning wheel {row} of panel {page} to the left."
                    for row in range(SENTENCES)
                ),
                ordinal=0,
            )
            for page in range(PASSAGES)
        ]
    return questions, chunks


def answer_call(question: Question, chunks: Sequence[Chunk], extracts: Any = None) -> ChatRequest:
    """Build the request of the second stage."""
    passages = shown(chunks) if extracts is None else kept_passages(chunks, extracts)
    return ChatRequest(
        kind="answer", system=system_message(ANSWER.text), user=user_message(passages, question.text), temperature=0.0
    )
