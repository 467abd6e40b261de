"""A provider's no, in its own words, as the error that says whether to try again."""

import json
import re
from collections.abc import Iterable

from luthier.errors import LuthierError, NoBalance, PodCapacity, ProviderDenied, ProviderRefused
from luthier.secrets import HIDDEN, redact

KEY_FIX = "Set RUNPOD_API_KEY to a key that may create pods (console: Settings, API Keys)."

CAPACITY = re.compile(
    r"instances available|enough free gpus|does not have the resources|enough disk space|no capacity|SUPPLY_CONSTRAINT",
    re.IGNORECASE,
)
"""What RunPod says when nothing is free; REST v2 tells it apart from a bad request by such words alone."""

BALANCE = re.compile(r"balance|funds|credit|spend(ing)? limit|payment", re.IGNORECASE)
DENIED = re.compile(r"unauthori[sz]ed|unauthenticated|forbidden|api key", re.IGNORECASE)
LONGEST = 300


def refusal(said: str, code: str = "") -> LuthierError:
    """The error for a refused request; `said` and `code` as the provider gave them, already without secrets."""
    words = f"{said} {code}"
    if CAPACITY.search(words):
        return PodCapacity("no machine of this kind is free", f'RunPod says: "{said}"', "It is tried again.")
    if BALANCE.search(words):
        return no_balance(said)
    return denied(said) if DENIED.search(words) else refused(said)


def no_balance(said: str) -> NoBalance:
    fix = "Add credit in RunPod's console, or raise its spending limit; then start the run again: it continues."
    return NoBalance("the RunPod account cannot pay for a pod", f'RunPod says: "{said}"', fix)


def denied(said: str) -> ProviderDenied:
    return ProviderDenied("RunPod does not accept the key", f'RunPod says: "{said}"', KEY_FIX, "RUNPOD_API_KEY")


def refused(said: str) -> ProviderRefused:
    return ProviderRefused(
        "RunPod refused the request", f'It says: "{said}"', "Look at compute.gpu and at the pod_… settings."
    )


def hidden(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets`, however it writes them, and not longer than people read.

    An answer may repeat what was sent: GraphQL quotes the whole input when one value of it is wrong.
    """
    forms = {form for secret in secrets if secret for form in _written(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    text = " ".join(redact(text).split())
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _written(secret: str) -> tuple[str, ...]:
    quoted = json.dumps(secret)[1:-1]
    return secret, quoted, json.dumps(quoted)[1:-1], repr(secret)[1:-1]
