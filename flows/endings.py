"""The end of a flow run as a message: which kind it is, and what is known of its run."""

import re
from typing import Any

from prefect.client.schemas.objects import FlowRun, State, StateType
from pydantic import ValidationError

from flows.flow_runs import runs_of
from luthier import status
from luthier.errors import LuthierError
from luthier.notify.message import Message, message_id
from luthier.notify.wording import Said, of_run, without_folder
from luthier.people import FINAL, Kind
from luthier.places import flow_run_page
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import NotifySpec, RunSpec
from luthier.spec_file import load_spec
from tasks.approval import SUPERSEDED, WAITING

KINDS: dict[StateType, Kind] = {
    StateType.COMPLETED: "completed",
    StateType.FAILED: "failed",
    StateType.CRASHED: "crashed",
    StateType.CANCELLING: "cancelled",  # what the hook sees
    StateType.CANCELLED: "cancelled",
}
EXCEPTION = re.compile(r"^Flow run encountered an exception: (\w+: )?")
"""How Prefect begins the message of a failure; what follows is ours."""

START_AGAIN = "Start it again: it continues."
FIXES: dict[Kind, str] = {"crashed": START_AGAIN, "failed": "Its log on Prefect's page says more. " + START_AGAIN}


def ending_id(flow_run: FlowRun, kind: Kind) -> str:
    """One message for each final state of each attempt of a flow run, whoever writes it first."""
    return message_id("flow run", str(flow_run.id), str(flow_run.run_count), kind)


def ending_ids(flow_run: FlowRun) -> list[str]:
    return [ending_id(flow_run, kind) for kind in FINAL]


def ending(flow_run: FlowRun, state: State[Any], settings: Settings, api_url: str) -> tuple[Message, NotifySpec] | None:
    """The message, and whom the spec wants told; None where a run waits for somebody, which is told when it begins."""
    run = next(iter(runs_of(settings, str(flow_run.id))), None)
    kind = _kind(state, run)
    if kind is None:
        return None
    id, said = ending_id(flow_run, kind), Said(_text(state, kind), FIXES.get(kind, ""))
    spec = _spec(flow_run, run)
    if run and spec:
        known = said._replace(fix="") if kind == "failed" and run.failure.exists() else said
        return of_run(id, kind, run, spec, known), spec.notify
    name, project = _named(flow_run, spec)
    page = flow_run_page(api_url, str(flow_run.id))
    return without_folder(id, kind, name, project, said, page), spec.notify if spec else NotifySpec()


def _kind(state: State[Any], run: RunFolder | None) -> Kind | None:
    """Prefect calls Ctrl-C a crash, and a flow run that ends to wait for somebody cancelled."""
    if state.name in (WAITING, SUPERSEDED):
        return None
    kind = KINDS[state.type]
    told = status.standing(run) if run else None
    return "cancelled" if kind == "crashed" and told and told["state"] == "cancelled" else kind


def _text(state: State[Any], kind: Kind) -> str:
    """A cancellation has words of its own where a person said no; Prefect's say nothing more than the title."""
    words = EXCEPTION.sub("", state.message or "")
    return "" if kind == "cancelled" and words.startswith("Flow run was cancelled") else words


def _spec(flow_run: FlowRun, run: RunFolder | None) -> RunSpec | None:
    """As it was asked for, else as the run's folder has it; None where it could not be read."""
    given = flow_run.parameters.get("spec")
    try:
        return given if isinstance(given, RunSpec) else RunSpec.model_validate(given)
    except ValidationError:
        try:
            return load_spec(run.spec) if run else None
        except LuthierError:
            return None


def _named(flow_run: FlowRun, spec: RunSpec | None) -> tuple[str, str]:
    """Name and project of what was asked for, faulty as it may be."""
    if spec:
        return spec.name, spec.project.name
    given = flow_run.parameters.get("spec")
    name = given.get("name") if isinstance(given, dict) else None
    return str(name or flow_run.name), ""
