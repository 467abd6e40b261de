"""luthier notify test | list | send"""

from typing import TYPE_CHECKING, Any

import click

from flows.cli.common import command, print_json, say

if TYPE_CHECKING:
    from luthier.notify.recipients import Recipient
    from luthier.settings import Settings

FAILED = 7


@click.group()
def notify() -> None:
    """Try the channels of luthier.toml; see and send what waits."""


@command
@click.option("--channel", help="Only this channel.")
@click.option("--to", metavar="PERSON", help="As this person gets it.")
def test(channel: str | None, to: str | None, as_json: bool) -> int:
    """Send a test message over every channel and say what each receiver did.

    Exit codes: 0 each took it, 2 no such channel or person, 7 one did not.
    """
    from luthier.notify.trial import trial
    from luthier.settings import Settings

    settings = Settings()
    found = [trial(recipient, settings) for recipient in _chosen(settings, channel, to)]
    for each in found:
        say(f"{_where(each)}: {'took it' if each['ok'] else each['error']} ({each['seconds']} s)")
    if as_json:
        print_json(found)
    return 0 if all(each["ok"] for each in found) else FAILED


@command
def list_all(as_json: bool) -> int:
    """The channels, the people, and the messages that somebody does not have yet."""
    from luthier.notify.outbox import Outbox
    from luthier.settings import Settings

    settings = Settings()
    waiting = Outbox(settings).undelivered()
    if as_json:
        kinds = {name: channel.kind for name, channel in settings.channels.items()}
        people = settings.model_dump(mode="json", include={"people"})
        print_json({"channels": kinds, **people, "undelivered": waiting})
        return 0
    for line in (*_channels(settings), *_people(settings), *map(_waits, waiting)):
        print(line)
    if not waiting:
        say("Nothing waits.")
    return 0


@command
def send(as_json: bool) -> int:
    """Deliver now what waits, also what was given up. Exit codes: 0 nothing is left, 7 something is."""
    from luthier.notify.deliver import WITHIN_S, deliver
    from luthier.notify.outbox import Outbox
    from luthier.settings import Settings

    settings = Settings()
    outbox = Outbox(settings)
    outbox.hurry()
    begun = deliver(settings, 3 * WITHIN_S)
    left = outbox.undelivered()
    for row in left:
        print(_waits(row))
    say(f"{begun} tried, {len(left)} left.")
    if as_json:
        print_json({"tried": begun, "undelivered": left})
    return FAILED if left else 0


def _chosen(settings: "Settings", channel: str | None, person: str | None) -> "list[Recipient]":
    from luthier.errors import SpecError
    from luthier.notify.recipients import everybody, of_person

    if channel is not None and channel not in settings.channels:
        known = ", ".join(settings.channels) or "none"
        raise SpecError(f"luthier.toml has no channel {channel}", "", f"Known: {known}.", "channels")
    found = of_person(person, settings) if person else everybody(settings)
    found = [each for each in found if channel in (None, each.channel)]
    if not found:
        raise SpecError(
            "there is nobody to tell", "", "Add a channel to luthier.toml: docs/notifications.md.", "channels"
        )
    return found


def _where(each: dict[str, Any]) -> str:
    return " ".join(part for part in (each["channel"], each["person"], each["address"]) if part)


def _channels(settings: "Settings") -> list[str]:
    return [f"channel {name:<12} {channel.kind}" for name, channel in settings.channels.items()]


def _people(settings: "Settings") -> list[str]:
    people = settings.people.items()
    return [f"person  {key:<12} {', '.join(each.channels)}; digest {each.digest}" for key, each in people]


def _waits(row: dict[str, Any]) -> str:
    state = "given up" if row["state"] == "given_up" else f"{row['attempts']} tries"
    return f"waits   {row['channel']:<12} {row['title']} ({state}) {row['error']}".rstrip()


notify.add_command(test, "test")
notify.add_command(list_all, "list")
notify.add_command(send, "send")
