"""Everything that Redraft reports to a person, as one tree.

    RedraftError                what the command line prints in one or two lines, without a traceback
    ├── InputError              a file, key or value that a person gave is wrong
    │   ├── ConfigError           ... in a configuration file or a run parameter
    │   ├── DocumentsError        ... in the docs folder
    │   └── RecordError           ... in a file of records (questions, ratings, a stored artifact)
    ├── ModelError              the model endpoint
    │   ├── ModelUnavailable      it cannot be reached, or keeps failing
    │   ├── ModelRefused          it refuses: key, permission, unknown model
    │   └── ModelReplyError       it answers, but not with what was asked for
    ├── ServerError             the ClearML server
    │   ├── ServerUnavailable     it cannot be reached
    │   └── ServerRefused         it refuses: credentials, an unknown id, a status that does not allow the call
    ├── LaunchError             a run cannot be started: queue, agent, uncommitted code, another run
    ├── RunError                a run that was started did not reach its end
    ├── BudgetSpent             what a run would take, or has taken, reaches a limit of the section budget
    └── ReviewClosed            the review no longer takes ratings; what was not saved is said

Messages say what was expected, what was found, where, and what to do next:

>>> str(InputError("configs/demo.yaml: retrieval.top_k must be >= 1, got 0", remedy="give a whole number from 1 up"))
'configs/demo.yaml: retrieval.top_k must be >= 1, got 0. Give a whole number from 1 up.'
"""

from __future__ import annotations

from collections.abc import Sequence


class RedraftError(Exception):
    """A problem that a person can cause or mend.

    Args:
        message: What was expected, what was found, and where.
        remedy: What to do next, as a sentence or a clause.
        exit_code: What a command line that meets it exits with (1 to 255).
    """

    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message.rstrip(".")
        self.remedy = remedy.rstrip(".")
        remedy_text = f" {self.remedy[:1].upper()}{self.remedy[1:]}." if remedy else ""
        super().__init__(f"{self.message}.{remedy_text}" if remedy else message)


class InputError(RedraftError):
    """A file, key or value that a person gave is wrong."""

    exit_code = 2


class ConfigError(InputError):
    """A configuration file or run parameter is wrong."""


class DocumentsError(InputError):
    """The docs folder cannot be used."""


class RecordError(InputError):
    """A file of records is wrong."""


class ModelError(RedraftError):
    """The model endpoint."""

    exit_code = 3


class ModelUnavailable(ModelError):
    """The endpoint cannot be reached or keeps failing."""


class ModelRefused(ModelError):
    """The endpoint refuses: key, permission, unknown model."""


class ModelReplyError(ModelError):
    """The endpoint answers, but not with what was asked for."""


class ServerError(RedraftError):
    """The ClearML server."""

    exit_code = 4


class ServerUnavailable(ServerError):
    """The server cannot be reached."""


class ServerRefused(ServerError):
    """The server refuses: credentials, an unknown id, a status that does not allow the call."""


class LaunchError(RedraftError):
    """A run cannot be started."""

    exit_code = 5


class RunError(RedraftError):
    """A run that was started did not reach its end."""

    exit_code = 6


class BudgetSpent(RedraftError):
    """What a run would take, or has taken, reaches a limit of the section `budget`."""

    exit_code = 8


class ReviewClosed(RedraftError):
    """The review no longer takes ratings."""

    exit_code = 7


def all_problems(problems: Sequence[str]) -> str:
    """Join the problems of one file so that all of them are read at once.

    >>> print(all_problems(["a.jsonl line 1: no text", "a.jsonl line 3: not JSON"]))
    2 problems:
      a.jsonl line 1: no text
      a.jsonl line 3: not JSON
    >>> all_problems(["a.jsonl line 1: no text"])
    'a.jsonl line 1: no text'
    """
    if len(problems) == 1:
        return problems[0]
    return f"{len(problems)} problems:\n  " + "\n  ".join(problems)
