"""A stand-in for the ClearML server: one process, one loopback port for API and files, one SQLite file.

For trying, developing and testing only. It speaks the part of the HTTP API that the unmodified ClearML SDK and agent
use for what Redraft does, and was written from the SDK's request classes and from recorded exchanges.

    python -m redraft.standins.clearml_server --dir .redraft/server
"""
