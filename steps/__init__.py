"""The hands: one ClearML task a file; each reads its inputs, calls `redraft`, writes its outputs."""
