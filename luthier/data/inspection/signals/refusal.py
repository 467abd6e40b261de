"""Answers that do not answer: As an AI language model, I cannot …"""

import re

LONGEST = 600
"""Characters. A longer answer says more than that it refuses."""

_HINTS = (
    "can't", "cannot", "can not", "can’t", "unable", "not able", "won't", "won’t", "language model", " ai", "refuse",
    "not comfortable", "sprachmodell", "kann ich", "ich kann", "je ne peux", "modèle de langage", "no puedo",
    "modelo de lenguaje",
)  # fmt: skip

_ABLE = (
    r"(?:can(?:no|')?t|can not|can’t|am unable to|'m unable to|’m unable to|am not able to|'m not able to|won't|won’t)"
)
_HELP = (
    r"(?:help|assist|provide|comply|fulfil|answer|engage|do that|generate|create|write|discuss|share|offer|support"
    r"|give|participate|continue|respond|process|produce)"
)
_REFUSAL = re.compile(
    rf"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b"
    rf"|\bi(?:'m| am|’m) (?:just |only )?an? (?:ai|language model)\b"
    rf"|\bi {_ABLE} {_HELP}|\bi(?:'m|’m) (?:unable|not able) to {_HELP}"
    rf"|\bi {_ABLE} (?:be able to )?(?:really |simply |in good conscience )?{_HELP}"
    rf"|\bi (?:must|have to) (?:decline|refuse)|\bi(?:'m|’m| am) not comfortable"
    rf"|\bagainst my (?:guidelines|programming|policies|principles)"
    rf"|\bals (?:ki|künstliche intelligenz|sprachmodell)|\b(?:dabei|das|damit) kann ich (?:\w+ )*nicht"
    rf"|\bich kann (?:ihnen |dir )?(?:dabei |damit )?(?:leider )?nicht helfen"
    rf"|\ben tant qu(?:e modèle|'ia)|\bje ne peux pas (?:vous |t')?(?:aider|répondre|fournir)"
    rf"|\bcomo (?:modelo de lenguaje|una? ia)|\bno puedo (?:ayudar|responder|proporcionar)"
)
_COMPANY = re.compile(
    r"\bsorry\b|\bapologi[sz]e|\bunderstand\b|anything else|something else|other questions|consult|professional"
    r"|tut mir leid|désolé|lo siento|if you have"
)
"""What a refusal is wrapped into."""

_SENTENCE = re.compile(r"[^.!?。]+[.!?。]*")


def refusal(answer: str) -> bool:
    """Whether an answer of at most 600 characters consists by half or more of sentences that refuse or apologise,
    and at least one of them refuses."""
    if len(answer) > LONGEST:
        return False
    low = answer.lower()
    if not any(hint in low for hint in _HINTS):
        return False
    sentences = _SENTENCE.findall(low)
    refusing = [sentence for sentence in sentences if _REFUSAL.search(sentence)]
    excuses = [sentence for sentence in sentences if sentence not in refusing and _COMPANY.search(sentence)]
    return bool(refusing) and 2 * sum(map(len, refusing + excuses)) >= len(low)
