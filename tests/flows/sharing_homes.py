"""Two machines of a team: homes that share one bucket, and nothing else."""

import time
import uuid
from pathlib import Path

from chain import Home, wait_until
from s3_server import S3Service

from luthier.bucket import Bucket, open_bucket
from luthier.compute.orders import Remote
from luthier.compute.owner import GONE_AFTER_S
from luthier.settings import Settings


class Team:
    """A bucket in a real S3 service, and homes that keep their runs in it."""

    def __init__(self, service: S3Service, folder: Path, prefect_api: str):
        self.service, self.folder, self.prefect_api = service, folder, prefect_api
        self.bucket_name = f"team-{uuid.uuid4().hex[:8]}"
        service.create_bucket(self.bucket_name)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.service.environment,
            "PREFECT_API_URL": self.prefect_api,
            "LUTHIER_STORAGE": f"s3://{self.bucket_name}/luthier",
            "LUTHIER_STORAGE_ENDPOINT": self.service.endpoint,
            "LUTHIER_SHARE_RUNS": "true",
        }

    def home(self, name: str) -> Home:
        return Home(self.folder / name, **self.environment)

    def bucket(self) -> Bucket:
        """Needs the service's variables in this process."""
        return open_bucket(Settings(storage=f"s3://{self.bucket_name}/luthier", storage_endpoint=self.service.endpoint))

    def stored_steps(self, run_id: str) -> list[int]:
        """Steps of the whole checkpoints in the storage."""
        keys = [stored.key for stored in self.bucket().list(f"runs/{run_id}/checkpoints")]
        return sorted(int(key.split("/")[-2].split("-")[1]) for key in keys if key.endswith("/manifest.json"))

    def let_minutes_pass(self, run_id: str) -> None:
        """The last sign of whoever holds the run was given so long ago that it does not count any more."""
        remote = Remote(self.bucket(), run_id)
        key = f"{remote.root}/owner.json"
        remote.put_json(key, remote.get_json(key) | {"time": time.time() - GONE_AFTER_S})


def wait_for_step(team: Team, home: Home, step: int, process) -> None:
    wait_until(lambda: (home.root / "runs").exists() and any((home.root / "runs").iterdir()), process)
    wait_until(lambda: max(team.stored_steps(home.run.run_id), default=0) >= step, process)
