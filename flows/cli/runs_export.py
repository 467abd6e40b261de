"""luthier runs export RUN"""

from pathlib import Path

import click

from flows.cli.common import command, print_json


@command
@click.argument("run")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to; default ./RUN.")
def export(run: str, out: Path | None, as_json: bool) -> int:
    """Copy the report, the adapter's package, the metrics (CSV and JSON) and the spec of RUN into a folder."""
    from luthier.catalogue.export import export_run
    from luthier.run import find_run
    from luthier.settings import Settings

    folder = find_run(Settings(), run)
    written = export_run(folder, out or Path(folder.run_id))
    if as_json:
        print_json([str(path) for path in written])
        return 0
    for path in written:
        print(path)
    return 0
