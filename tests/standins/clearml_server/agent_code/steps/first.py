"""The first step: makes a number."""

from clearml import Task

task = Task.init()
task.upload_artifact("number", {"value": 2}, wait_on_upload=True)
task.get_logger().report_scalar("number", "value", 2, 0)
