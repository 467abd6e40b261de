"""A test message, sent at once and past the outbox, so that its sender sees what the receiver does."""

import time
import uuid
from typing import Any

from luthier.notify.channels import Undelivered, send
from luthier.notify.message import Message
from luthier.notify.recipients import Recipient
from luthier.secrets import redact
from luthier.settings import Settings


def trial(recipient: Recipient, settings: Settings) -> dict[str, Any]:
    """{channel, person, address, ok, error, seconds}."""
    message = Message(
        id=uuid.uuid4().hex,
        kind="test",
        title="Luthier can reach you here",
        lead="This is a test. Messages about runs look like it.",
        facts=[("Channel", recipient.channel), *([("Person", recipient.person)] if recipient.person else [])],
        at=time.time(),
    )
    began, error = time.monotonic(), ""
    try:
        send(message, settings.channels[recipient.channel], recipient.address)
    except Undelivered as failure:
        error = redact(str(failure))
    return {**recipient._asdict(), "ok": not error, "error": error, "seconds": round(time.monotonic() - began, 1)}
