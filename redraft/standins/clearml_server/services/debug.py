"""`debug`: is anybody there?"""

from __future__ import annotations

from redraft.standins.clearml_server.call import Call, Json


def ping(_call: Call) -> Json:
    """Answer."""
    return {"msg": "ClearML server stand-in"}
