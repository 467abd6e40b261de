"""luthier up"""

import click

from flows.cli.common import command


@command
@click.option("--mlflow-port", type=int, default=0, help="Port of the MLflow pages; 0: a free one.")
def up(mlflow_port: int, as_json: bool) -> int:
    """Keep the Prefect and MLflow servers of this home running until Ctrl-C, with a worker for its deployments."""
    from flows.services import serve
    from luthier.settings import Settings

    return serve(Settings(), mlflow_port, as_json)
