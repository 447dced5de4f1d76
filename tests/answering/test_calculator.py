"""The calculator calculates, and nothing else: no expression takes long, or reaches Python."""

from __future__ import annotations

import contextlib
import math
import re
import time

import pytest

from redraft.answering.calculator import NoResult, calculate, calculator_tool, result_text


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("13 ** .3432", 13**0.3432),
        ("13^.3432", 13**0.3432),
        ("2 + 3 * 4", 14),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512),
        ("1e3 / 8", 125),
        ("6 × 7 ÷ 2 − 1", 20),
        ("sqrt(2) * log10(1000) + floor(2.7)", 3 * math.sqrt(2) + 2),
        ("log(e) + sin(pi / 2)", 2),
        ("37593 * 67", 2518731),
    ],
)
def test_it_calculates_what_is_written(expression: str, value: float) -> None:
    assert calculate(expression) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("9**9**9**9", "too large"),
        ("10**1000000", "too large"),
        ("1/0", "division by 0"),
        ("(-8) ** (1/3)", "no real value"),
        ("sqrt(0-1)", "no real value"),
        ("__import__('os').system('id')", "is not allowed"),
        ("__import__(os)", "'__import__' is not known"),
        ("().__class__", "'.' is not allowed"),
        ("v0", "is not known"),
        ("[1, 2]", "'[' is not allowed"),
        ("'a' * 9", "is not allowed"),
        ("lambda", "is not known"),
        ("1 if 2 else 3", "is not known"),
        ("0x10", "is not known"),
        ("1_000", "is not known"),
        ("1,000 * 2", "write 1000, not 1,000"),
        ("sqrt", "functions take one expression"),
        ("sqrt()", "functions take one expression"),
        ("sqrt(*2)", "functions take one expression"),
        ("sqrt(**2)", "functions take one expression"),
        ("2(3)", "functions take one expression"),
        ("()", "functions take one expression"),
        ("sqrt(2)(3)", "functions take one expression"),
        ("2 // 3", "not an expression"),
        ("2 +", "not an expression"),
        ("", "not an expression"),
        ("1 + 1\n\n; import os", "';' is not allowed"),
        ("9" * 201, "at most 200 characters"),
        ("+".join(f"{n}" for n in range(31)), "at most 30 different numbers"),
    ],
)
def test_what_is_no_calculation_is_refused_in_words(expression: str, why: str) -> None:
    with pytest.raises(NoResult, match=re.escape(why)):
        calculate(expression)


@pytest.mark.parametrize(
    "expression",
    ["-" * 199 + "1", "(" * 99 + "1" + ")" * 99, "9**" * 66 + "9", "sqrt(" * 30 + "2" + ")" * 30, "2*" * 99 + "2"],
)
def test_the_longest_expressions_take_no_time(expression: str) -> None:
    calculate("1 + 1")  # the import
    started = time.perf_counter()
    with contextlib.suppress(NoResult):
        calculate(expression)
    assert time.perf_counter() - started < 1.0


def test_a_result_has_up_to_twelve_significant_digits() -> None:
    assert [result_text(v) for v in (2.41160046128857, 5.0, -0.1, 1e100, 123456789012345.0)] == [
        "2.41160046129",
        "5",
        "-0.1",
        "1e+100",
        "1.23456789012e+14",
    ]


def test_the_tool_tells_the_model_what_was_wrong_and_never_raises() -> None:
    run = calculator_tool().run
    assert run({"expression": "2*21"}) == "42"
    for arguments in ({}, {"expression": None}, {"expression": ["1"]}, {"expression": "import os"}):
        assert run(arguments).startswith("error: ")
