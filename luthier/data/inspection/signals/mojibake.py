"""Texts that were decoded wrongly: cafÃ© for café."""


def mojibake(text: str) -> bool:
    """By ftfy's list of sequences that hardly any language writes; or a character that stands for a lost one."""
    if text.isascii():
        return False
    from ftfy.badness import is_bad

    return "\ufffd" in text or bool(is_bad(text))
