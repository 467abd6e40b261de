"""How a run stands: one record in its folder, whoever runs it, so that no server has to be asked."""

import getpass
import os
import time
from typing import Any, Literal

from luthier.run_folder import RunFolder
from luthier.storage import read_json, write_json

State = Literal["running", "waiting", "completed", "failed", "cancelled", "crashed"]
How = Literal["terminal", "prefect", "schedule"]


def begin(run: RunFolder, by: str, how: How, flow_run: str) -> None:
    """Somebody starts the run, or goes on with it; call while the run is locked.

    by: who asked for it; the first one stays known as the run's creator. flow_run: the id of the flow run.
    """
    before = read_json(run.status) if run.status.exists() else {}
    now = time.time()
    first = {"creator": before.get("creator", by), "created": before.get("created", now)}
    told = {"state": "running", "by": by, "how": how, "flow_run": flow_run, "since": now, "why": ""}
    write_json(run.status, first | told)


def end(run: RunFolder, state: State, why: str = "") -> None:
    """The run stands still; why: one sentence for people."""
    write_json(run.status, read_json(run.status) | {"state": state, "since": time.time(), "why": why})


def standing(run: RunFolder) -> dict[str, Any] | None:
    """{state, creator, created, by, how, flow_run, since, why}; None where nobody has started it.

    A run that says running while no process holds it has crashed. Times are seconds since 1970.
    """
    if not run.status.exists():
        return None
    told = read_json(run.status)
    if told["state"] == "running" and not run.is_held():
        return told | {"state": "crashed", "why": "Its process is gone. Start it again: it continues."}
    return told


def creator(run: RunFolder) -> str:
    """Who asked for it first; the account of this process where nobody is known."""
    return read_json(run.status)["creator"] if run.status.exists() else account()


def account() -> str:
    """The account of this process; a container's may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
