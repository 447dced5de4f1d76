"""The ClearML stand-in for its own tests; what starts it is in `tests/clearml_stand_in.py`."""

from __future__ import annotations

from clearml_stand_in import START_TIMEOUT_S, RunningServer, start_server

__all__ = ["START_TIMEOUT_S", "RunningServer", "start_server"]

collect_ignore = ["agent_code", "sdk_scripts"]  # run by tests in processes of their own, not imported
