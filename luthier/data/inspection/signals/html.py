"""Remnants of web pages."""

import re

_TAG = re.compile(
    r"</?(?:p|div|span|br|a|li|ul|ol|td|tr|table|font|strong|em|b|i|u|img|script|style|h[1-6])(?:\s[^<>]{0,300})?/?>"
    r"|&(?:nbsp|amp|lt|gt|quot|apos|rsquo|ldquo|rdquo|#\d{2,5});",
    re.IGNORECASE,
)


def html(text: str) -> bool:
    """A tag or an entity outside of code; not where the text is about HTML."""
    if "<" not in text and "&" not in text:
        return False
    if "```" in text or "`<" in text or "html" in text.lower():
        return False
    return bool(_TAG.search(text))
