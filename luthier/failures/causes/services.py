"""Servers beside a run. MLflow is none of them: while it is away, a run goes on and catches up later."""

from luthier.failures.cause import Cause
from luthier.failures.evidence import Evidence

PREFECT = (
    r"Failed to reach API|All connection attempts failed|Connection refused|Server disconnected|"
    r"Connection reset|Temporary failure in name resolution"
)


def _away(seen: Evidence) -> bool:
    by_prefect = seen.type in ("ServerError", "PrefectHTTPStatusError", "ConnectError", "ReadError")
    return by_prefect or (seen.type in ("RuntimeError", "RemoteProtocolError") and seen.says(PREFECT))


SERVICES = (
    Cause(
        name="prefect_away",
        title="The Prefect server went away",
        why="The flow reports every step to it and cannot go on alone. What was finished stays.",
        fix="Start it (`luthier up`), or unset PREFECT_API_URL so that a run starts its own.",
        fits=_away,
    ),
)
