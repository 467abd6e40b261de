"""luthier join"""

import os

import click

from flows.cli.common import command, print_json, say


@command
@click.option("--queue", default="gpu", show_default=True, help="Whose runs to take; made where it is missing.")
@click.option("--priority", type=click.IntRange(1), help="Of the queue: 1 comes first; default: as it is.")
@click.option("--hours", default="", metavar="HOURS", help="When: 19:00-07:00,sat,sun; local time; default: always.")
@click.option("--limit", type=click.IntRange(1), help="Runs at once on this machine; default: one a GPU.")
@click.option("--finish", is_flag=True, help="At the end, let what runs here come to its end.")
@click.option("--server", "server_url", metavar="URL", help="Prefect's API; else PREFECT_API_URL, or prefect_url.")
def join(
    queue: str, priority: int | None, hours: str, limit: int | None, finish: bool, server_url: str | None, as_json: bool
) -> int:
    """Let this machine work for the Prefect server of others until Ctrl-C, within HOURS.

    When the hours end, what runs here saves a checkpoint and goes on on another machine (or, with --finish, comes to
    its end here). Exit code: 7 no server, or an unlike one.
    """
    from flows.join.hours import parse_hours
    from flows.server import ServerError, server
    from luthier.settings import Settings

    opening, settings = parse_hours(hours), Settings()
    if server_url:
        os.environ["PREFECT_API_URL"] = server_url
    if not (os.environ.get("PREFECT_API_URL") or settings.prefect_url):
        raise ServerError("no Prefect server is named", "", "Add --server http://HOST:4200/api, or set prefect_url.")
    with server(settings) as url:
        from flows.join.checks import check
        from flows.join.joined import Machine, prepare_queue, stay
        from flows.queues import gpus

        for line in check(settings, url):
            say(line)
        say(prepare_queue(queue, priority))
        if as_json:
            print_json({"server": url, "queue": queue, "limit": limit or gpus(), "home": str(settings.root)})
        stay(Machine(settings, url, queue, limit or gpus(), finish), opening)
    return 0
