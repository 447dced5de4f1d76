"""The calculator: the model writes an expression, the machine evaluates it. What the model wrote is data.

`numexpr` does the arithmetic, in C and on 64-bit floats. It hands a text to Python's `eval` after a filter of its own,
and has been broken through that (CVE-2023-39631), so nothing that a model wrote reaches it: an expression is taken
apart here into numbers, operators and known names, numbers become variables, and only what a small grammar allows is
passed on. A power is one operation on floats, so `9**9**9**9` takes no longer than `1+1` and has no result.

Source: `LLMMathChain` of LangChain, whose expression goes to numexpr as the model wrote it.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from typing import Any

from redraft.llm import Tool

MAX_CHARS = 200
MAX_NUMBERS = 30  # different ones: numexpr takes as many inputs
SIGNIFICANT = 12  # digits of a result
FUNCTIONS = ("sqrt", "exp", "log", "log10", "sin", "cos", "tan", "abs", "floor", "ceil")
CONSTANTS = {"pi": math.pi, "e": math.e}

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|[-+*/()]))")
_SIGNS = str.maketrans({"^": "**", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"})
_ALLOWED = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Name, ast.expr_context)


class NoResult(ValueError):
    """Why an expression has no result, in words that help a model to write a better one."""


def calculate(expression: str) -> float:
    """Evaluate an expression of real numbers; `log` is the natural logarithm, `^` is a power.

    Raises:
        NoResult: It is not one, it is too long, or it has no finite real value.

    >>> result_text(calculate("13 ** .3432"))
    '2.41160046266'
    >>> calculate("2 * (3 + 4) ^ 2")
    98.0
    >>> calculate("9**9**9**9")
    Traceback (most recent call last):
    redraft.answering.calculator.NoResult: the result is too large for a calculator, or a division by 0
    """
    import numexpr
    import numpy as np

    text, numbers = _checked(expression)
    values = {name: np.float64(value) for name, value in numbers.items()}
    try:
        value = float(numexpr.evaluate(text, local_dict=values, global_dict={}, sanitize=True))
    except (ValueError, TypeError, KeyError, NotImplementedError, OverflowError, RecursionError) as error:
        raise NoResult(f"it cannot be calculated: {error}") from None
    if math.isnan(value):
        raise NoResult("it has no real value (such as 0/0, or the square root of a negative number)")
    if math.isinf(value):
        raise NoResult("the result is too large for a calculator, or a division by 0")
    return value


def result_text(value: float) -> str:
    """Write a result with up to 12 significant digits.

    >>> [result_text(value) for value in (98.0, 1 / 3, 2.0**80)]
    ['98', '0.333333333333', '1.20892581961e+24']
    """
    return f"{value:.{SIGNIFICANT}g}"


def calculator_tool() -> Tool:
    """The calculator as a tool for a chat model."""
    return Tool(
        name="calculator",
        description=(
            "Evaluates an arithmetic expression and returns the number. Use it whenever the answer needs a "
            f"calculation. Numbers, + - * / **, brackets, {', '.join(FUNCTIONS)}, pi and e; no units, no variables."
        ),
        parameters={
            "type": "object",
            "properties": {"expression": {"type": "string", "description": "for example 37593 * 67 or 37593 ** 0.2"}},
            "required": ["expression"],
            "additionalProperties": False,
        },
        run=_run,
    )


def _run(arguments: Mapping[str, Any]) -> str:
    try:
        return result_text(calculate(str(arguments.get("expression", ""))))
    except NoResult as error:
        return f"error: {error}"


def _checked(expression: str) -> tuple[str, dict[str, float]]:
    """Return the expression with a variable for every number, and the variables' values."""
    if len(expression) > MAX_CHARS:
        raise NoResult(f"an expression has at most {MAX_CHARS} characters, this one has {len(expression):,}")
    names: dict[float, str] = {}
    text = " ".join(_token(kind, part, names) for kind, part in _tokens(expression))
    if len(names) > MAX_NUMBERS:
        raise NoResult(f"an expression has at most {MAX_NUMBERS} different numbers")
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, RecursionError, MemoryError):
        raise NoResult(f"it is not an expression: {expression!r}") from None
    _check(tree)
    return text, {name: value for value, name in names.items()}


def _tokens(expression: str) -> list[tuple[str, str]]:
    text, at, found = expression.translate(_SIGNS).strip(), 0, []
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            hint = "; write 1000, not 1,000" if text[at] == "," else ""
            raise NoResult(f"{text[at:].strip()[:1]!r} is not allowed in an expression{hint}")
        found.append((("number", "name", "sign")[(match.lastindex or 1) - 1], match[match.lastindex or 0]))
        at = match.end()
    return found


def _token(kind: str, part: str, names: dict[float, str]) -> str:
    if kind == "sign" or (kind == "name" and part in FUNCTIONS):
        return part
    if kind == "name" and part not in CONSTANTS:
        raise NoResult(f"{part!r} is not known; there are {', '.join((*FUNCTIONS, *CONSTANTS))}")
    value = CONSTANTS[part] if kind == "name" else float(part)
    return names.setdefault(value, f"v{len(names)}")


def _check(tree: ast.AST) -> None:
    """Let nothing through but operators on variables, and known functions of one."""
    callees = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            fine = isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
            fine = fine and len(node.args) == 1 and not node.keywords
        elif isinstance(node, ast.Name):
            fine = (node.id in FUNCTIONS) == (id(node) in callees)
        else:
            fine = isinstance(node, _ALLOWED)
        if not fine:
            raise NoResult("functions take one expression in brackets, and two numbers need an operator between them")
