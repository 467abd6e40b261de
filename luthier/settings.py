"""Settings of a team or a machine: `luthier.toml`, overridden by LUTHIER_… variables."""

from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict, TomlConfigSettingsSource


class Settings(BaseSettings):
    """What belongs to a machine or a team rather than to a run."""

    model_config = SettingsConfigDict(env_prefix="LUTHIER_", toml_file="luthier.toml", extra="ignore")

    home: Path = Field(Path(".luthier"), description="Where runs, databases and models are kept.")
    mlflow_uri: str | None = Field(None, description="MLflow tracking server; default: a database in the home.")
    prefect_url: str | None = Field(None, description="API of a Prefect server; default: one of the home's own.")

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, env_settings: Any, **_: Any) -> Any:  # type: ignore[override]
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def root(self) -> Path:
        return self.home.expanduser().absolute()

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def tracking_uri(self) -> str:
        return self.mlflow_uri or f"sqlite:///{self.root / 'mlflow' / 'mlflow.db'}"
