"""The `luthier` command, one file a command; each is imported only when it is called."""

import importlib

import click

COMMANDS = {
    "demo": "Train a small real model on real data and prove that it helped.",
    "init": "Write a run spec that works, from a recipe.",
    "data": "List the data that there is; write the example set.",
    "check": "Read, inspect and gate the data of a spec; spend nothing.",
    "estimate": "Say what a run would take in hours and dollars; spend nothing.",
    "rehearse": "Rehearse the recovery of a run on a simulated cloud; spend nothing.",
    "run": "Run a spec from its data to the report; the same spec again continues.",
    "submit": "Put a run in line on the Prefect server that is up, or on a schedule.",
    "approve": "Approve or reject the data or the cost of a run that waits for it.",
    "retry": "Say why a run failed, show what would change, and start it again.",
    "runs": "List, show, compare and note runs; trends, presets, templates.",
    "notify": "Try the channels that tell people; see and send what waits.",
    "events": "Show, filter and follow the event log of a run.",
    "up": "Keep the Prefect and MLflow servers running, with a worker.",
    "join": "Let this machine work for others' Prefect server, within its owner's hours.",
    "janitor": "End rented pods that no live run owns.",
    "doctor": "Find what is missing on this machine and say how to mend it.",
}
HIDDEN = ("bench-train",)
"""Commands that help does not name."""


class LazyGroup(click.Group):
    """Knows the commands by name, so that help needs none of their imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*COMMANDS, *HIDDEN):
            return None
        name = cmd_name.replace("-", "_")
        return getattr(importlib.import_module(f"flows.cli.{name}"), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="luthier")
def main() -> None:
    """Fine-tune a language model unattended and prove that it helped."""
