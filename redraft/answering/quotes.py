"""Whether what an answer quotes is really there."""

from __future__ import annotations

import re

from redraft.answering.language import CJK, code_without_marks, count_words, is_chinese, plain

_QUOTES = re.compile(
    r"\"([^\"\n]{8,2000})\"|“([^“”]{4,2000})”|「([^「」]{4,2000})」|『([^『』]{4,2000})』|«([^«»]{8,2000})»"
)
_BLOCK_QUOTE = re.compile(r"(?m)^[ \t]*>[ \t]?(.*(?:\n[ \t]*>.*)*)")
_ELLIPSIS = re.compile(r"\s?(?:\.{3,9}|…{1,9}|\[\s?(?:\.{3}|…)\s?\])\s?")
_MARKUP = re.compile(r"[*_`]+|\[([^\[\]\n]{0,200})\]\([^()\s]{1,500}\)")
_LEAST_RATIO = 92.0  # of rapidfuzz: room for a changed comma, not for a changed word
_LEAST_WORDS = 4  # shorter quoted text is a label or a term
_LEAST_SIGNS = 6  # the same, in Chinese
_NEGATION = re.compile(rf"\b(?:not|no|never|without|cannot|\w+n't)\b|[不没未勿无非](?=[{CJK}])", re.IGNORECASE)


def quoted_texts(body: str) -> list[str]:
    """List what an answer quotes; quotation marks within code are code.

    >>> quoted_texts('It says "the server stops at once" and calls it "fast".')
    ['the server stops at once']
    """
    prose = code_without_marks(body)
    quotes = [re.sub(r"(?m)^[ \t]*>[ \t]?", "", match[1]) for match in _BLOCK_QUOTE.finditer(prose)]
    rest = _BLOCK_QUOTE.sub(" ", prose)
    quotes += [next(group for group in match.groups() if group) for match in _QUOTES.finditer(rest)]
    parts = [_bare(part) for quote in quotes for part in _ELLIPSIS.split(quote)]
    return [part for part in parts if _is_long(part)]


def quotes_found(body: str, passages: str, question: str) -> float | None:
    """Return the share of quoted texts that occur in the passages; None: nothing is quoted.

    What quotes the question back is left out.
    """
    asked, evidence = _bare(question), _bare(passages)
    quotes = [quote for quote in quoted_texts(body) if quote.casefold() not in asked.casefold()]
    if not quotes:
        return None
    return sum(occurs(quote, evidence) for quote in quotes) / len(quotes)


def occurs(quote: str, passages: str) -> bool:
    """Whether a quote stands in the passages, but for a sign or two: every word of it, and no negation more or less.

    >>> occurs("it is supported on Linux", "We say that it is not supported on Linux.")
    False
    """
    from rapidfuzz import fuzz

    quote, passages = quote.casefold(), passages.casefold()
    if quote in passages:
        return True
    if len(quote) > len(passages):
        return False
    found = fuzz.partial_ratio_alignment(quote, passages, score_cutoff=_LEAST_RATIO)
    if found is None:
        return False
    window = passages[found.dest_start : found.dest_end]
    around = passages[max(0, found.dest_start - 20) : found.dest_end + 20]
    words = set(re.findall(r"\w+", quote)) - set(re.findall(r"\w+", around)) if not is_chinese(quote) else set()
    return not words and len(_NEGATION.findall(quote)) == len(_NEGATION.findall(window))


def _is_long(quote: str) -> bool:
    if is_chinese(quote):
        return count_words(quote) >= _LEAST_SIGNS
    return count_words(quote) >= _LEAST_WORDS


def _bare(text: str) -> str:
    return plain(_MARKUP.sub(lambda match: match[1] or "", text)).strip(" ,.;:!?，。；：！？")
