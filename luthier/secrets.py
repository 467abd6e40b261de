"""What is secret in this process, and how it is kept out of texts and of other processes."""

import os
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

HIDDEN = "***"
SHORTEST = 6
"""Characters. The value of a shorter "secret" stands in ordinary words too, so it is not looked for."""

ENDINGS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "WEBHOOK", "SIGNIN", "AUTHSTRING")
PLACES = ("FILE", "PATH", "DIR")
"""A variable that ends so says where a secret lies, not what it is."""

ADDRESS = re.compile(r"(?<=://)(?P<user>[^\s/:@]*)(:(?P<password>[^\s/@]*))?(?=@)")

SHAPES = (
    (ADDRESS, HIDDEN),
    (re.compile(r"(?i)\b(bearer|authorization\W{1,4}basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)\b(X-Amz-(?:Signature|Credential|Security-Token))=[^&\s\"'<]+"), rf"\1={HIDDEN}"),
    (re.compile(r"\b(?:hf|rpa|rps)_\w{20,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
)
"""What gives itself away by its form, whoever's it is: users of addresses, HTTP headers, signed S3 addresses, and the
tokens of Hugging Face (hf_), RunPod (rpa_, rps_) and AWS (AKIA, ASIA)."""


def is_secret(variable: str) -> bool:
    """Whether a variable's name says that its value is secret: HF_TOKEN, AWS_ACCESS_KEY_ID, PGPASSWORD."""
    whole = variable.upper().replace("SIGN_IN", "SIGNIN").replace("AUTH_STRING", "AUTHSTRING")
    words = [word.removesuffix("S") for word in whole.split("_")]
    return words[-1] not in PLACES and any(word.endswith(ENDINGS) for word in words)


def redact(text: str) -> str:
    """`text` without this environment's secrets and without what looks like one. Give it whole lines."""
    for value in _secrets_of(os.environ):
        for form in (value, quote(value, safe="")):
            text = text.replace(form, HIDDEN)
    for shape, instead in SHAPES:
        text = shape.sub(instead, text)
    return text


def without_secrets(uri: str) -> str:
    """An address as it may be shown: no user, no password."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


def worker_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a process that runs a model, and perhaps code that came with it: the hub's token, no other secret.

    A process of the same user can still look into its parent's; this keeps secrets out of what is dumped or inherited.
    """
    return {
        name: value
        for name, value in environ.items()
        if name == "HF_TOKEN" or not (is_secret(name) or name.startswith("AWS_") or _has_password(value))
    }


def _has_password(value: str) -> bool:
    return any(match["password"] for match in ADDRESS.finditer(value))


def _secrets_of(environ: Mapping[str, str]) -> list[str]:
    """Values of secret variables, and passwords in addresses; the longest first, as one may hold another."""
    named = {value.strip() for name, value in environ.items() if is_secret(name)}
    found = {match["password"] or "" for value in environ.values() for match in ADDRESS.finditer(value)}
    return sorted((value for value in named | found if len(value) >= SHORTEST), key=len, reverse=True)
