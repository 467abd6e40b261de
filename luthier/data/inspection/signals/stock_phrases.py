"""Phrases that assistants open and close with and that carry nothing: Sure! Here is … I hope this helps!"""

import re

_OPENING = re.compile(
    r"\s*(?:sure|certainly|absolutely|of course|great question|good question|happy to help|no problem)\b\s?[!,.:]"
    r"|\s*here(?:'s| is| are) (?:the|a|an|your|some) [^.\n]{0,60}:"
    r"|\s*thank you for (?:your question|asking|reaching out)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:hope (?:this|that|it) helps|let me know if (?:you|there)|feel free to (?:ask|reach)|happy to (?:help|assist)"
    r"|(?:any|further|more) (?:other )?questions|is there anything else)[^.!?\n]{0,80}[.!?]*\s*$",
    re.IGNORECASE,
)
_TAIL = 200


def stock_phrases(answer: str) -> bool:
    return bool(_OPENING.match(answer) or _CLOSING.search(answer, max(0, len(answer) - _TAIL)))
