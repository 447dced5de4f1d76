"""A task that fails."""

from clearml import Task

task = Task.init()
raise SystemExit("there is no such page")
