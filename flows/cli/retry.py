"""luthier retry RUN"""

import click

from flows.cli.common import command, print_json, say


@command
@click.argument("run")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change this, too: training.epochs=1.")
@click.option("--yes", is_flag=True, help="Start without asking.")
@click.option("--submit", "in_line", is_flag=True, help="Put it in line on the Prefect server that is up.")
def retry(run: str, overrides: tuple[str, ...], yes: bool, in_line: bool, as_json: bool) -> int:
    """Say why RUN failed, show what would change in its spec, and start it again.

    It goes on from where it was, unless a value changes that decides its result: then a new run begins.
    Exit codes: those of `luthier run`; 2 without --yes where nobody can be asked.
    """
    from flows.cli.retried import blocked, is_yes, show, started
    from luthier import status
    from luthier.errors import DataError, StorageError, StorageUnavailable
    from luthier.retry import begin, failure_of, plan
    from luthier.run import find_run
    from luthier.settings import Settings

    settings = Settings()
    folder = find_run(settings, run)
    failure = failure_of(folder)
    if failure is None:
        say(f"{folder.run_id} did not fail: there is nothing to retry. See: luthier runs show {folder.run_id}")
        if as_json:
            print_json({"run_id": folder.run_id, "cause": None, "change": [], "new_run_id": None})
        return 0
    try:
        planned = plan(folder, failure, list(overrides), settings)
    except (DataError, StorageError, StorageUnavailable) as error:
        return blocked(folder, error, as_json)
    told = show(planned)
    if not (yes or is_yes()):
        if as_json:
            print_json(told | {"started": False})
        return 2
    begin(planned, status.account())
    return started(planned.target, in_line, told if as_json else None)
