"""luthier runs …"""

import click

from flows.cli.runs_export import export
from flows.cli.runs_failures import failures
from flows.cli.runs_list import list_runs
from flows.cli.runs_note import note
from flows.cli.runs_show import show
from flows.cli.runs_statistics import presets, trends
from flows.cli.runs_template import save_template


@click.group()
def runs() -> None:
    """List, show, compare and export the runs of this home."""


runs.add_command(list_runs, "list")
runs.add_command(show, "show")
runs.add_command(note, "note")
runs.add_command(trends, "trends")
runs.add_command(presets, "presets")
runs.add_command(save_template, "save-template")
runs.add_command(export, "export")
runs.add_command(failures, "failures")
