"""The daily summary: one message a person instead of many, made of what the outbox holds."""

import time
from datetime import date

from luthier import status
from luthier.notify.deliver import WITHIN_S, deliver
from luthier.notify.message import Message, message_id
from luthier.notify.outbox import Outbox
from luthier.notify.recipients import of_person
from luthier.people import FINAL, Person
from luthier.run_folder import RunFolder
from luthier.settings import Settings

DAY_S = 24 * 3600
LOOK_BACK_S = 7 * DAY_S
"""How far back a digest reaches where none was sent for some days."""

WAITS_FOR_S = 30 * DAY_S


def send_digests(settings: Settings, day: date) -> list[str]:
    """Tell everybody who wants a daily summary what happened since their last one; the names of those who get one.

    Exactly one a person and day, however often this is called; nothing where nothing happened.
    """
    outbox, told = Outbox(settings), []
    for key in (key for key, person in settings.people.items() if person.digest == "daily"):
        until = time.time()
        since = max(outbox.last_digest(key) or until - DAY_S, until - LOOK_BACK_S)
        message = digest(settings, key, since, until, day)
        if message and outbox.put(message, of_person(key, settings)):
            told.append(key)
    deliver(settings, WITHIN_S)
    return told


def digest(settings: Settings, key: str, since: float, until: float, day: date) -> Message | None:
    """The summary for one person, of messages between two times (seconds since 1970); None where there is none."""
    person, outbox = settings.people[key], Outbox(settings)
    happened = [each for each in outbox.between(since, until) if _concerns(person, each)]
    waiting = [each for each in _waiting(settings, outbox, until) if _concerns(person, each)]
    ends = list({each.run_id or each.id: each for each in happened if each.kind in FINAL}.values())
    others = [each for each in happened if each.kind not in (*FINAL, "waiting")]
    if not ends and not waiting and not others:
        return None
    usd = sum(each.usd or 0 for each in ends)
    counts = {kind: sum(each.kind == kind for each in ends) for kind in FINAL}
    told = [f"{count} {kind}" for kind, count in counts.items() if count]
    told += [f"{len(waiting)} waiting for somebody"] if waiting else []
    return Message(
        id=message_id("digest", key, day.isoformat()),
        kind="digest",
        title=f"Luthier, {day.isoformat()}: {', '.join(told) or 'news'}",
        lead=f"The runs that ended have cost ${usd:,.2f}." if ends else "",
        facts=[_row(each) for each in (*waiting, *ends, *others)],
        usd=round(usd, 2),
        at=until,
    )


def _row(message: Message) -> tuple[str, str]:
    told = [message.lead or message.cause, f"to do: {message.fix}" if message.fix else ""]
    cost = f"${message.usd:,.2f}" if message.usd else ""
    return message.title, " · ".join(part for part in (*told, cost, message.run_id) if part)


def _concerns(person: Person, message: Message) -> bool:
    return message.kind in person.kinds and (not person.projects or message.project in person.projects)


def _waiting(settings: Settings, outbox: Outbox, until: float) -> list[Message]:
    """Of each run whose last word was that it waits, that word; unless its folder is here and knows better."""
    last = {
        each.run_id: each for each in outbox.between(until - WAITS_FOR_S, until) if each.kind in (*FINAL, "waiting")
    }
    return [each for each in last.values() if each.kind == "waiting" and _still_waits(settings, each.run_id)]


def _still_waits(settings: Settings, run_id: str) -> bool:
    told = status.standing(RunFolder(settings.runs / run_id))
    return told is None or told["state"] == "waiting"
