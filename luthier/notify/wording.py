"""What is said of a run, from the files in its folder."""

import time
from typing import Any

from luthier import status
from luthier.compute.pods.record import Records, cost_usd
from luthier.failures import record
from luthier.notify import places
from luthier.notify.message import Message, message_id
from luthier.notify.verdict import verdict
from luthier.people import Kind
from luthier.reporting.numbers import seconds
from luthier.run_folder import RunFolder
from luthier.secrets import redact
from luthier.spec import RunSpec

TITLES: dict[Kind, str] = {
    "completed": "Done",
    "failed": "Failed",
    "crashed": "Crashed",
    "cancelled": "Cancelled",
    "waiting": "Waits for you",
    "interrupted": "Interrupted",
    "retention": "Forgets too much",
    "cost": "Cost",
}


def of_run(run: RunFolder, spec: RunSpec, kind: Kind, key: str, text: str = "", fix: str = "", **facts: Any) -> Message:
    """The message of `kind` about a run; key: what makes it another message than the last one of its kind.

    text: what happened, where the run's files do not say it; facts: more lines, label: value.
    """
    told = status.standing(run) or {}
    failure = (record.kept(run) if kind in ("failed", "crashed") else None) or {}
    found = verdict(run) if kind == "completed" else None
    usd = round(cost_usd(Records(run).all(), time.time()), 2)
    lines = {
        **(found.facts if found else {}),
        **{label.replace("_", " ").capitalize(): str(value) for label, value in facts.items()},
        "Cost": f"${usd:,.2f}",
        "Since its start": seconds(time.time() - told["created"]) if told else "",
        "Run": run.run_id,
        "Project": spec.project.name,
        "Started by": told.get("creator", ""),
    }
    return Message(
        id=message_id(run.run_id, str(told.get("created", "")), kind, key),
        kind=kind,
        title=f"{found.word if found else TITLES[kind]}: {_line(spec.name)}",
        lead=redact(text or (found.sentence if found else told.get("why", "") if kind == "crashed" else "")),
        facts=[(label, redact(value)) for label, value in lines.items() if value],
        cause=redact(" ".join(filter(None, (failure.get("where"), failure.get("what"), failure.get("why"))))),
        fix=redact(fix or failure.get("fix", "")),
        links=places.links(run),
        run_id=run.run_id,
        project=spec.project.name,
        creator=told.get("creator", ""),
        usd=usd,
        at=time.time(),
        summary=found.summary if found else "",
    )


def _line(name: str) -> str:
    return " ".join(name.split())
