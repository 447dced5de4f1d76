"""Finds out whether a set-up can run the pipeline, by doing what a run does: one idea a file.

Each check performs the operation that it vouches for (uploads a file and reads it back, embeds a word) and says pass,
warn or fail with the remedy. `before_launch` has the short form that every launch makes, `checks` the whole list,
`agents` runs a part of it on the agents themselves.
"""

WORKING_COPY = "REDRAFT_WORKING_COPY"  # variable that is set where agents run the files as they lie on their machine
