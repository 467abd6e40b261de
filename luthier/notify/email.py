"""E-mail by SMTP: over TLS with a checked certificate, as text and as HTML with the report's first page inside."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from luthier.notify.channels import Undelivered, secret
from luthier.notify.html import as_html
from luthier.notify.message import Message
from luthier.notify.text import as_text
from luthier.people import EmailChannel

WITHIN_S = 15.0
"""For each answer of the server."""


def send(message: Message, channel: EmailChannel, address: str) -> None:
    """Raises Undelivered."""
    mail = compose(message, channel.sender, address)
    try:
        with _connected(channel) as server:
            if channel.user and channel.password_env:
                server.login(channel.user, secret(channel.password_env))
            server.send_message(mail)
    except ssl.SSLCertVerificationError as error:
        fix = "Use the name that the certificate is for, or let this machine trust who signed it (SSL_CERT_FILE)."
        raise Undelivered(f"{channel.host}: its certificate is not trusted", error.verify_message, fix, True) from None
    except smtplib.SMTPAuthenticationError as error:
        why = f"The server says {error.smtp_code}"
        raise Undelivered("user or password is refused", why, f"See {channel.password_env}.", hopeless=True) from None
    except smtplib.SMTPRecipientsRefused as error:
        (answer,) = error.recipients.values()
        raise Undelivered(f"{address} is refused", _said(*answer), hopeless=answer[0] >= 500) from None
    except smtplib.SMTPResponseException as error:
        said = _said(error.smtp_code, error.smtp_error)
        raise Undelivered("the mail server refuses it", said, hopeless=error.smtp_code >= 500) from None
    except smtplib.SMTPNotSupportedError as error:
        fix = "Set security or user of the channel as the server has it."
        raise Undelivered(f"{channel.host}: {error}", "", fix, hopeless=True) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(
            f"{channel.host}:{channel.port} cannot be reached", f"{type(error).__name__}: {error}"
        ) from None


def compose(message: Message, sender: str, address: str) -> EmailMessage:
    """Headers are set by name and cleaned by the library: a line break in a title ends no header."""
    mail = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].rpartition("@")[2]
    mail["From"], mail["To"] = sender, address
    mail["Subject"] = " ".join(message.title.split())
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at, UTC))
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(as_text(message))
    mail.add_alternative(as_html(message), subtype="html")
    return mail


def _connected(channel: EmailChannel) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if channel.security == "tls":
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=WITHIN_S, context=trusted)
    server = smtplib.SMTP(channel.host, channel.port, timeout=WITHIN_S)
    try:
        if channel.security == "starttls":
            server.starttls(context=trusted)
    except BaseException:
        server.close()
        raise
    return server


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"It says {code} {' '.join(words.split())[:200]}"
