"""Any address that takes JSON, signed where both sides know a secret."""

import hashlib
import hmac
import time

import orjson

from luthier.notify.channels import secret
from luthier.notify.http import post
from luthier.notify.message import Message
from luthier.people import WebhookChannel


def send(message: Message, channel: WebhookChannel, _address: str) -> None:
    content = orjson.dumps(message.model_dump(exclude={"summary"}))
    headers = {"X-Luthier-Message-Id": message.id}
    if channel.secret_env:
        headers |= signature(content, secret(channel.secret_env), int(time.time()))
    post(channel.url or secret(channel.url_env or ""), content, headers)


def signature(content: bytes, key: str, at: int) -> dict[str, str]:
    """Headers that prove the sender: HMAC-SHA256 of "<timestamp>.<body>", so that an old message cannot be replayed."""
    signed = hmac.new(key.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
    return {"X-Luthier-Timestamp": str(at), "X-Luthier-Signature": f"sha256={signed}"}
