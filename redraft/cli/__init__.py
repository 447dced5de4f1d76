"""The command line, and everything it starts on this machine."""
