"""Words as the metrics compare them."""

import re
import unicodedata

WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Runs of letters, digits and underscores in any script, after NFKC and case folding; punctuation is dropped."""
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold())
