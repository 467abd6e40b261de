"""A message as plain text."""

from luthier.notify.message import Message


def as_text(message: Message) -> str:
    """Everything but the title."""
    cause = f"Why: {message.cause}" if message.cause else ""
    fix = f"What to do: {message.fix}" if message.fix else ""
    facts = "\n".join(f"{label}: {value}" for label, value in (*message.figures, *message.facts))
    links = "\n".join(f"{link.label}: {link.target}" for link in message.links)
    parts = (message.lead, cause, fix, facts, links, f"Luthier message {message.id}")
    return "\n\n".join(part for part in parts if part)
