"""Every test here talks to the stand-in through the real SDK, in a project of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from clearml_stand_in import RunningServer


@pytest.fixture(autouse=True)
def _clearml(clearml_sdk: RunningServer) -> None:
    """Configure the SDK before a test uses it."""


@pytest.fixture(scope="session", autouse=True)
def _schemas_are_valid() -> Iterator[None]:
    """Validate every request, but not the SDK's schemas with each: that is two thirds of a call's time."""
    from clearml.backend_api.session import datamodel

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datamodel._CustomValidator, "check_schema", lambda *_arguments, **_options: None)
        yield


@pytest.fixture
def project() -> str:
    """Name a ClearML project that no other test knows."""
    return f"project-{uuid.uuid4().hex[:12]}"
