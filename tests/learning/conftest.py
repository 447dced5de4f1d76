from __future__ import annotations

import pytest
from fake_chat import FakeChat


@pytest.fixture
def chat() -> FakeChat:
    return FakeChat()
