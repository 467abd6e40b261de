"""luthier data list | example"""

from pathlib import Path

import click

from flows.cli.common import command, print_json, say


@click.group()
def data() -> None:
    """List the data that there is; write the example set."""


@command
def list_data(as_json: bool) -> int:
    """The example set, and what has been checked in this home, the latest first."""
    from luthier.data_sets import data_sets
    from luthier.settings import Settings

    example, *checked = data_sets(Settings())
    if as_json:
        print_json([example, *checked])
        return 0
    print(f"{example['name']:<28} {example['about']}; written by: {example['write']}")
    for each in checked:
        state = "fit" if each["ok"] else "refused"
        quality = "-" if each["quality"] is None else each["quality"]
        rows = f"{each['accepted']:,} of {each['read']:,} rows"
        print(
            f"{each['name']:<28} {each['format'] or '-':<20} {state:<8} {rows:<24} quality {quality:<4} {each['page']}"
        )
    return 0


@command
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder; default: here.")
def example(out: Path, as_json: bool) -> int:
    """Write the example set and a spec for it, to look at or to try things on."""
    from luthier.demo import write_demo

    out.mkdir(parents=True, exist_ok=True)
    spec = write_demo(out)
    say(f"Wrote {out / 'chatterbot.jsonl'} and {spec}. Next:\n  luthier check {spec}")
    if as_json:
        print_json({"ok": True, "spec": str(spec), "data": str(out / "chatterbot.jsonl")})
    return 0


data.add_command(list_data, "list")
data.add_command(example, "example")
