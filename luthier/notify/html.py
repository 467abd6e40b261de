"""A message as HTML for mail programs: tables and inline styles, as most know nothing else; nothing is fetched."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from luthier.notify.message import Message

COLORS = {
    "failed": "#b42318",
    "crashed": "#b42318",
    "cancelled": "#6b7280",
    "waiting": "#b45309",
    "cost": "#b45309",
    "retention": "#b45309",
}
OTHER = "#1f4e8c"


@cache
def templates() -> Environment:
    return Environment(
        loader=PackageLoader("luthier.notify"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def as_html(message: Message) -> str:
    """Whatever comes from data, models and people is escaped; the summary is our own HTML."""
    color = COLORS.get(message.kind, OTHER)
    return templates().get_template("mail.html").render(m=message, color=color, summary=Markup(message.summary))
