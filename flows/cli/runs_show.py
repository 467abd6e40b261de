"""luthier runs show RUN"""

import click

from flows.cli.common import command, print_json


@command
@click.argument("run")
def show(run: str, as_json: bool) -> int:
    """What is known of RUN (its id, or the beginning of it)."""
    from flows.cli.run_shown import lines
    from luthier.catalogue.detail import describe
    from luthier.catalogue.reading import row_of
    from luthier.run import find_run
    from luthier.settings import Settings

    folder = find_run(Settings(), run)
    found = describe(folder)
    if as_json:
        print_json(found)
        return 0
    for line in lines(row_of(folder), found, folder):
        print(line)
    return 0
