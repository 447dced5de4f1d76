"""The second step: adds one to the first step's number."""

from clearml import Task

task = Task.init()
parameters = {"first": ""}
task.connect(parameters, name="Args")
value = Task.get_task(parameters["first"]).artifacts["number"].get(force_download=True)["value"]
task.upload_artifact("number", {"value": value + 1}, wait_on_upload=True)
print(f"the sum is {value + 1}")  # noqa: T201 (it is what the console log must hold)
