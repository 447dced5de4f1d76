"""What a program can see of an answer: flags beside the human rating, never instead of it."""

from __future__ import annotations

from collections.abc import Sequence

from redraft.answering.absent_words import absent_words
from redraft.answering.citations import find_citations
from redraft.answering.invention import Evidence, unsupported
from redraft.answering.language import count_words
from redraft.answering.quotes import quotes_found
from redraft.answering.refusals import is_refusal, refusal_right
from redraft.records import Checks, Chunk, Question


def check_answer(
    text: str,
    question: Question,
    chunks: Sequence[Chunk],
    extracts_dropped: int = 0,
    computed: Sequence[str] = (),
) -> tuple[Checks, tuple[str, ...]]:
    """Check one answer.

    Args:
        text: The answer.
        question: What was asked; words of the question are no invention.
        chunks: The retrieved passages, best first: passage [1] is the first.
        extracts_dropped: How many extracts did not occur in their passage.
        computed: Results of the calculator; a number that is one of them, rounded or not, is no invention.

    Returns:
        The flags, and the paths of the retrieved documents that the answer cites.
    """
    citations = find_citations(text, chunks)
    passages = "\n".join(f"{chunk.heading_path}\n{chunk.text}" for chunk in chunks)
    evidence = Evidence([passages, *(chunk.document_path for chunk in chunks), question.text], computed=computed)
    refused = is_refusal(citations.body)
    cites = bool(citations.sources or citations.unknown)
    checks = Checks(
        sources_cited=None if refused and not cites else cites,  # who says nothing needs no source
        citations_valid=citations.valid_share,
        quotes_found=quotes_found(citations.body, passages, question.text),
        unsupported=unsupported(citations.body, evidence),
        absent_words=absent_words(question.text, passages),
        extracts_dropped=extracts_dropped,
        refused=refused,
        refusal_right=refusal_right(refused, question.answerable),
        words=count_words(text),
    )
    return checks, citations.sources
