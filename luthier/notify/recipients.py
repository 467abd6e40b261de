"""Who gets a message, and on which channel."""

from collections.abc import Iterable
from typing import NamedTuple

from luthier.errors import SpecError
from luthier.notify.message import Message
from luthier.people import USUAL, Person
from luthier.settings import Settings
from luthier.spec import NotifySpec


class Recipient(NamedTuple):
    """person: empty where the message goes to everybody at the channel; address: empty for the channel's own."""

    channel: str
    person: str = ""
    address: str = ""


def recipients(message: Message, asked: NotifySpec, settings: Settings) -> list[Recipient]:
    """Who wants this message at once. `asked` is what the run's spec says."""
    if asked.mute or (asked.kinds and message.kind not in asked.kinds):
        return []
    people = {key: person for key, person in settings.people.items() if not asked.people or key in asked.people}
    found = [each for key, person in people.items() if _wants(person, message) for each in _at(key, person, settings)]
    shared = [] if asked.people or message.kind not in USUAL else shared_channels(settings)
    return list({(each.channel, each.address): each for each in (*found, *shared)}.values())  # two may share a channel


def of_person(key: str, settings: Settings) -> list[Recipient]:
    """Every way to reach a person. Raises SpecError where luthier.toml knows nobody of that name."""
    if key not in settings.people:
        known = ", ".join(settings.people) or "nobody"
        raise SpecError(f"luthier.toml knows no {key} in [people]", "", f"Known: {known}.", "people")
    return _at(key, settings.people[key], settings)


def everybody(settings: Settings) -> list[Recipient]:
    """All people and all shared channels."""
    people = [each for key in settings.people for each in of_person(key, settings)]
    return [*people, *shared_channels(settings)]


def shared_channels(settings: Settings) -> list[Recipient]:
    """Channels that no person names are everybody's: each tells what is usual."""
    named = {name for person in settings.people.values() for name in person.channels}
    return [each for name in settings.channels if name not in named for each in of_channel(name, settings)]


def of_channel(name: str, settings: Settings) -> list[Recipient]:
    """The channel itself; of an e-mail channel those that its `to` names."""
    channel = settings.channels[name]
    if channel.kind == "email":
        return [Recipient(name, "", address) for address in channel.to]
    return [Recipient(name)]


def check_people(asked: NotifySpec, settings: Settings) -> None:
    """Raises SpecError where the spec names somebody whom luthier.toml does not know."""
    if unknown := [key for key in asked.people if key not in settings.people]:
        known = ", ".join(settings.people) or "nobody"
        raise SpecError(f"luthier.toml knows no {', '.join(unknown)}", "", f"Known: {known}.", "notify.people")


def _wants(person: Person, message: Message) -> bool:
    kinds: Iterable[str] = person.urgent if person.digest == "daily" else person.kinds
    return message.kind in kinds and (not person.projects or message.project in person.projects)


def _at(key: str, person: Person, settings: Settings) -> list[Recipient]:
    mail = {name for name in person.channels if settings.channels[name].kind == "email"}
    return [Recipient(name, key, (person.email or "") if name in mail else "") for name in person.channels]
