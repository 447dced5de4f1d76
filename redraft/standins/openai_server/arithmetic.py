"""The part that calculates: sees that a question asks for a number, and calls the calculator that it was offered."""

import re

from redraft.standins.openai_server.protocol import ChatRequest
from redraft.standins.openai_server.replies import encode
from redraft.standins.openai_server.tagged import section

TOOL = "calculator"

_N = r"(-?(?:\d+(?:\.\d+)?|\.\d+))"
_FORMS = (
    (re.compile(rf"\bsquare root of {_N}", re.IGNORECASE), "sqrt({0})"),
    (re.compile(rf"{_N} ?(?:%|percent) of {_N}", re.IGNORECASE), "{0} / 100 * {1}"),
    (
        re.compile(
            rf"{_N} (?:raised )?to the (?:power (?:of )?)?{_N}(?:st|nd|rd|th)?|{_N} ?(?:\^|\*\*) ?{_N}", re.IGNORECASE
        ),
        "{0} ** {1}",
    ),
    (re.compile(rf"{_N} ?(?:\*|×|times|multiplied by) ?{_N}", re.IGNORECASE), "{0} * {1}"),
    (re.compile(rf"{_N} ?(?:÷|divided by) ?{_N}", re.IGNORECASE), "{0} / {1}"),
    (re.compile(rf"{_N} ?(?:\+|plus) ?{_N}", re.IGNORECASE), "{0} + {1}"),
    (re.compile(rf"{_N} minus {_N}", re.IGNORECASE), "{0} - {1}"),
)
_ASKS = re.compile(r"\b(?:what is|what's|how much|how many|calculate|compute)\b", re.IGNORECASE)


def expression_of(question: str) -> str | None:
    """The calculation that a question asks for.

    >>> expression_of("What is 13 raised to the .3432 power?")
    '13 ** .3432'
    >>> expression_of("How do I install it?") is None
    True
    """
    if not _ASKS.search(question):
        return None
    for form, written in _FORMS:
        found = form.search(question)
        if found:
            return written.format(*(number for number in found.groups() if number is not None))
    return None


def wanted_call(request: ChatRequest) -> str | None:
    """Arguments of the call to make, as JSON text; nothing if there is nothing to calculate, or it was calculated."""
    if TOOL not in request.offered or request.tool_results:
        return None
    expression = expression_of(section(request.user, "question") or request.user)
    return None if expression is None else encode({"expression": expression})


def answer(request: ChatRequest) -> str | None:
    """Say what the calculator said; nothing if it was not asked."""
    expression = expression_of(section(request.user, "question") or request.user)
    if not request.tool_results or expression is None:
        return None
    result = request.tool_results[-1]
    if result.startswith("error"):
        return f"That cannot be calculated: {result.removeprefix('error: ')}."
    return f"{expression} = {result}"
