"""`auth`: tokens."""

from __future__ import annotations

from redraft.standins.clearml_server.call import COMPANY, USER, ApiError, Call, Json


def login(call: Call) -> Json:
    """Return a token; the caller was let in by key and secret, or by an older token."""
    asked = call.query.get("expiration_sec") or call.body.get("expiration_sec")
    if asked is not None and not str(asked).isdecimal():
        raise ApiError(400, 12, f"Validation error (expiration_sec must be a number of seconds, got {asked!r})")
    return {"token": call.gate.issue(int(asked) if asked else None)}


def validate_token(call: Call) -> Json:
    """Say whose token this is (a separate file server asks this)."""
    call.gate.read(call.text("token"))
    return {"company": COMPANY, "user": USER, "valid": True}
