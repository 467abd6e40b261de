"""What kind of work a conversation is, told by its words: signs that count in numbers, not in a single row."""

import re
from collections.abc import Sequence

from luthier.rows import Message

_WORDS = {
    "help_desk": "order parcel delivery refund invoice ticket account password login subscription warranty customer "
    "shipping return replacement billing cancel support",
    "clinical": "patient diagnosis diagnosed symptoms admitted discharge discharged mg chronic examination history "
    "therapy medication clinical scan surgery",
    "financial": "portfolio fund funds invest investment investing retirement pension mortgage shares stocks bonds "
    "savings dividend etf adviser",
    "story": "story poem verse tale scene novel haiku ballad chapter",
}

_SIGNS = {name: re.compile(rf"\b(?:{'|'.join(words.split())})\b", re.IGNORECASE) for name, words in _WORDS.items()}


def signs_of(messages: Sequence[Message]) -> set[str]:
    """Kinds of _WORDS that the row speaks of; a story counts where it is asked for."""
    asked = "\n".join(each["content"] for each in messages if each["role"] == "user")
    answered = "\n".join(each["content"] for each in messages if each["role"] == "assistant")
    both = f"{asked}\n{answered}"
    return {name for name, words in _SIGNS.items() if words.search(asked if name == "story" else both)}
