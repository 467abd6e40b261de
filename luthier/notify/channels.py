"""Which code carries a message over which kind of channel."""

import importlib
import os

from luthier.errors import LuthierError
from luthier.notify.message import Message
from luthier.people import Channel


class Undelivered(LuthierError):
    """The receiver does not have the message. `hopeless`: it will not take it until somebody mends something."""

    exit_code = 7

    def __init__(self, what: str, why: str = "", fix: str = "", hopeless: bool = False):
        super().__init__(what, why, fix)
        self.hopeless = hopeless


def send(message: Message, channel: Channel, address: str) -> None:
    """Hand the message over; address: of the one who gets it, empty for the channel's own. Raises Undelivered."""
    importlib.import_module(f"luthier.notify.{channel.kind}").send(message, channel, address)


def secret(variable: str) -> str:
    """The value of an environment variable that a channel names. Raises Undelivered where it is not set."""
    if not (value := os.environ.get(variable, "").strip()):
        fix = "Set it for every process that delivers: `luthier up`, `luthier run`, workers."
        raise Undelivered(f"the environment variable {variable} is not set", "", fix, hopeless=True)
    return value
