"""A flow run that waits for a person: suspended with a form where a worker runs it, at its end in a terminal."""

import time
from typing import Any, Literal
from uuid import UUID

from prefect import get_run_logger, suspend_flow_run
from prefect.client.orchestration import get_client
from prefect.context import get_run_context
from prefect.exceptions import ObjectNotFound
from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from prefect.runtime import flow_run
from prefect.states import Cancelled, State
from pydantic import Field

from luthier import approval_record as record
from luthier.approval import budget_of, decide, suggested_cap
from luthier.errors import Rejected, WaitsForApproval
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.secrets import redact
from tasks.approval_words import described
from tasks.tell import tell

WAITS_DAYS = 7
"""After that the server ends the flow run as Failed, "never resumed"; once approved, the run can be started again."""


WAITING, SUPERSEDED = "Waiting", "Superseded"
"""Names of a Cancelled state that is the end of a flow run and not of its run; nobody is told of it."""


class DataAnswer(RunInput):
    decision: Literal["approve", "reject"] = Field(
        title="Decision", description="approve: it trains on these data. reject: the run ends; nothing is lost."
    )
    name: str = Field(title="Your name", min_length=1, max_length=100, description="Kept with the decision.")
    note: str = Field("", title="Note", max_length=1000, description="Why, for those who read it later.")


class CostAnswer(DataAnswer):
    decision: Literal["approve", "reject"] = Field(
        title="Decision", description="approve: it rents, up to the cap. reject: the run ends; nothing is lost."
    )
    cap_usd: float = Field(
        title="Cap in USD", gt=0, description="The most that the run may cost. There it saves its work and ends."
    )


FORMS: dict[record.About, type[RunInput]] = {"data": DataAnswer, "cost": CostAnswer}


def take_answer(run: RunFolder) -> None:
    """Put into the record what was said in the form with which this flow run waited; call while the run is locked.

    A form of another flow run is withdrawn: this one goes on with its work.
    """
    form = record.read(run)["form"]
    if form is None:
        return
    if form["flow_run"] == str(flow_run.id):
        said = read_flow_run_input(keyset_from_base_key(f"suspended-{form['key']}")["response"])
        if said and not _is_known(run, form["about"], said):
            decide(run, form["about"], said["decision"] == "approve", said["name"], *_more(said))
    else:
        _withdraw(form["flow_run"])
    record.show_form(run, None)


def stand_still(run: Run, why: WaitsForApproval | Rejected) -> State[Any]:
    """What becomes of a flow run that must not go on; call when nothing is held or rented any more.

    Where a worker runs it, it is suspended until somebody answers, and this raises Prefect's Pause. Else it is
    Cancelled with the reason: nothing failed, and a person's word is what ends or starts it.
    """
    if isinstance(why, WaitsForApproval):
        asked = record.read(run.folder)["asked"]
        tell(run, "waiting", f"{asked['about']}-{asked['at']:.0f}", f"{why.what}. {why.why}", why.fix)
        if get_run_context().flow_run.deployment_id:
            _suspend(run, asked)
    name = WAITING if isinstance(why, WaitsForApproval) else None
    return Cancelled(name=name, message=redact(str(why)), data=why)


def _suspend(run: Run, asked: dict[str, Any]) -> None:
    key = f"{asked['about']}-{time.time():.0f}"
    record.show_form(run.folder, {"flow_run": str(flow_run.id), "key": key, "about": asked["about"]})
    initial = {"cap_usd": suggested_cap(asked["usd"], budget_of(run.folder))} if asked["about"] == "cost" else {}
    form = FORMS[asked["about"]].with_initial_data(description=described(run, asked, WAITS_DAYS), **initial)
    suspend_flow_run(wait_for_input=form, key=key, timeout=WAITS_DAYS * 86400)


def _is_known(run: RunFolder, about: record.About, said: dict[str, Any]) -> bool:
    """Whether it is the word that `luthier approve` wrote before it resumed the flow run."""
    word = record.last(run, about)
    return bool(word) and word["by"] == said["name"] and word["approved"] == (said["decision"] == "approve")


def _more(said: dict[str, Any]) -> tuple[str, float | None]:
    return said.get("note", ""), said.get("cap_usd")


def _withdraw(other: str) -> None:
    """Nobody has to answer any more what another flow run asked."""
    with get_client(sync_client=True) as client:
        try:
            if (state := client.read_flow_run(UUID(other)).state) and state.is_paused():
                gone = Cancelled(name=SUPERSEDED, message="Another flow run goes on with its work")
                client.set_flow_run_state(UUID(other), gone)
        except ObjectNotFound:  # on another server, or deleted
            get_run_logger().info("flow run %s, which waited for approval, is not on this server", other)
