"""`server`: what this is."""

from __future__ import annotations

from redraft.standins.clearml_server.call import COMPANY, Call, Json
from redraft.standins.clearml_server.tokens import API_VERSION, SERVER_VERSION


def info(_call: Call) -> Json:
    """Name the versions that are imitated."""
    return {"version": SERVER_VERSION, "api_version": API_VERSION, "build": "stand-in", "uid": COMPANY}


def config(_call: Call) -> Json:
    """Return no configuration: there is nothing to be configured through the API."""
    return {}
