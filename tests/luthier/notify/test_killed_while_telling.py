"""kill -9 at every point between telling and the record that it was delivered: never lost, a duplicate keeps its id."""

import signal
import subprocess
import sys

import pytest
from sending import message

from luthier.notify.deliver import deliver
from luthier.notify.outbox import CLAIM_S, Outbox

TELLER = """
import os, signal, sys
from luthier.notify import deliver as delivering, outbox, tables
from luthier.notify.message import Message
from luthier.notify.tell import put
from luthier.settings import Settings
from luthier.spec import NotifySpec

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(home=sys.argv[1], channels={"hook": {"kind": "webhook", "url": sys.argv[2]}})
point = sys.argv[4]
if point == "kept":  # nothing was tried
    delivering.deliver = die
if point == "claimed":  # before the request
    delivering.send = die
if point == "taken":  # the receiver said OK, and it is not recorded
    outbox.Outbox.sent = die
if point == "refused":  # the receiver said 500, and it is not recorded
    outbox.Outbox.failed = die
put(Message.model_validate_json(sys.argv[3]), NotifySpec(), settings)
delivering.deliver(settings, 20)
"""


@pytest.mark.parametrize(("point", "times"), [("kept", 1), ("claimed", 1), ("taken", 2), ("refused", 1)])
def test_it_arrives(home, hook, point, times):
    settings = home(channels={"hook": {"kind": "webhook", "url": hook.url}})
    hook.answers = [500] if point == "refused" else []
    arguments = [str(settings.home), hook.url, message().model_dump_json(), point]
    killed = subprocess.run([sys.executable, "-c", TELLER, *arguments], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    outbox = Outbox(settings)
    (row,) = outbox.undelivered()
    if point != "kept":  # its claim keeps others off, and ends by itself
        assert deliver(settings, 10) == 0
        with outbox.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE deliveries SET claimed_until = claimed_until - {CLAIM_S}")
    assert deliver(settings, 10) == 1 and outbox.undelivered() == []
    assert len(hook.bodies) == times
    assert {body["id"] for body in hook.bodies} == {row["message"]}
    assert {sent["X-Luthier-Message-Id"] for sent in hook.headers} == {row["message"]}
