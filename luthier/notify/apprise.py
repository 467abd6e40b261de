"""Any address that Apprise knows: Telegram, Teams, Matrix and a hundred more."""

from luthier.notify.channels import Undelivered, secret
from luthier.notify.message import Message
from luthier.notify.text import as_text
from luthier.people import AppriseChannel

TYPES = {"completed": "success", "failed": "failure", "crashed": "failure", "cancelled": "warning", "cost": "warning"}


def send(message: Message, channel: AppriseChannel, _address: str) -> None:
    """Apprise only says whether it worked, not why not. Raises Undelivered."""
    try:
        import apprise
    except ImportError:
        fix = "pip install 'luthier[apprise]'"
        raise Undelivered("Apprise is not installed", "", fix, hopeless=True) from None
    service = apprise.Apprise()
    if not service.add(secret(channel.url_env)):
        fix = f"See Apprise's list of addresses; mend {channel.url_env}."
        raise Undelivered("Apprise does not know this kind of address", "", fix, hopeless=True)
    kind = apprise.NotifyType(TYPES.get(message.kind, "info"))
    if not service.notify(title=message.title, body=as_text(message), notify_type=kind, body_format="text"):
        raise Undelivered("the service did not take it", "Apprise does not say why")
