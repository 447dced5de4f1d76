"""Clients of a ClearML server whose web interface nobody has named."""

from __future__ import annotations

from pathlib import Path


def without_web_host(folder: Path) -> dict[str, str]:
    """Environment variables, to be put over those of a running server; an empty configuration file is in the folder."""
    (folder / "empty.conf").write_text("sdk.development.report_use_subprocess: false\n", encoding="utf-8")
    return {"CLEARML_CONFIG_FILE": str(folder / "empty.conf"), "CLEARML_WEB_HOST": ""}
