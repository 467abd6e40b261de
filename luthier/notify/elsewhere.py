"""What a channel does not take is told on another one."""

from datetime import UTC, datetime

from luthier.notify.channels import Undelivered
from luthier.notify.message import Message, message_id
from luthier.notify.outbox import Delivery, Outbox
from luthier.notify.recipients import Recipient, of_channel, of_person
from luthier.secrets import redact
from luthier.settings import Settings


def tell_elsewhere(outbox: Outbox, delivery: Delivery, failure: Undelivered, settings: Settings) -> None:
    """Put the message into the outbox for another channel, with what is wrong with the first; where its reader has it
    on another channel anyway, only that, once a day. Told once, however often the channel fails.
    """
    if delivery.message.kind == "undelivered":
        return
    others = _others(delivery.recipient, settings)
    having = outbox.recipients_of(delivery.message.id)
    if known := next((other for other in others if other in having), None):
        outbox.put(_notice(delivery, failure), [known])
    elif others:
        outbox.put(_carried(delivery, failure), [min(others, key=lambda other: outbox.troubled(other.channel))])


def _others(failing: Recipient, settings: Settings) -> list[Recipient]:
    """Other ways to the same person first; else any other channel of the team."""
    own = of_person(failing.person, settings) if failing.person in settings.people else []
    team = [each for name in settings.channels for each in of_channel(name, settings)]
    return [each for each in (*own, *team) if each.channel != failing.channel]


def _carried(delivery: Delivery, failure: Undelivered) -> Message:
    message, channel = delivery.message, delivery.recipient.channel
    changed = {
        "id": message_id("undelivered", delivery.id),
        "kind": "undelivered",
        "title": f"{message.title} (not delivered at {channel})",
        "facts": [(f"Channel {channel}", redact(f"{failure} It is tried again.")), *message.facts],
    }
    return message.model_copy(update=changed)


def _notice(delivery: Delivery, failure: Undelivered) -> Message:
    channel, now = delivery.recipient.channel, datetime.now(UTC)
    return Message(
        id=message_id("undelivered", channel, now.date().isoformat()),
        kind="undelivered",
        title=f"The channel {channel} does not work",
        lead="Its messages wait, and are tried again.",
        cause=redact(str(failure)),
        fix=f"When it is mended, try it: luthier notify test --channel {channel}",
        at=now.timestamp(),
    )
