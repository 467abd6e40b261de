"""Running the flow in this process, and showing how it ended."""

import os
from collections.abc import Callable

from flows.cli.common import print_json
from flows.cli.result import exit_code, show_result
from luthier.errors import LuthierError, WaitsForApproval
from luthier.failures.record import kept
from luthier.run import Run, open_run
from luthier.secrets import redact
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.storage import read_json
from luthier.tracking import is_tracked


def run_spec(spec: RunSpec, again: bool, as_json: bool) -> int:
    """Run `spec` unless it is complete, then show its result; returns the exit code of its verdict."""
    return show(finished(spec, Settings(), again), as_json)


def finished(spec: RunSpec, settings: Settings, again: bool) -> Run:
    """The run of `spec`, complete. Raises what its stages raise."""
    run = open_run(spec, settings, again)
    if run.completed("report") is None or not is_tracked(run.folder):
        try:
            _run_flow(spec, settings, again)
        except LuthierError as error:
            _name_retry(error, run)
            raise
        run = open_run(spec, settings)
    return run


def _name_retry(error: LuthierError, run: Run) -> None:
    """Where the failure that was kept has a change to propose, the message ends with who does it."""
    failure = kept(run.folder)
    if failure and failure["message"] == redact(str(error)) and failure["change"]:
        error.fix = f"{error.fix} See: {failure['retry']}".strip()


def _run_flow(spec: RunSpec, settings: Settings, again: bool) -> None:
    from flows.server import server

    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")  # people read our own lines
    with server(settings):
        from prefect.logging.handlers import APILogHandler

        from flows.finetune import finetune

        try:
            while _waited(lambda: finetune(spec, again), lambda: open_run(spec, settings)):
                pass
        finally:
            APILogHandler().flush()  # before the server that takes the log is stopped


def _waited(flow: Callable[[], object], run: Callable[[], Run]) -> bool:
    """Whether the flow came to a question that a person at this terminal then answered. Raises what it raises."""
    from flows.cli.approve import ask_at_terminal

    try:
        flow()
    except WaitsForApproval:
        if ask_at_terminal(run().folder):
            return True
        raise
    return False


def show(run: Run, as_json: bool) -> int:
    report = read_json(run.folder.report / "report.json")
    show_result(run, report)
    if as_json:
        print_json(report)
    return exit_code(report)
