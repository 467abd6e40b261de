"""The variables that a rented pod starts with: where its run lies, and by what it may reach it.

Whoever has the account's key can read them, so they name RunPod's secrets and hold none. RunPod puts
a secret in the place of `{{ RUNPOD_SECRET_<name> }}` when the pod starts.
"""

import ipaddress
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from luthier.bucket import Bucket, open_bucket
from luthier.compute.pods.port import VOLUME_PATH
from luthier.errors import SpecError, StorageError
from luthier.secrets import is_secret, without_secrets
from luthier.settings import Settings

MOST = 50
"""Variables that RunPod takes for a pod, at most."""

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
SHORT_LIVED = (*KEYS, "AWS_SESSION_TOKEN")
OURS = ("LUTHIER_", "RUNPOD_")
ON_THE_VOLUME = {"LUTHIER_VOLUME": VOLUME_PATH, "HF_HOME": f"{VOLUME_PATH}/huggingface"}
"""Base models, from wherever they come, for the next pod to find."""

SECRET_NAME = re.compile(r"(?!runpod)[a-z_][a-z0-9_./-]{0,190}", re.IGNORECASE)
"""RunPod's rule for the name of a secret (REST v2, "create a secret")."""

STORAGE = "luthier.toml: storage (or LUTHIER_STORAGE)"
SECRETS = "luthier.toml: pod_secrets (or LUTHIER_POD_SECRETS)"


def pod_environment(run_id: str, name: str, settings: Settings, deadline: datetime) -> dict[str, str]:
    """What pod `name` is told of run `run_id`; `deadline` is when it ends itself at the latest.

    Raises StorageError where a pod could not reach the storage, SpecError where the settings name no storage or
    pod_secrets that cannot work.
    """
    bucket = open_bucket(settings)
    variables = {
        "LUTHIER_RUN": run_id,
        "LUTHIER_POD": name,
        "LUTHIER_POD_DEADLINE": deadline.astimezone(UTC).isoformat(timespec="seconds"),
        "LUTHIER_HEARTBEAT_S": f"{settings.heartbeat_s:g}",
        **_way_to(bucket, settings.pod_secrets),
        **(ON_THE_VOLUME if settings.pod_volume else {}),
        **{variable: _reference(variable, secret) for variable, secret in settings.pod_secrets.items()},
    }
    if len(variables) > MOST:
        why = f"With Luthier's own that makes {len(variables)} variables, and RunPod takes {MOST} for a pod."
        raise SpecError("there are too many pod_secrets", why, "Leave some out.", SECRETS)
    return variables


def _way_to(bucket: Bucket, pod_secrets: dict[str, str]) -> dict[str, str]:
    """Address of the storage and, for S3, what opens it."""
    if not bucket.uri.startswith("s3://"):
        return {"LUTHIER_STORAGE": _folder(bucket.uri)}
    _check_address(bucket)
    way = {
        "LUTHIER_STORAGE": bucket.uri,
        "LUTHIER_STORAGE_ENDPOINT": bucket.endpoint,
        "LUTHIER_STORAGE_REGION": bucket.region,
    }
    return {variable: value for variable, value in way.items() if value} | _credentials(bucket.uri, pod_secrets)


def _folder(path: str) -> str:
    if not _cloud_is_simulated():
        raise StorageError(
            f"rented pods cannot see the folder {path}", "It is on this machine.",
            "Name a bucket: s3://bucket/prefix. A folder does for `luthier rehearse`.", STORAGE,
        )  # fmt: skip
    return str(Path(path).expanduser().absolute())


def _check_address(bucket: Bucket) -> None:
    """Refuse an endpoint with a password in it, and one that leads nowhere from a rented machine."""
    endpoint = bucket.endpoint or ""
    if without_secrets(endpoint) != endpoint:
        what = f"the address of the storage holds a user or a password: {without_secrets(endpoint)}"
        raise StorageError(what, "It would be shown.", "Take it out; keys belong into variables.", STORAGE)
    if bucket.endpoint and _is_private(bucket.endpoint) and not _cloud_is_simulated():
        raise StorageError(
            f"rented pods cannot reach the storage at {bucket.endpoint}", "That address is known on this network only.",
            "Set storage_endpoint to a public address.", "luthier.toml: storage_endpoint",
        )  # fmt: skip


def _credentials(uri: str, pod_secrets: dict[str, str]) -> dict[str, str]:
    """Nothing where RunPod's secrets open the bucket; else short-lived credentials, never a key that lasts."""
    if pod_secrets.keys() >= set(KEYS):
        return {}
    lent = {variable: os.environ.get(variable, "") for variable in SHORT_LIVED}
    if all(lent.values()) and pod_secrets.keys().isdisjoint(SHORT_LIVED):
        return lent
    names = ", ".join(f'{variable} = "<name of the secret>"' for variable in KEYS)
    raise StorageError(
        f"rented pods would have no credentials for {uri}",
        "Keys that last are not written into a pod's environment: everybody with the RunPod account can read it.",
        f"Keep them as RunPod secrets and set pod_secrets = {{{names}}}; or set {', '.join(SHORT_LIVED)} to "
        "credentials that expire.",
        SECRETS,
    )


def _reference(variable: str, secret: str) -> str:
    """What RunPod replaces by the secret. A value that is no name may be the secret itself, so it is not repeated."""
    if variable.startswith(OURS):
        what, fix = f"{variable} cannot be filled from a secret", "Luthier and RunPod set such variables themselves."
    elif not (variable.isidentifier() and is_secret(variable)):
        what = f"{variable} does not say that it is secret, so it could not be kept out of logs"
        fix = "End it with _KEY, _TOKEN, _SECRET or _PASSWORD."
    elif not SECRET_NAME.fullmatch(secret):
        what, fix = (
            f"{variable} names no RunPod secret",
            "Give the secret's name, not the secret: letters, digits, _.-/",
        )
    else:
        return f"{{{{ RUNPOD_SECRET_{secret} }}}}"
    raise SpecError(what, "", fix, SECRETS)


def _cloud_is_simulated() -> bool:
    """Whether the "rented" machines are processes of this one (`luthier rehearse`)."""
    address = _address(os.environ.get("RUNPOD_API_BASE_URL"))
    return address is not None and address.is_loopback


def _is_private(endpoint: str) -> bool:
    """Whether no rented machine could reach it. A name is taken for a public one: only the pod could look it up."""
    address = _address(endpoint)
    return address is not None and address.is_private


def _address(url: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    host = urlsplit(url or "").hostname or ""
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
