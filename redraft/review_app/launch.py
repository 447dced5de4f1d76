"""How the page is started: the command line of Streamlit and the environment of its process. Imports no Streamlit.

    python -m redraft.review_app.serve run redraft/review_app/app.py --server.address 127.0.0.1 --server.port 8501 ...

The look is set here too: one calm accent colour that is readable on light and on dark ground.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from redraft.config import ROOT
from redraft.errors import InputError
from redraft.review_app.admission import Admission, admission, is_loopback

MAX_UPLOAD_MB = 5
STAND_INS = "REDRAFT_STAND_INS"
# Contrasts (WCAG 2.2): white on the buttons 6.1 and 4.5; links on the ground 6.1 and 9.1; what is selected 6.1 and 4.0.
THEME = {
    "light.primaryColor": "#0b6b80",
    "light.linkColor": "#0b6b80",
    "dark.primaryColor": "#1f8199",
    "dark.linkColor": "#6cc5d8",
    "headingFontSizes": '["2rem", "1.5rem", "1.25rem", "1.1rem", "1rem", "0.9rem"]',
    "paddingTop": "1.5rem",  # below the names of the pages
}


def page_command(*, host: str, port: int, address: str = "", secrets: Sequence[Path] = ()) -> list[str]:
    """The command that serves the page.

    Args:
        host: Address to listen on.
        port: Port to listen on.
        address: Host name that people's browsers use, if it is another.
        secrets: Files that may hold the section `auth` of Streamlit's login.
    """
    options = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.maxUploadSize": str(MAX_UPLOAD_MB),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",  # a traceback names paths of this machine
        "logger.hideWelcomeMessage": "true",  # it would ask another host for this machine's address
        **{f"theme.{key}": value for key, value in THEME.items()},
    }
    if address:
        options["browser.serverAddress"] = address
    given = [word for key, value in options.items() for word in (f"--{key}", value)]
    for path in secrets:
        given += ["--secrets.files", str(path)]
    return [sys.executable, "-m", "redraft.review_app.serve", "run", str(ROOT / "redraft/review_app/app.py"), *given]


def page_environ(
    environ: Mapping[str, str], *, project: str, profile: Path | None, folder: Path, stand_ins: Collection[str] = ()
) -> dict[str, str]:
    """The environment of the page's process: the starter's, and what to show.

    Args:
        environ: The starter's.
        project: ClearML project.
        profile: What the page is configured by.
        folder: This machine's state.
        stand_ins: Which of `server`, `model` and `asked model` (of the page alone: others make the answers) are none
            that work could rely on.
    """
    given = {"REDRAFT_PROJECT": project, "REDRAFT_HOME": str(folder), "PYTHONPATH": str(ROOT)}
    given[STAND_INS] = ",".join(sorted(stand_ins))
    if profile is not None:
        given["REDRAFT_PROFILE"] = str(profile.absolute())
    return {**environ, **given}


def stand_in_words(environ: Mapping[str, str]) -> str:
    """What every page says of stand-ins; empty when there is none.

    >>> stand_in_words({"REDRAFT_STAND_INS": "model,server"})
    'Stand-in model and server: this shows how it works, and says nothing about a real model.'
    """
    names = environ.get(STAND_INS, "").split(",")
    if "model" in names:
        which = "Stand-in model and server" if "server" in names else "Stand-in model"
        return f"{which}: this shows how it works, and says nothing about a real model."
    if "asked model" in names:
        return "Stand-in model on the pages Ask and Questions: what it says there says nothing about a real model."
    return "Stand-in server: everything is kept in a folder of this machine alone." if "server" in names else ""


def admission_at(host: str, environ: Mapping[str, str]) -> Admission:
    """How people would get into a page that listens on this address.

    Raises:
        InputError: Everybody would, a code is too short, or a file of secrets cannot be read.
    """
    return admission(loopback=is_loopback(host), login=has_login(secrets_files(environ)), environ=environ)


def host_name(url: str) -> str:
    """The host name in a URL, or what was given in its place.

    >>> host_name("https://redraft.example.com/review"), host_name("qa.example.com"), host_name("")
    ('redraft.example.com', 'qa.example.com', '')
    """
    return urlsplit(url if "//" in url else f"//{url}").hostname or ""


def secrets_files(environ: Mapping[str, str]) -> list[Path]:
    """Streamlit's own files of secrets that exist: the user's, then the repository's, which wins."""
    user = Path(environ.get("HOME") or Path.home())
    return [path for folder in (user, ROOT) if (path := folder / ".streamlit" / "secrets.toml").is_file()]


def has_login(files: Sequence[Path]) -> bool:
    """Whether a login is configured in one of these files.

    Raises:
        InputError: A file cannot be read.
    """
    found = False
    for path in files:
        try:
            found |= bool(tomllib.loads(path.read_text(encoding="utf-8")).get("auth"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            # the parser's words may repeat a part of a secret
            raise InputError(f"{path}: not a readable TOML file ({type(error).__name__})") from None
    return found
