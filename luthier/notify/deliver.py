"""Delivering what the outbox holds: each delivery by one process at a time, again after a pause that grows."""

import logging
import threading
import time

from luthier.notify.channels import Undelivered, send
from luthier.notify.elsewhere import tell_elsewhere
from luthier.notify.outbox import Delivery, Outbox
from luthier.secrets import redact
from luthier.settings import Settings

WITHIN_S = 20
"""What a hook, or the end of a process, spends on sending at most; the rest is for the next process."""

AT_ONCE = 8
PAUSES_S = (10, 60, 300, 900, 1800, 3600)
"""Between attempts; the last one again and again."""

ATTEMPTS = 30
"""About a day of them; then it is given up until `luthier notify send`."""

ELSEWHERE_AFTER = 3
"""Attempts, a bit more than a minute; at once where the receiver says that it never takes it."""

LOG = logging.getLogger(__name__)


def deliver(settings: Settings, within_s: float) -> int:
    """Send what is due, for so many seconds at most; returns how many deliveries were begun.

    A receiver that hangs does not hold the others up: what is still on its way then goes on in the background.
    """
    outbox, until = Outbox(settings), time.monotonic() + within_s
    on_the_way: list[threading.Thread] = []
    begun = 0
    while time.monotonic() < until:
        on_the_way = [thread for thread in on_the_way if thread.is_alive()]
        claimed = outbox.claim(settings.channels) if len(on_the_way) < AT_ONCE else None
        if claimed:
            on_the_way.append(_begin(outbox, claimed, settings))
            begun += 1
        elif on_the_way:
            on_the_way[0].join(min(0.2, max(0.0, until - time.monotonic())))
        else:
            break
    return begun


def _begin(outbox: Outbox, delivery: Delivery, settings: Settings) -> threading.Thread:
    thread = threading.Thread(target=_carry, args=(outbox, delivery, settings), daemon=True)
    thread.start()
    return thread


def _carry(outbox: Outbox, delivery: Delivery, settings: Settings) -> None:
    try:
        send(delivery.message, settings.channels[delivery.recipient.channel], delivery.recipient.address)
    except Undelivered as failure:
        _again(outbox, delivery, failure, settings)
    except Exception as error:  # a fault of ours: it must not end the thread without a word in the outbox
        _again(outbox, delivery, Undelivered(f"{type(error).__name__}: {error}"), settings)
    else:
        outbox.sent(delivery)


def _again(outbox: Outbox, delivery: Delivery, failure: Undelivered, settings: Settings) -> None:
    LOG.warning("not delivered at %s: %s", delivery.recipient.channel, redact(str(failure)))
    pause = PAUSES_S[min(delivery.attempts, len(PAUSES_S)) - 1]
    outbox.failed(delivery, str(failure), pause if delivery.attempts < ATTEMPTS else None)
    if failure.hopeless or delivery.attempts >= ELSEWHERE_AFTER:
        tell_elsewhere(outbox, delivery, failure, settings)
