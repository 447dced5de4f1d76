"""One BLAS thread for many small matrices.

The matrices here have a few hundred rows. Several threads gain nothing on them, and wait for each other as soon as
anything else runs (benchmarks/README.md, "A long history").
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def one_thread(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a function do its linear algebra in one thread; afterwards everything is as before."""

    @wraps(function)
    def limited(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@cache
def _controller() -> ThreadpoolController:
    """Find the loaded libraries once: it takes milliseconds."""
    return ThreadpoolController()
