"""The outbox of a team, on a real Postgres: several processes make its tables, tell the same and deliver at once."""

import subprocess
import sys

from luthier.notify.outbox import Outbox

MEMBER = """
import sys
from luthier.notify.deliver import deliver
from luthier.notify.message import Message
from luthier.notify.tell import put
from luthier.settings import Settings
from luthier.spec import NotifySpec

home, database, url = sys.argv[1:]
settings = Settings(home=home, database=database, channels={"hook": {"kind": "webhook", "url": url}})
for number in range(30):
    put(Message(id=str(number), kind="completed", title=f"Done: {number}", at=1.0), NotifySpec(), settings)
deliver(settings, 30)
"""


def test_three_members_tell_and_deliver_each_message_once(postgres, home, hook):
    database = postgres.url("psycopg")
    settings = home(database=database)
    arguments = [sys.executable, "-c", MEMBER, str(settings.home), database, hook.url]
    members = [subprocess.Popen(arguments) for _ in range(3)]
    assert [member.wait(60) for member in members] == [0, 0, 0]
    assert sorted(hook.titles) == sorted(f"Done: {number}" for number in range(30))
    outbox = Outbox(settings)
    assert outbox.undelivered() == [] and outbox.last_digest("ada") is None
    outbox.engine.dispose()
