"""luthier run SPEC --sample N: the whole chain on a handful of rows first."""

import time

from flows.cli.common import print_json, say
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.storage import read_json


def run_sample(spec: RunSpec, count: int, as_json: bool) -> int:
    """0 when every stage worked, whatever the verdict: so few rows prove nothing about quality."""
    from flows.cli.approve import approved_data
    from flows.cli.foreground import finished
    from flows.cli.validated import validated
    from luthier.sample import sample_spec

    started = time.monotonic()
    whole = open_run(spec, Settings())
    validated(whole)
    approved_data(whole)
    small = sample_spec(whole, count)
    run = finished(small, Settings(), again=False)
    report = read_json(run.folder.report / "report.json")
    rows = report["data"]["accepted"]
    say(f"The chain works: {rows} of your rows went through every stage in {time.monotonic() - started:.0f} s.")
    say(f"  So few prove nothing about quality. How its report looks: {run.folder.report / 'report.html'}")
    say("  Next: the same command without --sample.")
    if as_json:
        print_json(report)
    return 0
