"""MLflow's server: its pages, and for a team its database, its artifacts and its sign-in."""

import secrets
import sys
from pathlib import Path

from flows.server import LOOPBACK
from flows.up.service import Service, ok
from luthier.settings import Settings

USERS = """[mlflow]
default_permission = READ
database_uri = sqlite:///{users}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
grant_default_workspace_access = false
"""


def mlflow(settings: Settings, port: int, host: str) -> Service:
    """Addresses with passwords go by environment: anybody on the machine can read a command line."""
    folder = settings.root / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]
    environment = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_BACKEND_STORE_URI": settings.mlflow_database or settings.tracking_uri,
        "MLFLOW_ARTIFACTS_DESTINATION": settings.mlflow_artifacts or (folder / "artifacts").as_uri(),
    }
    if settings.storage_endpoint:
        environment["MLFLOW_S3_ENDPOINT_URL"] = settings.storage_endpoint
    if settings.storage_region:
        environment["AWS_DEFAULT_REGION"] = settings.storage_region
    if host != LOOPBACK:
        environment["MLFLOW_SERVER_ALLOWED_HOSTS"] = "*"  # signed in; it may be called by any of its names
    if settings.sign_in:
        command += ["--app-name", "basic-auth"]
        environment |= _sign_in(settings.sign_in, folder)
    url = f"http://{LOOPBACK}:{port}"
    return Service("MLflow", command, folder / "server.log", environment, lambda: ok(f"{url}/health"), url)


def _sign_in(sign_in: str, folder: Path) -> dict[str, str]:
    """Who signs in so is MLflow's administrator, and can make other users there."""
    config = folder / "sign-in.ini"
    config.write_text(USERS.format(users=folder / "users.db"))
    user, _, password = sign_in.partition(":")
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(config),
        "MLFLOW_AUTH_ADMIN_USERNAME": user,
        "MLFLOW_AUTH_ADMIN_PASSWORD": password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_urlsafe(32),  # signs the cookies of this server's forms
    }
