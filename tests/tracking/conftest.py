"""Every test here talks to the stand-in through the real SDK, in a project of its own."""

from __future__ import annotations

import uuid

import pytest
from clearml_stand_in import RunningServer


@pytest.fixture(autouse=True)
def _clearml(clearml_sdk: RunningServer) -> None:
    """Configure the SDK before a test uses it."""


@pytest.fixture
def project() -> str:
    """Name a ClearML project that no other test knows."""
    return f"project-{uuid.uuid4().hex[:12]}"
