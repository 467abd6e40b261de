"""Slack, by an incoming webhook: blocks with a heading, facts, what to do, and buttons that open pages."""

from typing import Any

import orjson

from luthier.notify.channels import secret
from luthier.notify.http import post
from luthier.notify.message import Message
from luthier.people import SlackChannel
from luthier.places import Link

HEADING = 150
TEXT = 3000
FIELD = 2000
FIELDS = 10
BUTTONS = 5
ADDRESS = 3000
ID = 255
"""Slack's limits: characters of a heading, a text, a field, an address, a block's id; fields of a section."""

SIGNS = {
    "completed": ":checkered_flag:",
    "failed": ":x:",
    "crashed": ":boom:",
    "cancelled": ":no_entry:",
    "waiting": ":raised_hand:",
    "interrupted": ":zap:",
    "cost": ":moneybag:",
    "retention": ":brain:",
    "undelivered": ":mailbox_with_no_mail:",
}


def send(message: Message, channel: SlackChannel, _address: str) -> None:
    post(secret(channel.url_env), orjson.dumps(payload(message)), {"X-Luthier-Message-Id": message.id})


def payload(message: Message) -> dict[str, Any]:
    """What the webhook gets; `text` is for notifications and screen readers. The first block's id is the message's."""
    heading = {"type": "header", "block_id": message.id, "text": _plain(message.title, HEADING)}
    blocks = [heading, *_texts(message), *_facts(message), *_actions(message), _small(message)]
    return {"text": _cut(f"{SIGNS.get(message.kind, '')} {escape(message.title)}".strip(), TEXT), "blocks": blocks}


def escape(text: str) -> str:
    """No mentions, no links, no entities of somebody else's: Slack's three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _texts(message: Message) -> list[dict[str, Any]]:
    lead = f"{SIGNS.get(message.kind, '')} {_marked(message.lead)}".strip()
    parts = [lead if message.lead else "", _titled("Why", message.cause), _titled("What to do", message.fix)]
    return [{"type": "section", "text": _mrkdwn(part, TEXT)} for part in parts if part]


def _titled(title: str, text: str) -> str:
    return f"*{title}*\n{_marked(text)}" if text else ""


def _facts(message: Message) -> list[dict[str, Any]]:
    """Sections of ten fields, thirty at most: Slack takes fifty blocks."""
    facts = [*message.figures, *message.facts]
    shown, left = facts[: 30 * FIELDS], len(facts) - 30 * FIELDS
    fields = [_mrkdwn(f"*{_marked(label)}*\n{_marked(value)}", FIELD) for label, value in shown]
    if left > 0:
        fields[-1] = _mrkdwn(f"…and {left + 1} more", FIELD)
    starts = range(0, len(fields), FIELDS)
    return [{"type": "section", "fields": fields[start : start + FIELDS]} for start in starts]


def _actions(message: Message) -> list[dict[str, Any]]:
    """Only web addresses: Slack refuses a message with any other button."""
    buttons = [_button(link) for link in message.links if link.is_web and len(link.target) <= ADDRESS]
    return [{"type": "actions", "elements": buttons[:BUTTONS]}] if buttons else []


def _button(link: Link) -> dict[str, Any]:
    return {"type": "button", "text": _plain(link.label, 75), "url": link.target, "action_id": _cut(link.label, ID)}


def _small(message: Message) -> dict[str, Any]:
    places = [f"{escape(link.label)}: {_marked(link.target)}" for link in message.links if not link.is_web]
    told = " · ".join([*places, f"Luthier {message.id[:8]}"])
    return {"type": "context", "elements": [_mrkdwn(told, TEXT)]}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _cut(text, most), "emoji": False}


def _mrkdwn(text: str, most: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": _cut(text, most), "verbatim": True}


def _marked(text: str) -> str:
    """Escaped, and without formatting of its own: a zero-width space keeps *, _, ~ and ` from being marks."""
    for mark in "*_~`":
        text = text.replace(mark, f"\u200b{mark}\u200b")
    return escape(text)


def _cut(text: str, most: int) -> str:
    """Never within an entity: half of &amp; would be shown as it is."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    if "&" in kept[-5:] and ";" not in kept[kept.rindex("&") :]:
        kept = kept[: kept.rindex("&")]
    return kept + "…"
