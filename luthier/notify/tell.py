"""Telling: into the outbox at once, to the receivers in the background."""

import threading

from luthier.notify.deliver import WITHIN_S, deliver
from luthier.notify.message import Message
from luthier.notify.outbox import Outbox
from luthier.notify.recipients import recipients
from luthier.settings import Settings
from luthier.spec import NotifySpec


def put(message: Message, asked: NotifySpec, settings: Settings) -> bool:
    """Keep the message for everybody who wants it; False where it was told before, or nobody can be told at all."""
    return bool(settings.channels) and Outbox(settings).put(message, recipients(message, asked, settings))


def deliver_in_background(settings: Settings) -> None:
    """Begin to send; the process waits at its end until it is done, for WITHIN_S at most."""
    threading.Thread(target=deliver, args=(settings, WITHIN_S)).start()
