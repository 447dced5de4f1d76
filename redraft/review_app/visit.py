"""Who looks at the page, and at which project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from redraft.settings import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What every page is given."""

    project: str  # ClearML project
    reviewer: str  # name or e-mail address of who looks
    lead: bool  # may close and reject reviews, and decide on prompts
    config: Config
    folder: Path  # this machine's state: the journal of ratings that the server has not confirmed
