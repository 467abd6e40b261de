"""luthier check SPEC"""

from pathlib import Path

import click

from flows.cli.common import command, print_json, say


@command
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key: data.dedupe=near.")
def check(spec: Path, overrides: tuple[str, ...], as_json: bool) -> int:
    """Read, inspect and gate the data of SPEC, and say whether its run could start. Spends nothing.

    Exit codes: 0 the run could start, 2 it could not, 6 it would cost more than budget.max_usd.
    """
    from flows.cli.checked import accepted, refused, tell
    from flows.cli.validated import validated
    from luthier.errors import LuthierError
    from luthier.estimate.budget import over_budget
    from luthier.estimate.of_run import estimate_run
    from luthier.run import open_run
    from luthier.settings import Settings
    from luthier.spec_file import load_spec

    run = None
    try:
        run = open_run(load_spec(spec, list(overrides)), Settings())
        found = validated(run)
        estimate = estimate_run(run.folder, run.spec, run.settings)
    except LuthierError as error:
        if run and run.folder.page.exists():
            say(f"Data page: {run.folder.page}")
        if not as_json:
            raise
        say(f"luthier: {error}")
        print_json(refused(error, spec, run))
        return error.exit_code
    refusal = over_budget(estimate, run.spec.budget)
    tell(found, estimate, run)
    if as_json:
        print_json(accepted(found, estimate, refusal, spec, run))
    return refusal.exit_code if refusal else 0
