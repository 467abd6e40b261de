"""luthier run SPEC"""

from pathlib import Path

import click

from flows.cli.common import command


@command
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key: training.epochs=1.")
@click.option("--sample", type=click.IntRange(10, 1000), help="First try the whole chain on so many of the rows.")
@click.option("--again", is_flag=True, help="Start another run; an unfinished one that --again began continues.")
def run(spec: Path, overrides: tuple[str, ...], sample: int | None, again: bool, as_json: bool) -> int:
    """Run SPEC from its data to the report. The same spec again continues, or shows the finished result.

    Exit codes: 0 improved (with --sample: every stage worked), 2 bad spec or data, 3 not shown, 4 worse or a threshold
    missed, 5 waits for approval, 7 gave up, 130 cancelled.
    """
    from flows.cli.foreground import run_spec
    from flows.cli.sampled import run_sample
    from luthier.spec_file import load_spec

    if sample:
        return run_sample(load_spec(spec, list(overrides)), sample, as_json)
    return run_spec(load_spec(spec, list(overrides)), again, as_json)
