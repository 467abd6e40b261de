import hashlib
import hmac
import sys

import pytest
from sending import message

from luthier.errors import LuthierError
from luthier.notify.channels import send
from luthier.people import AppriseChannel, WebhookChannel


def test_a_signature_can_be_checked_by_the_receiver(hook, monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", "pepper-and-salt")
    send(message("Fertig: Prüfung 🦊"), WebhookChannel(kind="webhook", url=hook.url, secret_env="HOOK_SECRET"), "")
    (headers,), (body,) = hook.headers, hook.raw
    signed = hmac.new(b"pepper-and-salt", f"{headers['X-Luthier-Timestamp']}.".encode() + body, hashlib.sha256)
    assert headers["X-Luthier-Signature"] == f"sha256={signed.hexdigest()}"
    assert hook.titles == ["Fertig: Prüfung 🦊"]


def test_without_a_secret_nothing_is_signed(hook):
    send(message(), WebhookChannel(kind="webhook", url=hook.url), "")
    assert "X-Luthier-Signature" not in hook.headers[0]


def test_an_address_of_apprise(hook, monkeypatch):
    monkeypatch.setenv("CHAT_TOKEN", hook.url.replace("http://", "json://"))
    send(message(lead="Better.", kind="failed"), AppriseChannel(kind="apprise", url_env="CHAT_TOKEN"), "")
    (body,) = hook.bodies
    assert (body["title"], body["type"]) == ("Done: tiny", "failure") and "Better." in body["message"]


def test_apprise_says_only_that_it_did_not_work(hook, monkeypatch):
    hook.answers = [500]
    monkeypatch.setenv("CHAT_TOKEN", hook.url.replace("http://", "json://"))
    with pytest.raises(LuthierError, match="did not take it"):
        send(message(), AppriseChannel(kind="apprise", url_env="CHAT_TOKEN"), "")


@pytest.mark.parametrize("address", ["nonsense", "nosuch://x"])
def test_an_address_that_apprise_does_not_know(monkeypatch, address):
    monkeypatch.setenv("CHAT_TOKEN", address)
    with pytest.raises(LuthierError, match="does not know this kind of address"):
        send(message(), AppriseChannel(kind="apprise", url_env="CHAT_TOKEN"), "")


def test_without_apprise_the_extra_is_named(monkeypatch):
    monkeypatch.setenv("CHAT_TOKEN", "json://x")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(LuthierError, match=r"luthier\[apprise\]"):
        send(message(), AppriseChannel(kind="apprise", url_env="CHAT_TOKEN"), "")
