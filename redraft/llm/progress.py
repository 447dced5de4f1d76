"""A progress bar on stderr; on anything but a terminal it writes a line now and then, not ten a second."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(title: str | None, total: int) -> tqdm[Any]:
    """Open a bar; without a title, or of one item, it shows nothing."""
    from tqdm import tqdm

    every_s = 0.2 if sys.stderr.isatty() else 10.0
    return tqdm(
        total=total, desc=title, disable=title is None or total < 2, file=sys.stderr, mininterval=every_s, unit=""
    )
