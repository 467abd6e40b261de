"""Automations of the Prefect server, which act when nobody else is left to act."""

from datetime import timedelta

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

SILENT_FOR = timedelta(seconds=90)
"""Three of the heartbeats that prefect.yaml asks of a flow run."""

ALIVE = "heartbeat"
OVER = ("Completed", "Failed", "Cancelled", "Crashed")
WAITING = ("Scheduled", "Late", "Resuming", "AwaitingRetry", "AwaitingConcurrencySlot", "Pending")
AT_REST = ("Suspended", "Paused", *WAITING)
"""What waits has no process that could show a heartbeat; one that was started again after a crash waits too."""


def silence_is_a_crash() -> Automation:
    """A flow run that showed a heartbeat, and then neither another one nor an end, is set to Crashed."""
    return Automation(
        name="luthier: a silent run has crashed",
        description="Its process is gone. The janitor ends its pods; starting it again continues it.",
        trigger=EventTrigger(
            after={_event(ALIVE)},
            expect={_event(name) for name in (ALIVE, *OVER, *AT_REST)},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENT_FOR,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="No heartbeat for 90 s: its process is gone")],
    )


def register() -> None:
    """Put the automations on the server that PREFECT_API_URL names, in place of earlier ones of the same name."""
    automation = silence_is_a_crash()
    with get_client(sync_client=True) as client:
        for earlier in client.read_automations_by_name(automation.name):
            client.delete_automation(earlier.id)
    automation.create()


def _event(name: str) -> str:
    return f"prefect.flow-run.{name}"
