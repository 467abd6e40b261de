"""luthier up"""

import click

from flows.cli.common import command


@command
@click.option("--port", type=int, default=0, help="Port of Prefect's pages; 0: the last one, or a free one.")
@click.option("--mlflow-port", type=int, default=0, help="Port of MLflow's pages; 0: the last one, or a free one.")
@click.option("--host", default="127.0.0.1", help="Address to listen at; another than this machine's needs a sign-in.")
@click.option("--workers", type=click.IntRange(0), default=1, help="Workers on this machine; 0: only the servers.")
@click.option("--limit", type=click.IntRange(1), help="Runs at once of one worker; default: as the queues allow.")
def up(port: int, mlflow_port: int, host: str, workers: int, limit: int | None, as_json: bool) -> int:
    """Keep the Prefect and MLflow servers of this home up until Ctrl-C, with workers for its deployments.

    What crashes is started again, and so are the runs that crash with it.
    """
    from flows.services import Options, serve
    from luthier.settings import Settings

    return serve(Settings(), Options(port, mlflow_port, host, workers, limit), as_json)
