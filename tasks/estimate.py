"""estimate: how long the run will take and what it will cost, before anything is spent."""

import textwrap
from datetime import UTC, datetime

from prefect import task

from luthier.errors import ProviderUnavailable
from luthier.estimate.budget import over_budget
from luthier.estimate.estimate import Estimate
from luthier.estimate.of_run import estimate_run
from luthier.estimate.words import lines
from luthier.run import Run
from luthier.spec_file import load_spec, save_spec
from tasks import artifacts
from tasks.alarms import expensive, out_of_money
from tasks.pods import is_rented
from tasks.terminal import display
from tasks.work import RETRIED

PAGE_WIDTH = 100
"""Characters that Prefect's page shows of a line before it cuts it off."""


@task(name="estimate", **RETRIED)
def estimate(run: Run) -> Estimate:
    """Say hours and dollars, choose the GPU where the spec leaves it open. Raises OverBudget before any is spent."""
    found = estimate_run(run.folder, run.spec, run.settings)
    told = list(lines(found, run.spec.budget, datetime.now(UTC)))
    wrapped = (textwrap.fill(line, PAGE_WIDTH, subsequent_indent="  ") for line in told)
    artifacts.markdown(f"estimate-{run.folder.run_id}", "\n".join(["```", *wrapped, "```"]))
    shown = display("estimate")
    for line in told:
        shown.line(line)
    shown.close()
    if error := over_budget(found, run.spec.budget):
        out_of_money(run, error)
        raise error
    expensive(run, found)
    if is_rented(run):
        _keep_gpu(run, found)
    return found


def _keep_gpu(run: Run, found: Estimate) -> None:
    """Chosen once: every later pod of the run has the same. Raises ProviderUnavailable when no price was known."""
    chosen = load_spec(run.folder.spec)
    if chosen.compute.gpu is None:
        if found.usd is None:
            why = "; ".join({option.price.why_not for option in found.options.values()})
            raise ProviderUnavailable("no GPU can be chosen without prices", why, "Name one, or try again later.")
        compute = chosen.compute.model_copy(update={"gpu": found.machine})
        save_spec(chosen.model_copy(update={"compute": compute}), run.folder.spec)
