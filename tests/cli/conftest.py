"""An installed Redraft with real agents, shared by the tests of runs that are started from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from installed_world import PROJECT, World, installed_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with installed_world(tmp_path_factory.mktemp("new-run") / "world") as world:
        yield world


@pytest.fixture(scope="session")
def template(world: World) -> str:
    """What `redraft install` made: every NEW RUN clones it."""
    done = world.command("install", "--project", PROJECT, "--profile", "profile.yaml")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("template")]
    assert line.endswith("(new)")
    return line.split()[1]
