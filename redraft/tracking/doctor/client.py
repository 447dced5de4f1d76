"""The configuration of ClearML's client on this machine: a file or the environment, addresses, credentials."""

from __future__ import annotations

from pathlib import Path

from redraft.errors import InputError
from redraft.tracking.doctor.finding import Check, Seen, Subject

CONFIGURE = "set CLEARML_API_HOST, CLEARML_API_ACCESS_KEY and CLEARML_API_SECRET_KEY, or run `clearml-init`"


def look(subject: Subject) -> Seen:
    """Read the configuration as the SDK does.

    Raises:
        InputError: An address or the credentials are missing.
    """
    from clearml.backend_api.session import Session
    from clearml.config import config_obj

    environ = subject.environ
    named = environ.get("CLEARML_CONFIG_FILE") or str(Path(environ.get("HOME", "~")).expanduser() / "clearml.conf")
    place = "environment variables" if environ.get("CLEARML_API_HOST") else "a configuration file"
    if not environ.get("CLEARML_API_HOST") and not Path(named).is_file():
        raise InputError("no ClearML server is configured on this machine", remedy=CONFIGURE)
    for name, variable in (("access_key", "CLEARML_API_ACCESS_KEY"), ("secret_key", "CLEARML_API_SECRET_KEY")):
        if not environ.get(variable) and not config_obj.get(f"api.credentials.{name}", None):
            raise InputError(f"the ClearML client has no {name}", remedy=CONFIGURE)
    hosts = {"API": Session.get_api_server_host(), "files": Session.get_files_server_host(), "web": web_host()}
    words = f"{place}; " + ", ".join(f"{name} {host}" for name, host in hosts.items())
    if config_obj.get("sdk.development.report_use_subprocess", True):
        return Seen(
            words=f"{words}; sdk.development.report_use_subprocess is on: controllers may hang at their end",
            warning=True,
            remedy="set it to false in clearml.conf, here and on the agents",
        )
    return Seen(words=words)


def web_host() -> str:
    """Address of the server's web interface, without a slash at its end: configured, or guessed by the SDK.

    Raises:
        InputError: Neither; a controller would end at its start, for the same reason.
    """
    from clearml.backend_api.session import Session

    try:
        return str(Session.get_app_server_host()).rstrip("/")
    except ValueError:
        api = Session.get_api_server_host()
        raise InputError(
            f"the address of ClearML's web interface is not configured, and does not follow from the API's, {api}",
            remedy="set CLEARML_WEB_HOST (or api.web_server in clearml.conf), here and on the agents",
        ) from None


CLIENT = Check(name="client", look=look)
