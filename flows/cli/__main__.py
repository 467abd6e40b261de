"""`python -m flows.cli` is `luthier`."""

from flows.cli import main

main()
