"""What is written to a terminal: at once, and with nothing in it that a terminal would obey.

Answers, prompts and comments are written by models and by people elsewhere. An escape sequence in them could move the
cursor, rename the window or hide a line.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path


class NoLongerFollowed(Exception):
    """A person ended a command that only watched: what it watched goes on. Its text is what to tell them."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{printable(line)}\n")
    sys.stdout.flush()


def command() -> str:
    """How this command line is called from here: by its name, if that is on the search path, else by where it lies."""
    beside = Path(sys.executable).with_name("redraft")
    return "redraft" if shutil.which("redraft") or not beside.exists() else os.path.relpath(beside)


def printable(text: str) -> str:
    r"""Show control characters instead of sending them.

    >>> printable("a\tb\n" + chr(27) + "[2J")
    'a\tb\n\\x1b[2J'
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", text.replace("\r\n", "\n"))
