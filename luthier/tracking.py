"""MLflow: one run per pipeline run, the same one across every interruption.

Local files are the truth; the tracker copies them. `tracking.json` remembers the MLflow run and how
far its metrics were copied; only a kill right between the two can log a batch again, with the same values.
"""

import os
import time
from pathlib import Path
from typing import Any

from luthier import status
from luthier.history import metric_rows
from luthier.run_folder import RunFolder
from luthier.secrets import without_secrets
from luthier.spec import RunSpec
from luthier.stages import slug
from luthier.storage import read_json, write_json

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
os.environ |= {name: value for name, value in QUIET.items() if name not in os.environ}  # read when MLflow is imported

METRICS = ("train_loss", "validation_loss", "learning_rate", "grad_norm", "perplexity")
RUN_TAG = "luthier.run_id"
BATCH = 1000
"""MLflow's limit of metrics in one batch."""


class Tracker:
    """The MLflow run of one pipeline run. Every method raises MlflowException when the server is away."""

    def __init__(self, uri: str, run: RunFolder):
        from mlflow import MlflowClient

        self.uri = uri
        self.run = run
        if uri.startswith("sqlite:///"):
            Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        self.client = MlflowClient(uri)

    @property
    def state(self) -> dict[str, Any]:
        return read_json(self.run.tracking) if self.run.tracking.exists() else {}

    @property
    def run_id(self) -> str:
        return self.state["mlflow_run_id"]

    def start(self, spec: RunSpec, data_sha256: str) -> str:
        """Find or create the MLflow run, with parameters, tags and the data's hash; returns its id."""
        if self._is_there():
            self.client.update_run(self.run_id, status="RUNNING")
            return self.run_id
        experiment = self._experiment(slug(spec.project.name))
        known = self.client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{self.run.run_id}'")
        run_id = known[0].info.run_id if known else self._create(experiment, spec, data_sha256)
        found = {"mlflow_run_id": run_id, "mlflow_uri": without_secrets(self.uri), "mlflow_experiment_id": experiment}
        write_json(self.run.tracking, found | {"synced_step": -1})
        return run_id

    def sync_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Log the steps that MLflow has not seen; a step repeated after a resume has the same values."""
        from mlflow.entities import Metric

        state = self.state
        now = int(time.time() * 1000)
        fresh = [row for row in rows if row["step"] > state["synced_step"]]
        metrics = [Metric(name, row[name], now, row["step"]) for row in fresh for name in METRICS if name in row]
        for start in range(0, len(metrics), BATCH):
            self.client.log_batch(self.run_id, metrics=metrics[start : start + BATCH])
        if fresh:
            write_json(self.run.tracking, {**state, "synced_step": fresh[-1]["step"]})

    def log_stage(self, stage: str, values: dict[str, float]) -> None:
        """The result of an evaluation: `<stage>.<metric>`."""
        for name, value in values.items():
            self.client.log_metric(self.run_id, f"{stage}.{name}", value)

    def finish(self, spec: RunSpec) -> None:
        """Upload metrics, report, adapter and spec, register the adapter, and close the run. Again does no harm."""
        run_id, report = self.run_id, read_json(self.run.report / "report.json")
        self.sync_metrics(metric_rows(self.run))
        self.client.log_artifacts(run_id, str(self.run.report), "report")
        self.client.log_artifacts(run_id, str(self.run.adapter), "adapter")
        for file in (self.run.metrics, self.run.spec):
            self.client.log_artifact(run_id, str(file))
        self.client.set_tag(run_id, "luthier.verdict", report["verdict"]["label"])
        self.client.set_tag(run_id, "luthier.adapter_sha256", report["adapter_sha256"])
        self._register(slug(spec.name), report["adapter_sha256"])
        self.client.set_terminated(run_id, "FINISHED")
        write_json(self.run.tracking, {**self.state, "finished": report["adapter_sha256"]})

    def wait(self) -> None:
        """Show that the MLflow run goes on later: MLflow has no state for one that waits for a person."""
        self.client.update_run(self.run_id, status="SCHEDULED")

    def close(self, status: str) -> None:
        """End the MLflow run as FAILED or KILLED; a later attempt opens it again."""
        self.client.set_terminated(self.run_id, status)

    def _is_there(self) -> bool:
        """Whether the remembered run is on this server: it may be another one now, or have been emptied."""
        from mlflow.exceptions import MlflowException

        if self.state.get("mlflow_uri") != without_secrets(self.uri):
            return False
        try:
            self.client.get_run(self.run_id)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False
        return True

    def _experiment(self, name: str) -> str:
        known = self.client.get_experiment_by_name(name)
        if known:
            return known.experiment_id
        local = self.uri.startswith("sqlite:///")
        artifacts = (Path(self.uri.removeprefix("sqlite:///")).parent / "artifacts" / name).as_uri() if local else None
        return self.client.create_experiment(name, artifact_location=artifacts)

    def _create(self, experiment: str, spec: RunSpec, data_sha256: str) -> str:
        from mlflow.entities import Dataset, DatasetInput, Param

        tags = {
            RUN_TAG: self.run.run_id,
            "luthier.project": spec.project.name,
            "luthier.preset": spec.training.preset,
            "luthier.creator": status.creator(self.run),
        }
        run = self.client.create_run(experiment, run_name=self.run.run_id, tags=tags)
        source = Dataset(spec.data.path.name, data_sha256[:32], "local", str(spec.data.path))
        self.client.log_inputs(run.info.run_id, [DatasetInput(source)])
        params = {"data.sha256": data_sha256, "seed": spec.seed, "model.base": spec.model.base}
        params |= {f"training.{name}": value for name, value in spec.training.model_dump().items()}
        params |= {"evaluation.primary_metric": spec.evaluation.primary_metric}
        batch = [Param(name, str(value)) for name, value in params.items()]
        self.client.log_batch(run.info.run_id, params=batch)
        return run.info.run_id

    def _register(self, name: str, adapter_sha256: str) -> None:
        """The adapter as a version of registered model `name`, alias `challenger`; once per adapter and run."""
        from mlflow.exceptions import MlflowException

        try:
            self.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        tags = {"adapter_sha256": adapter_sha256, RUN_TAG: self.run.run_id}
        versions = self.client.search_model_versions(f"name = '{name}' and run_id = '{self.run_id}'")
        same = [version for version in versions if version.tags.get("adapter_sha256") == adapter_sha256]
        artifacts = f"{self.client.get_run(self.run_id).info.artifact_uri}/adapter"
        version = same[0] if same else self.client.create_model_version(name, artifacts, self.run_id, tags)
        self.client.set_registered_model_alias(name, "challenger", version.version)


def is_tracked(run: RunFolder) -> bool:
    """Whether MLflow has all of a complete run; False when it was away at the end."""
    return run.tracking.exists() and "finished" in read_json(run.tracking)
