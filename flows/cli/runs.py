"""luthier runs list | show | export"""

from pathlib import Path
from typing import Any

import click

from flows.cli.common import command, print_json, say


@click.group()
def runs() -> None:
    """List, show and export runs."""


@command
def list_runs(as_json: bool) -> int:
    """All runs of this home, the newest first."""
    from luthier.catalogue import all_runs
    from luthier.settings import Settings

    found = all_runs(Settings())
    if as_json:
        print_json(found)
        return 0
    for run in found:
        print(f"{run['run_id']:<40} {run['status']:<14} {run['verdict'] or '-':<10} {run['changed']}")
    if not found:
        say("No runs yet. Start one: luthier demo")
    return 0


@command
@click.argument("run")
def show(run: str, as_json: bool) -> int:
    """What is known of RUN (its id, or the beginning of it)."""
    from luthier.catalogue import describe
    from luthier.run import find_run
    from luthier.settings import Settings

    found = describe(find_run(Settings(), run))
    if as_json:
        print_json(found)
        return 0
    for name, value in _lines(found):
        print(f"{name:<22} {value}")
    return 0


@command
@click.argument("run")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to; default ./RUN.")
def export(run: str, out: Path | None, as_json: bool) -> int:
    """Copy the report, the adapter's package, the metrics (CSV and JSON) and the spec of RUN into a folder."""
    from luthier.catalogue import export_run
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


def _lines(found: dict[str, Any]) -> list[tuple[str, Any]]:
    simple = [(name, value) for name, value in found.items() if not isinstance(value, dict | list)]
    return [*simple, *((name, "see --json") for name, value in found.items() if isinstance(value, dict | list))]


runs.add_command(list_runs, "list")
runs.add_command(show, "show")
runs.add_command(export, "export")
