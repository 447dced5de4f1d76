"""Everything that knows ClearML: artifacts, history, the review pause, the registry, reports, runs."""
