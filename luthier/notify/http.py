"""One POST, and what its answer means."""

from typing import Any

from luthier.notify.channels import Undelivered

WITHIN_S = 10.0
BUSY = (408, 425, 429)
"""Answers that ask to come again later."""


def post(url: str, content: bytes, headers: dict[str, str]) -> None:
    """Raises Undelivered unless the receiver answers 2xx. Redirects are not followed: the message has one address."""
    import httpx

    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "luthier", **headers}
    try:
        with httpx.stream("POST", url, content=content, headers=headers, timeout=WITHIN_S) as answer:
            status = answer.status_code
            said = "" if answer.is_success else _beginning(answer)
    except httpx.InvalidURL:
        raise Undelivered("the address is none that can be written to", "", "Mend it.", hopeless=True) from None
    except httpx.HTTPError as error:
        raise Undelivered(f"no answer: {type(error).__name__}", _without(url, str(error))) from None
    if not 200 <= status < 300:
        hopeless = 300 <= status < 500 and status not in BUSY
        raise Undelivered(f"the receiver answered {status}", _without(url, said), hopeless=hopeless)


def _beginning(answer: Any) -> str:
    """Receivers say there what they do not like; more than a line of it helps nobody."""
    return next(answer.iter_bytes(200), b"").decode(errors="replace").strip()


def _without(url: str, text: str) -> str:
    return text.replace(url, "the address")
