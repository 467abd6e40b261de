"""What is said of a run, from the files in its folder."""

import time
from typing import Any, NamedTuple

from luthier import places, status
from luthier.compute.pods.record import Records, cost_usd
from luthier.errors import LuthierError
from luthier.failures import record
from luthier.failures.words import headline, proposal
from luthier.notify.message import Message, message_id
from luthier.notify.verdict import verdict
from luthier.people import Kind
from luthier.places import Link
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


class Said(NamedTuple):
    """What the run's files do not say. text: what happened; fix: what to do; facts: more lines, label: value."""

    text: str = ""
    fix: str = ""
    facts: dict[str, Any] = {}


def event_id(run: RunFolder, kind: Kind, key: str) -> str:
    """Of something that happens while a run goes on. A run that was deleted and made again is another one."""
    return message_id(run.run_id, str((status.standing(run) or {}).get("created", "")), kind, key)


def of_run(id: str, kind: Kind, run: RunFolder, spec: RunSpec, said: Said) -> Message:
    """The message of `kind` about a run that has a folder."""
    told = status.standing(run) or {}
    failure = (record.kept(run) if kind == "failed" else None) or {}
    found = verdict(run) if kind == "completed" else None
    usd = round(cost_usd(Records(run).all(), time.time()), 2)
    facts = {
        **{label.replace("_", " ").capitalize(): str(value) for label, value in said.facts.items()},
        "Cost": f"${usd:,.2f}",
        "Since its start": seconds(time.time() - told["created"]) if told else "",
        "Run": run.run_id,
        "Project": spec.project.name,
        "Started by": told.get("creator", ""),
        "Guide": failure.get("guide", ""),
        "To try again": _retry(failure),
    }
    return Message(
        id=id,
        kind=kind,
        title=f"{found.word if found else TITLES[kind]}: {_line(spec.name)}",
        lead=redact(found.sentence if found else "" if failure else said.text),
        figures=found.figures if found else [],
        facts=[(label, redact(value)) for label, value in facts.items() if value],
        cause=redact(_cause(failure)),
        fix=redact(said.fix or failure.get("fix", "")),
        links=places.links(run),
        run_id=run.run_id,
        project=spec.project.name,
        creator=told.get("creator", ""),
        usd=usd,
        at=time.time(),
        summary=found.summary if found else "",
    )


def _cause(failure: record.Record) -> str:
    """What the catalogue calls it, and the error's own words."""
    if not failure:
        return ""
    return f"{headline(failure)}. {LuthierError(failure['what'], failure['why'], '', failure['where'])}"


def _retry(failure: record.Record) -> str:
    """The command, and what it would change of the spec."""
    if not failure:
        return ""
    change = proposal(failure)
    return f"{failure['retry']} ({change})" if change else failure["retry"]


def without_folder(id: str, kind: Kind, name: str, project: str, said: Said, page: str) -> Message:
    """The message about a flow run that ended before it had a run, or whose run's folder is elsewhere."""
    return Message(
        id=id,
        kind=kind,
        title=f"{TITLES[kind]}: {_line(name)}",
        lead="" if kind == "failed" else redact(said.text),
        facts=[("Project", project)] if project else [],
        cause=redact(said.text) if kind == "failed" else "",
        fix=redact(said.fix),
        links=[Link(label="Prefect", target=page)],
        project=project,
        at=time.time(),
    )


def _line(name: str) -> str:
    return " ".join(name.split())
