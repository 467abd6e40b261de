"""Settings of a team or a machine: `luthier.toml`, overridden by LUTHIER_… variables."""

import difflib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, TomlConfigSettingsSource

from luthier.errors import LuthierError, Problems, SpecError
from luthier.people import Channel, Person, check_known

FILE = "luthier.toml"


class Settings(BaseSettings):
    """What belongs to a machine or a team rather than to a run. Raises SpecError or Problems when it cannot be used."""

    model_config = SettingsConfigDict(env_prefix="LUTHIER_", toml_file=FILE, extra="forbid")

    home: Path = Field(Path(".luthier"), description="Where runs, databases and models are kept.")
    mlflow_uri: str | None = Field(None, description="MLflow tracking server; default: a database in the home.")
    prefect_url: str | None = Field(None, description="API of a Prefect server; default: one of the home's own.")
    database: str | None = Field(
        None, repr=False, description="Luthier's own tables, as an SQLAlchemy address; default: SQLite in the home."
    )
    prefect_database: str | None = Field(
        None, repr=False, description="Database of `luthier up`'s Prefect server: postgresql+asyncpg://…"
    )
    mlflow_database: str | None = Field(
        None, repr=False, description="Database of `luthier up`'s MLflow server: postgresql+psycopg://…"
    )
    mlflow_artifacts: str | None = Field(
        None, description="Where `luthier up`'s MLflow server keeps artifacts: s3://bucket/prefix, or a path."
    )
    sign_in: str | None = Field(
        None, repr=False, pattern=r"^[^:\s]+:\S{12,}$", description="user:password of shared servers (12 or more)."
    )
    gpu_slots: int | None = Field(
        None, ge=1, description="Deployed runs that train on this machine at once; default: as many as it has GPUs."
    )
    storage: str | None = Field(
        None, description="Where rented machines keep their runs: s3://bucket/prefix, or a path."
    )
    share_runs: bool = Field(
        False, description="Keep runs of this machine in the storage too, so that another machine can go on with them."
    )
    storage_endpoint: str | None = Field(None, description="Address of an S3 service other than AWS.")
    storage_region: str | None = Field(None, description="Region of the bucket.")
    pod_image: str | None = Field(None, description="The image that rented machines run (deployments/Dockerfile).")
    pod_secrets: dict[str, str] = Field(
        default_factory=dict, description="Variable in the pod: name of the RunPod secret that fills it."
    )
    pod_cloud: Literal["SECURE", "COMMUNITY"] = Field(
        "SECURE", description="Whose machines: data centres', or anybody's."
    )
    pod_disk_gb: int = Field(40, ge=10, description="Container disk of a pod, in GB.")
    pod_volume: str | None = Field(None, description="Id of a network volume that keeps base models between pods.")
    pod_ready_minutes: float = Field(20, gt=0, description="How long a pod may take to come up.")
    heartbeat_s: float = Field(
        10, gt=0, le=60, description="Seconds between a pod's signs of life; after three it is lost."
    )
    provider_poll_s: float = Field(15, gt=0, description="Seconds between questions to the provider.")
    channels: dict[str, Channel] = Field(default_factory=dict, description="Where people are told, by name.")
    people: dict[str, Person] = Field(default_factory=dict, description="Who is told what, by a short name.")

    def __init__(self, **values: Any):
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise Problems("the settings cannot be used", [_problem(fault) for fault in error.errors()]) from None
        except (OSError, ValueError) as error:
            raise SpecError("the settings cannot be read", str(error), "Mend the file.", FILE) from None

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, env_settings: Any, **_: Any) -> Any:  # type: ignore[override]
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("home")
    @classmethod
    def home_is_known(cls, home: Path) -> Path:
        try:
            return home.expanduser().absolute()
        except RuntimeError as error:  # ~somebody
            raise ValueError(str(error)) from None

    @field_validator("people")
    @classmethod
    def people_can_be_reached(cls, people: dict[str, Person], info: ValidationInfo) -> dict[str, Person]:
        if "channels" in info.data:  # else they are refused themselves
            check_known(people, info.data["channels"])
        return people

    @property
    def root(self) -> Path:
        return self.home.expanduser().absolute()

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def templates(self) -> Path:
        return self.root / "templates"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.root / 'luthier.db'}"

    @property
    def tracking_uri(self) -> str:
        return self.mlflow_uri or f"sqlite:///{self.root / 'mlflow' / 'mlflow.db'}"


def _problem(fault: Any) -> LuthierError:
    loc = [str(part) for part in fault["loc"]]
    if loc[0] == "channels" and len(loc) > 3:
        del loc[2]  # pydantic names the kind of channel too
    key = ".".join(loc)
    if fault["type"] == "extra_forbidden" and len(loc) == 1:
        near = difflib.get_close_matches(key, Settings.model_fields, n=1)
        fix = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(Settings.model_fields)}."
        return SpecError("unknown key", "", fix, f"{FILE}: {key}")
    where = f"{FILE}: {key}" + (f" (or LUTHIER_{key.upper()})" if len(loc) == 1 else "")
    what = "unknown key" if fault["type"] == "extra_forbidden" else fault["msg"].removeprefix("Value error, ")
    return SpecError(what, "", "", where)
