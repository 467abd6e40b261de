"""The outbox and its deliveries, with real receivers that misbehave."""

import subprocess
import sys
import threading
import time

import pytest
from receivers import CLOSE, HANG
from sending import message, until

from luthier.notify import deliver as delivering
from luthier.notify.deliver import deliver
from luthier.notify.outbox import Outbox
from luthier.notify.recipients import Recipient
from luthier.notify.tell import put
from luthier.spec import NotifySpec


@pytest.fixture
def settings(home, hook):
    return home(channels={"hook": {"kind": "webhook", "url": hook.url}})


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(delivering, "PAUSES_S", (0,))


def test_a_message_is_delivered_once_however_often_it_is_told(settings, hook):
    assert put(message(), NotifySpec(), settings)
    assert not put(message(), NotifySpec(), settings)
    assert deliver(settings, 10) == 1 and deliver(settings, 10) == 0
    assert hook.titles == ["Done: tiny"] and Outbox(settings).undelivered() == []


def test_nothing_is_kept_where_there_is_no_channel(home):
    settings = home()
    assert not put(message(), NotifySpec(), settings)
    assert not (settings.root / "luthier.db").exists()


@pytest.mark.parametrize("answer", [500, 429, CLOSE])
def test_what_may_get_better_is_tried_again_later(settings, hook, answer):
    hook.answers = [answer]
    put(message(), NotifySpec(), settings)
    deliver(settings, 10)
    (row,) = Outbox(settings).undelivered()
    assert row["attempts"] == 1 and row["error"] and 5 < row["due"] - time.time() <= delivering.PAUSES_S[0]
    assert deliver(settings, 10) == 0  # not before its time
    Outbox(settings).hurry()
    deliver(settings, 10)
    assert hook.titles[-1] == "Done: tiny" and Outbox(settings).undelivered() == []


def test_pauses_grow(settings, hook):
    hook.answers = [500] * 3
    put(message(), NotifySpec(), settings)
    outbox, pauses = Outbox(settings), []
    for _ in range(3):
        deliver(settings, 10)
        (row,) = outbox.undelivered()
        pauses.append(row["due"] - time.time())
        with outbox.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET due = 0")
    assert pauses == sorted(pauses) and pauses[0] < 11 < pauses[1] < 61 < pauses[2]


def test_a_redirect_is_not_followed(settings, hook):
    hook.answers = [302]
    put(message(), NotifySpec(), settings)
    deliver(settings, 10)
    (row,) = Outbox(settings).undelivered()
    assert "302" in row["error"] and hook.paths == ["/"]


def test_a_receiver_that_hangs_holds_nobody_up(home, hook, slack):
    settings = home(
        channels={"slow": {"kind": "webhook", "url": hook.url}, "team": {"kind": "slack", "url_env": "TEAM_WEBHOOK"}}
    )
    hook.answers = [HANG]
    put(message(), NotifySpec(), settings)
    began = time.monotonic()
    deliver(settings, 1)
    assert time.monotonic() - began < 5 and slack.titles == ["Done: tiny"]
    (row,) = Outbox(settings).undelivered()
    assert row["channel"] == "slow" and row["claimed_until"] > time.time()  # nobody else sends it meanwhile
    hook.released.set()


def test_it_is_given_up_after_many_attempts_and_sent_when_asked(settings, hook, at_once, monkeypatch):
    monkeypatch.setattr(delivering, "ATTEMPTS", 3)
    hook.answers = [500] * 3
    put(message(), NotifySpec(), settings)
    assert deliver(settings, 10) == 3
    (row,) = Outbox(settings).undelivered()
    assert row["state"] == "given_up" and deliver(settings, 10) == 0
    Outbox(settings).hurry()
    assert deliver(settings, 10) == 1 and hook.titles == ["Done: tiny"]


def test_what_a_channel_does_not_take_is_told_on_another(home, hook, slack, at_once, monkeypatch):
    monkeypatch.setattr(delivering, "ATTEMPTS", 3)
    settings = home(
        channels={"hook": {"kind": "webhook", "url": hook.url}, "team": {"kind": "slack", "url_env": "TEAM_WEBHOOK"}},
        people={"ada": {"channels": ["hook"]}, "ben": {"channels": ["team"], "kinds": ["waiting"]}},
    )
    hook.answers = [500] * 3
    put(message(cause="no room on the disk", fix="make room"), NotifySpec(), settings)
    deliver(settings, 10)
    (told,) = slack.bodies
    assert slack.titles == ["Done: tiny (not delivered at hook)"]
    assert "no room on the disk" in str(told) and "the receiver answered 500" in str(told)


def test_a_reader_who_has_it_elsewhere_is_told_of_the_channel_once(home, hook, slack):
    settings = home(
        channels={"hook": {"kind": "webhook", "url": hook.url}, "team": {"kind": "slack", "url_env": "TEAM_WEBHOOK"}}
    )
    hook.answers = [404, 404]
    put(message("Done: one"), NotifySpec(), settings)
    put(message("Done: two"), NotifySpec(), settings)
    deliver(settings, 10)
    assert sorted(slack.titles) == ["Done: one", "Done: two", "The channel hook does not work"]


def test_a_missing_variable_is_said_by_name(home, hook):
    settings = home(
        channels={"team": {"kind": "slack", "url_env": "NOT_SET_WEBHOOK"}, "hook": {"kind": "webhook", "url": hook.url}}
    )
    put(message(), NotifySpec(), settings)
    deliver(settings, 10)
    assert "NOT_SET_WEBHOOK is not set" in str(hook.bodies)


def test_processes_that_deliver_at_once_send_each_message_once(settings, hook):
    for number in range(40):
        put(message(f"Done: {number}"), NotifySpec(), settings)
    code = (
        "from luthier.settings import Settings; from luthier.notify.deliver import deliver\n"
        f"channels = {{'hook': dict(kind='webhook', url={hook.url!r})}}\n"
        f"deliver(Settings(home={str(settings.home)!r}, channels=channels), 30)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert sorted(hook.titles) == sorted(f"Done: {number}" for number in range(40))


def test_threads_that_tell_the_same_keep_it_once(settings):
    told = []
    threads = [threading.Thread(target=lambda: told.append(put(message(), NotifySpec(), settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 7 + [True]


def test_a_channel_that_this_process_does_not_know_is_left_to_others(settings, home, hook):
    Outbox(settings).put(message(), [Recipient("elsewhere")])
    assert deliver(settings, 5) == 0
    deliver(home(channels={"elsewhere": {"kind": "webhook", "url": hook.url}}), 5)
    until(lambda: hook.titles == ["Done: tiny"])


def test_a_newer_database_is_refused(settings):
    from luthier.errors import HomeError
    from luthier.notify import tables

    with Outbox(settings).engine.begin() as connection:
        connection.exec_driver_sql("UPDATE notify_schema SET version = 99")
    tables.engine.cache_clear()
    with pytest.raises(HomeError, match="newer Luthier"):
        Outbox(settings)
