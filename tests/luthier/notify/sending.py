"""What the tests of sending share."""

import time
from collections.abc import Callable
from typing import Any

from receivers import Post

from luthier.notify.message import Message, message_id


def by_mail(server: Post, **changes: Any) -> dict[str, Any]:
    """An e-mail channel at that server."""
    login = {"user": "ada", "password_env": "MAIL_PASSWORD"}
    return {"kind": "email", "host": "localhost", "port": server.port, "sender": "Luthier <l@example.org>"} | {
        **login,
        **changes,
    }


def message(title: str = "Done: tiny", kind: Any = "completed", **changes: Any) -> Message:
    return Message(id=message_id(title, kind), kind=kind, title=title, at=time.time(), **changes)


def until(condition: Callable[[], Any], patience_s: float = 30) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
