"""How a model's chat template writes a conversation, and what has to be done about what it does not know.

Templates differ in more than their marks: some refuse a system message or lose it, some hide what tools return, some
write a mark behind the whole conversation that no answer ends with. Each is asked once, with a conversation of which
the answer is known.
"""

from typing import TYPE_CHECKING, NamedTuple

from luthier.errors import ModelError
from luthier.rows import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DATE = "26 Jul 2024"
"""What a template is told of today: a run must not change at midnight. (Llama 3.1's template says so itself.)"""

_TODAY = "{%- macro strftime_now(format) -%}" + DATE + "{%- endmacro -%}"


class Habits(NamedTuple):
    """`closing` is what stands behind the last answer's end-of-turn, and behind no other's."""

    knows_system: bool
    knows_tools: bool
    closing: str


def without_clock(template: str) -> str:
    """The template, with a fixed date if it asks for today's."""
    return _TODAY + template if "strftime_now" in template and not template.startswith(_TODAY) else template


def render(
    tokenizer: "PreTrainedTokenizerBase", messages: list[Message], prompt: bool = False, reasons: bool = False
) -> str:
    """The text of the conversation; with `prompt`, up to where the next answer begins.

    reasons: whether the answers hold reasoning (`<think>`); of those that do not, models that can reason are told so,
    or they would begin to. Raises ModelError when the template refuses the conversation.
    """
    from jinja2 import TemplateError

    try:
        text = _text(tokenizer, messages, prompt, reasons)
    except TemplateError as error:
        roles = ", ".join(message["role"] for message in messages)
        raise ModelError(
            f"the model's chat template refuses a conversation of {roles}",
            str(error),
            "Change the roles, or use a model that knows them.",
            "model.base",
        ) from None
    return text if prompt else text.rstrip().removesuffix(habits(tokenizer).closing)


def as_known(tokenizer: "PreTrainedTokenizerBase", messages: list[Message]) -> list[Message]:
    """The messages as they are where the template shows them.

    Else the system prompt stands at the beginning of the first question, and what tools return is a turn of the user,
    results in a row in one, as Hermes writes them.
    """
    if moves_system(tokenizer, messages):
        system, first = messages[0]["content"], messages[1]
        messages = [{"role": first["role"], "content": f"{system}\n\n{first['content']}"}, *messages[2:]]
    if any(message["role"] == "tool" for message in messages) and not habits(tokenizer).knows_tools:
        messages = _results_from_user(messages)
    return messages


def moves_system(tokenizer: "PreTrainedTokenizerBase", messages: list[Message]) -> bool:
    """Whether there is a system prompt that `as_known` has to put elsewhere."""
    return [message["role"] for message in messages[:2]] == ["system", "user"] and not habits(tokenizer).knows_system


def habits(tokenizer: "PreTrainedTokenizerBase") -> Habits:
    template = str(tokenizer.chat_template)
    if template not in _habits:
        _habits[template] = Habits(
            _shows(tokenizer, [_SYSTEM, *_EXCHANGE], _SYSTEM),
            _shows(tokenizer, [*_EXCHANGE, _RESULT, _EXCHANGE[1]], _RESULT),
            _closing(tokenizer),
        )
    return _habits[template]


_habits: dict[str, Habits] = {}
"""By the text of the chat template, which alone decides."""

_SYSTEM: Message = {"role": "system", "content": "luthier-system"}
_EXCHANGE: list[Message] = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": '<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>'},
]
_RESULT: Message = {"role": "tool", "content": "luthier-tool-result"}


def _shows(tokenizer: "PreTrainedTokenizerBase", messages: list[Message], wanted: Message) -> bool:
    """Whether the template writes what a message says, and still does when the answer stands behind it.

    (That of Mistral 7B v0.3 has a system prompt only where no answer follows.)
    """
    try:
        prompt, text = (_text(tokenizer, given, given is not messages) for given in (messages[:-1], messages))
    except Exception:  # templates refuse in many ways; any of them says no
        return False
    return wanted["content"] in prompt and wanted["content"] in text


def _closing(tokenizer: "PreTrainedTokenizerBase") -> str:
    """Of the marks behind the last answer all but the first, which ends the turn: Phi 3 adds `<|endoftext|>`."""
    answer = "luthier-answer"
    try:
        text = _text(tokenizer, [_EXCHANGE[0], {"role": "assistant", "content": answer}])
    except Exception:  # it refuses what every conversation is made of, and will say so when it is asked in earnest
        return ""
    behind = text.rstrip().partition(answer)[2]
    special = [token.content for token in tokenizer.added_tokens_decoder.values() if token.content in behind]
    if not special:
        return ""
    first = min(special, key=lambda token: (behind.index(token), -len(token)))
    return behind.partition(first)[2]


def _text(
    tokenizer: "PreTrainedTokenizerBase", messages: list[Message], prompt: bool = False, reasons: bool = False
) -> str:
    conversation = [{"role": message["role"], "content": message["content"]} for message in messages]
    return str(
        tokenizer.apply_chat_template(
            conversation, tokenize=False, add_generation_prompt=prompt, enable_thinking=reasons
        )
    )


def _results_from_user(messages: list[Message]) -> list[Message]:
    told: list[Message] = []
    for index, message in enumerate(messages):
        if message["role"] != "tool":
            told.append(message)
            continue
        text = f"<tool_response>\n{message['content']}\n</tool_response>"
        if index and messages[index - 1]["role"] == "tool":
            text = f"{told.pop()['content']}\n{text}"
        told.append({"role": "user", "content": text})
    return told
