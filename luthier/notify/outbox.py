"""The outbox: a message is kept here before anybody tries to send it, and until everybody has it."""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from luthier.notify.message import Message, message_id
from luthier.notify.recipients import Recipient
from luthier.notify.tables import DELIVERIES, MESSAGES, SCHEMA, engine
from luthier.secrets import redact
from luthier.settings import Settings

CLAIM_S = 120
"""Nobody else sends what is claimed for so long; the claim of a killed process ends by itself."""


@dataclass(frozen=True)
class Delivery:
    """One message on its way to one recipient; `attempts` counts this one too."""

    id: str
    message: Message
    recipient: Recipient
    attempts: int
    claim: str


class Outbox:
    """Safe for any number of processes and machines on one database."""

    def __init__(self, settings: Settings):
        self.engine = engine(settings.database_url)

    def put(self, message: Message, recipients: Iterable[Recipient]) -> bool:
        """Keep the message and who gets it, both or neither; False where it is there already."""
        rows = [_delivery_row(message, recipient) for recipient in recipients]
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(MESSAGES).values(_message_row(message)))
                if rows:
                    connection.execute(insert(DELIVERIES), rows)
        except IntegrityError:
            return False
        return True

    @property
    def since(self) -> float:
        """When it was made (seconds since 1970); what happened before is not told."""
        with self.engine.connect() as connection:
            return connection.scalars(select(SCHEMA.c.since)).one()

    def holds(self, message: str) -> bool:
        with self.engine.connect() as connection:
            return connection.execute(select(MESSAGES.c.id).where(MESSAGES.c.id == message)).first() is not None

    def claim(self, channels: Iterable[str]) -> Delivery | None:
        """The delivery that has been due longest, for this process alone; None where none of these channels has one."""
        table, now = DELIVERIES.c, time.time()
        free = (table.state == "waiting", table.due <= now, table.claimed_until < now)
        due = select(table.id).where(*free, table.channel.in_(list(channels))).order_by(table.due).limit(20)
        with self.engine.connect() as connection:
            candidates = connection.scalars(due).all()
        for candidate in candidates:
            claim = uuid.uuid4().hex
            values = {"claimed_by": claim, "claimed_until": time.time() + CLAIM_S, "attempts": table.attempts + 1}
            with self.engine.begin() as connection:
                taken = connection.execute(update(DELIVERIES).where(table.id == candidate, *free).values(values))
            if taken.rowcount:
                return self._claimed(candidate, claim)
        return None

    def sent(self, delivery: Delivery) -> None:
        """The receiver has it, whoever claims it by now."""
        values = {"state": "sent", "sent_at": time.time(), "error": "", "claimed_until": 0.0}
        with self.engine.begin() as connection:
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery.id).values(values))

    def failed(self, delivery: Delivery, error: str, again_in_s: float | None) -> None:
        """Try again later; again_in_s None: not by itself."""
        state = {"state": "given_up"} if again_in_s is None else {"due": time.time() + again_in_s}
        mine = (DELIVERIES.c.id == delivery.id, DELIVERIES.c.claimed_by == delivery.claim)
        with self.engine.begin() as connection:
            values = {**state, "error": redact(error), "claimed_until": 0.0}
            connection.execute(update(DELIVERIES).where(*mine).values(values))

    def undelivered(self) -> list[dict[str, Any]]:
        """What nobody has yet, the oldest first: columns of `deliveries` and kind, at and title of the message."""
        joined = select(DELIVERIES, MESSAGES.c.kind, MESSAGES.c.at, MESSAGES.c.body).join(
            MESSAGES, MESSAGES.c.id == DELIVERIES.c.message
        )
        with self.engine.connect() as connection:
            found = connection.execute(joined.where(DELIVERIES.c.state != "sent").order_by(MESSAGES.c.at))
            rows = [dict(row) for row in found.mappings()]
        return [row | {"title": Message.model_validate_json(row.pop("body")).title} for row in rows]

    def recipients_of(self, message: str) -> list[Recipient]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(DELIVERIES).where(DELIVERIES.c.message == message))
            return [_recipient(row) for row in rows.mappings()]

    def troubled(self, channel: str) -> int:
        """How many deliveries the channel has refused and does not have yet."""
        refused = (DELIVERIES.c.channel == channel, DELIVERIES.c.state != "sent", DELIVERIES.c.error != "")
        with self.engine.connect() as connection:
            return connection.scalars(select(func.count()).select_from(DELIVERIES).where(*refused)).one()

    def hurry(self) -> None:
        """Whatever is undelivered is due now, also what was given up."""
        left = or_(DELIVERIES.c.state == "waiting", DELIVERIES.c.state == "given_up")
        with self.engine.begin() as connection:
            connection.execute(update(DELIVERIES).where(left).values(state="waiting", due=time.time(), attempts=0))

    def between(self, since: float, until: float) -> list[Message]:
        """The messages of that time, the oldest first."""
        table = MESSAGES.c
        asked = select(table.body).where(table.at >= since, table.at < until).order_by(table.at)
        with self.engine.connect() as connection:
            return [Message.model_validate_json(body) for body in connection.scalars(asked)]

    def last_digest(self, person: str) -> float | None:
        """When the person's newest daily summary was made."""
        joined = DELIVERIES.join(MESSAGES, MESSAGES.c.id == DELIVERIES.c.message)
        asked = select(func.max(MESSAGES.c.at)).select_from(joined)
        with self.engine.connect() as connection:
            return connection.scalar(asked.where(MESSAGES.c.kind == "digest", DELIVERIES.c.person == person))

    def _claimed(self, delivery: str, claim: str) -> Delivery:
        joined = select(DELIVERIES, MESSAGES.c.body).join(MESSAGES, MESSAGES.c.id == DELIVERIES.c.message)
        with self.engine.connect() as connection:
            row = connection.execute(joined.where(DELIVERIES.c.id == delivery)).mappings().one()
        message = Message.model_validate_json(row["body"])
        return Delivery(delivery, message, _recipient(row), row["attempts"], claim)


def _recipient(row: Any) -> Recipient:
    return Recipient(row["channel"], row["person"], row["address"])


def _message_row(message: Message) -> dict[str, Any]:
    found = {name: getattr(message, name) for name in ("id", "kind", "run_id", "project", "at")}
    return {**found, "body": message.model_dump_json()}


def _delivery_row(message: Message, recipient: Recipient) -> dict[str, Any]:
    return {
        "id": message_id(message.id, recipient.channel, recipient.person, recipient.address),
        "message": message.id,
        "channel": recipient.channel,
        "person": recipient.person,
        "address": recipient.address,
        "state": "waiting",
        "due": time.time(),
        "attempts": 0,
        "claimed_by": "",
        "claimed_until": 0.0,
        "error": "",
    }
