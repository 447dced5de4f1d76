"""`users`: there is one."""

from __future__ import annotations

from redraft.standins.clearml_server.call import COMPANY, USER, Call, Json

_PERSON: Json = {"id": USER, "name": USER, "given_name": USER, "family_name": "", "role": "user"}
_TENANT: Json = {"id": COMPANY, "name": COMPANY}


def get_current_user(_call: Call) -> Json:
    """Return the user that every key of this server belongs to."""
    return {"user": {**_PERSON, "company": _TENANT, "created": "2026-01-01T00:00:00.000000+00:00"}, "settings": {}}


def get_all(_call: Call) -> Json:
    """Return the one user."""
    return {"users": [{**_PERSON, "company": COMPANY}]}


def get_all_ex(call: Call) -> Json:
    """Return the one user."""
    return get_all(call)


def get_by_id(_call: Call) -> Json:
    """Return the one user."""
    return {"user": {**_PERSON, "company": COMPANY}}
