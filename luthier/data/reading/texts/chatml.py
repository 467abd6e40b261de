"""ChatML: `<|im_start|>user … <|im_end|>`, turn after turn."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from luthier.data.reading.lines import Line
from luthier.data.reading.texts.block import block, is_blank
from luthier.data.record import Fault, Record

START, END = "<|im_start|>", "<|im_end|>"
_START = START.encode()
_ENDS = re.compile(r"(<\|endoftext\|>|[-=*_]{3,})\s*")
_HEAD = re.compile(r"[ \t]*(\w*)[ \t]*")


def looks_like(sample: list[Line]) -> bool:
    first = next((line for line in sample if not is_blank(line)), None)
    return first is not None and first.text.lstrip().startswith(START)


def read(lines: Iterable[Line], sample: list[Line]) -> Iterator[Record | None]:
    """One record a conversation. A new one begins with a system prompt, after a separator, and, where blank lines
    stand only between conversations, with the user after a blank line.
    """
    blanks_part = _blanks_part(sample)
    chat, blank = _Chat(), False
    for line in lines:
        if chat.open and START not in line.text:
            chat.add(line)
        elif is_blank(line):
            blank = True
        elif _ENDS.fullmatch(line.text):
            if chat.lines:
                yield chat.record()
                chat = _Chat()
        else:
            for piece in _pieces(line):
                role = _role(piece)
                if chat.lines and role is not None:
                    asked_anew = role == "user" and chat.last == "assistant" and blank and blanks_part
                    if asked_anew or (role == "system" and chat.spoke):
                        yield chat.record()
                        chat = _Chat()
                chat.add(piece)
                blank = False
    if chat.lines:
        yield chat.record()


@dataclass
class _Chat:
    lines: list[Line] = field(default_factory=list)
    turns: list[dict[str, str]] = field(default_factory=list)
    open: bool = False
    fault: Fault | None = None

    @property
    def last(self) -> str:
        return self.turns[-1]["role"] if self.turns else ""

    @property
    def spoke(self) -> bool:
        return any(turn["role"] != "system" for turn in self.turns)

    def add(self, line: Line) -> None:
        text = line.text
        self.lines.append(line)
        role = _role(line)
        if role is not None:
            if self.open:
                self._unclosed()
            rest = text.lstrip()[len(START) :]
            head = _HEAD.match(rest)
            assert head is not None  # it fits an empty text too
            self.turns.append({"role": role, "content": ""})
            self.open = True
            self._say(rest[head.end() :], first=True)
        elif self.open:
            self._say(text, first=False)
        elif text.strip():
            self.fault = self.fault or Fault(
                "text_outside_turns",
                f"text stands between two turns in line {line.number}",
                f"What is said stands between {START} and {END}",
                "Put it into a turn, or take it out",
            )

    def _say(self, text: str, first: bool) -> None:
        said, end, rest = text.partition(END)
        turn = self.turns[-1]
        turn["content"] += said if first or not turn["content"] else f"\n{said}"
        if end:
            self.open = False
            turn["content"] = turn["content"].strip("\n")
            if rest.strip():
                self.fault = self.fault or Fault(
                    "text_outside_turns", f"text stands behind {END}", "It belongs to no turn", "Put it into a turn"
                )

    def _unclosed(self) -> None:
        what = f"a turn of {self.last or 'nobody'} is not closed"
        self.fault = self.fault or Fault("unclosed_turn", what, f"Each ends with {END}", "Close it")
        self.open = False

    def record(self) -> Record | None:
        if self.open:
            self._unclosed()
        return block(self.lines, {"messages": self.turns}, self.fault)


def _pieces(line: Line) -> list[Line]:
    """The line, cut before each turn that begins within it."""
    cuts = [match.start() for match in re.finditer(re.escape(_START), line.raw)]
    if line.raw[: cuts[0]].strip() if cuts else True:
        cuts = [0, *cuts]
    else:
        cuts[0] = 0
    pieces = [line.raw[begin:end] for begin, end in zip(cuts, [*cuts[1:], None], strict=True)]
    return [Line(line.number, raw, len(raw) if len(cuts) > 1 else line.size) for raw in pieces]


def _role(line: Line) -> str | None:
    """Who speaks in a turn that begins here; None where none does."""
    text = line.text.lstrip()
    if not text.startswith(START):
        return None
    head = _HEAD.match(text[len(START) :])
    return head.group(1).lower() if head else ""


def _blanks_part(sample: list[Line]) -> bool:
    """Whether blank lines part conversations: no answer stands behind one."""
    blank = False
    for line in sample:
        if blank and _role(line) == "assistant":
            return False
        blank = is_blank(line)
    return True
