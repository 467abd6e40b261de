"""A prompt with a better and a worse answer, as texts, lists of messages or transcripts."""

import re

from luthier.data.formats.layout import Layout
from luthier.data.formats.tools import from_json
from luthier.data.formats.turns import turns
from luthier.data.formats.unusable import Unusable, missing, optional_text, text_of
from luthier.data.record import Fault, Record
from luthier.rows import Message

_SPEAKER = re.compile(r"(?:^|\n\n)(Human|Assistant):")


def preferred(record: Record, layout: Layout) -> list[Message]:
    """The prompt and the chosen answer; the rejected one goes to the meta data."""
    prompt = _side(record, layout["prompt"], "user") if record.value.get(layout["prompt"]) else []
    while prompt and prompt[-1]["role"] == "assistant" and not prompt[-1]["content"]:
        prompt.pop()  # a transcript that ends with the bare "Assistant:"
    chosen, rejected = (_whole(prompt, _side(record, layout[name], "assistant")) for name in ("chosen", "rejected"))
    if chosen == rejected:
        why = "A preference is learned from what sets them apart"
        what = f'"{layout["chosen"]}" and "{layout["rejected"]}" are the same'
        raise Unusable(Fault("same_answers", what, why, "Take the row out", layout["rejected"]))
    if not prompt and chosen[:1] and chosen[0]["role"] == "assistant":
        raise missing(record.value, layout["prompt"])
    record.meta |= _rest(chosen, rejected)
    system = optional_text(record.value, layout["system"])
    return [{"role": "system", "content": system}, *chosen] if system else chosen


def _side(record: Record, column: str, role: str) -> list[Message]:
    value = from_json(record.value.get(column))
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return turns(value, column)
    text = text_of(record.value, column)
    return _transcript(text) or [{"role": role, "content": text}]


def _transcript(text: str) -> list[Message]:
    """ "\\n\\nHuman: … \\n\\nAssistant: …" as messages; none for another text."""
    parts = _SPEAKER.split(text)
    if len(parts) < 3 or parts[0].strip() or parts[1] != "Human":
        return []
    spoken = zip(parts[1::2], parts[2::2], strict=True)
    return [{"role": "user" if who == "Human" else "assistant", "content": said.strip()} for who, said in spoken]


def _whole(prompt: list[Message], answer: list[Message]) -> list[Message]:
    """Answers that tell the conversation from its beginning need no prompt."""
    return answer if any(message["role"] == "user" for message in answer[:2]) else prompt + answer


def _rest(chosen: list[Message], rejected: list[Message]) -> dict[str, str]:
    """What the rejected side says from where the two part, as `rejected` where it is said in the place of the last
    answer; else no answer can be compared with it, and it is kept as `rejected_turns`.
    """
    same = 0
    while same < min(len(chosen), len(rejected)) - 1 and chosen[same] == rejected[same]:
        same += 1
    left = rejected[same:]
    if len(left) == 1 and same == len(chosen) - 1:
        return {"rejected": left[0]["content"]}
    return {"rejected_turns": "\n\n".join(f"{message['role']}: {message['content']}" for message in left)}
