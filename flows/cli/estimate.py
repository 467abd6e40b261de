"""luthier estimate SPEC"""

from pathlib import Path

import click

from flows.cli.common import command, print_json, say


@command
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key: compute.gpu=NVIDIA L4.")
@click.option("--calibrate", is_flag=True, help="Take a few steps on this machine first, half a minute, to be exact.")
def estimate(spec: Path, overrides: tuple[str, ...], calibrate: bool, as_json: bool) -> int:
    """Say how long the run of SPEC would take and what it would cost, as ranges. Spends nothing.

    For a rented run with today's prices, spot beside on demand. Validates the data first, as check does.
    Exit codes: 0 told, 2 bad spec or data, 6 even the low end is above budget.max_usd, 7 no GPU is free.
    """
    from datetime import datetime

    from flows.cli.validated import validated
    from luthier.approval import waiting, waits_in_words
    from luthier.estimate.budget import over_budget
    from luthier.estimate.of_run import estimate_run
    from luthier.estimate.words import as_json as in_full
    from luthier.estimate.words import lines
    from luthier.run import open_run
    from luthier.settings import Settings
    from luthier.spec_file import load_spec

    run = open_run(load_spec(spec, list(overrides)), Settings())
    validated(run)
    found = estimate_run(run.folder, run.spec, run.settings, calibrate)
    budget, now = run.spec.budget, datetime.now().astimezone()
    for line in lines(found, budget, now):
        say(line)
    if waits := waits_in_words(run, found):
        say(waits)
    if as_json:
        print_json(in_full(found, budget, now) | {"waits_for_approval": waiting(run, found)})
    refusal = over_budget(found, budget)
    return refusal.exit_code if refusal else 0
