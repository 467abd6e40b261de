"""Schedules of the deployment `nightly`, one a spec's name, beside those of prefect.yaml."""

from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule

from luthier.places import pages
from luthier.stages import slug

DEPLOYMENT = "nightly/nightly"


def put(client: SyncPrefectClient, name: str, spec: Path, cron: str) -> dict[str, Any]:
    """Look at the file `spec` by `cron` (UTC), in place of an earlier schedule of that name.

    It has a slug, so registering the deployments again leaves it alone. Raises ValueError for a bad `cron`,
    ObjectNotFound where the server has no such deployment.
    """
    wanted = DeploymentScheduleCreate(
        schedule=CronSchedule(cron=cron, timezone="UTC"), slug=f"spec-{slug(name)}", parameters={"spec": str(spec)}
    )
    deployment = client.read_deployment_by_name(DEPLOYMENT)
    for earlier in deployment.schedules:
        if earlier.slug == wanted.slug:
            client.delete_deployment_schedule(deployment.id, earlier.id)
    created = client.create_deployment_schedules(deployment.id, [wanted])
    return {
        "slug": wanted.slug,
        "cron": cron,
        "spec": str(spec),
        "schedule_id": str(created[0].id),
        "page": f"{pages(str(client.api_url))}/deployments/deployment/{deployment.id}",
    }
