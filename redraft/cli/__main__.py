"""`python -m redraft.cli`, the same as `redraft`."""

from redraft.cli.main import main

main()
