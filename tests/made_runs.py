"""Run folders of a home, written by the writers of real runs."""

from datetime import datetime
from typing import Any

from report_run import baseline, evaluation, make_examples, make_facts, make_spec, validation

from luthier import status
from luthier.failures import record
from luthier.history import RunHistory
from luthier.reporting.record import assemble
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import save_spec
from luthier.storage import read_json, write_json

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00").timestamp()


def make(
    settings: Settings,
    run_id: str,
    state: status.State = "completed",
    *,
    verdict: str = "improved",
    change: float = 0.05,
    usd: float = 0.0,
    hours: float = 1.0,
    created: float = NOW,
    by: str = "ada",
    error: Exception | None = None,
    **spec: Any,
) -> RunFolder:
    """A run that somebody started; one that completed has its report."""
    run = RunFolder(settings.runs / run_id)
    asked = make_spec(**{"name": run_id} | spec)
    run.root.mkdir(parents=True)
    save_spec(asked, run.asked)
    save_spec(asked, run.spec)
    with run.locked():
        status.begin(run, by, "terminal", "f" * 8)
        write_json(run.status, read_json(run.status) | {"created": created})
        RunHistory(run).tell("started", by=by, how="terminal", flow_run="f" * 8)
        run.complete("validate-data", "key", {"accepted": 1204}, 1.0)
        if state == "completed":
            _prove(run, asked, verdict, change, usd, hours)
        if state == "failed":
            record.keep(run, error or ValueError("no"))
        if state != "crashed":
            why = "" if state == "completed" else "No room."
            RunHistory(run).tell("ended", state=state, why=why)
            status.end(run, state, why)
    return run


def _prove(run: RunFolder, spec: Any, verdict: str, change: float, usd: float, hours: float) -> None:
    proved = evaluation(verdict, make_examples())
    proved["change"]["chrf"] |= {"value": change, "ci_low": change - 0.02, "ci_high": change + 0.02}
    write_json(run.validation, validation())
    write_json(run.baseline / "metrics.json", baseline())
    write_json(run.evaluation / "metrics.json", proved)
    facts = make_facts(
        run_id=run.run_id,
        cost={"currency": "USD", "estimated": usd, "actual": usd},
        duration={"train": hours * 3600},
    )
    write_json(run.report / "report.json", assemble(run, spec, facts))
    run.complete("report", "key", {"verdict": verdict}, 1.0)
