"""A whole validation.json and examples of every kind, as the data engine writes them."""

import json
from pathlib import Path
from typing import Any

FOUND = Path(__file__).with_name("found.json")


def facts(**changes: Any) -> dict[str, Any]:
    """What was found in a help desk's tickets."""
    return {**json.loads(FOUND.read_text()), **changes}


def message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def example(number: int, kind: str = "sample", **changes: Any) -> dict[str, Any]:
    asked = f"Hello, I cannot find the invoice for order {4000 + number}. Where is it?"
    answer = (
        f"Good morning! The invoice of order {4000 + number} is under Account, then Orders. Shall I send it to you?"
    )
    return {
        "place": f"tickets.jsonl:{number}",
        "tokens": 61 + number % 40,
        "trained": 20 + number % 11,
        "messages": [message("user", asked), message("assistant", answer)],
        "raw": None,
        "kind": kind,
        "why": "",
        "meta": {"topic": "billing", "channel": "mail"},
        **changes,
    }


def examples(samples: int = 40) -> list[dict[str, Any]]:
    """One of every other kind, and so many ordinary ones."""
    return [
        *(example(number) for number in range(1, samples + 1)),
        _odd(800, "longest", "1,430 tokens", "How do I move my shop?", "Here is what to do, step by step. " * 60),
        _odd(801, "shortest", "3 tokens", "?", "Ok"),
        example(802, "conflict", why="tickets.jsonl:15 has the same question and another answer"),
        example(803, "duplicate", why="repeats tickets.jsonl:16"),
        _odd(804, "outlier", "unlike all other rows", "שלום, איפה ההזמנה שלי?", "ההזמנה בדרך אליך 📦"),
        _odd(
            805, "flaw", "the answer is a refusal", "Can you cancel it?", "As an AI language model, I cannot do that."
        ),
        example(
            806, "faulty", why='missing "completion"', messages=[], raw='{"prompt": "Where is my parcel?"}', meta={}
        ),
    ]


def _odd(number: int, kind: str, why: str, asked: str, answer: str) -> dict[str, Any]:
    return example(number, kind, why=why, messages=[message("user", asked), message("assistant", answer)])
