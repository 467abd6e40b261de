"""Marks of Markdown that other texts use as well: rules and fenced code."""

import re

from luthier.data.reading.lines import Line

_RULE = re.compile(r"\s*([-=*_#])(?:\s*\1){2,}\s*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def is_rule(line: Line) -> bool:
    return len(line.raw) < 300 and bool(_RULE.fullmatch(line.text))


class Fence:
    """Fenced code, in which nothing is a heading or a speaker."""

    def __init__(self) -> None:
        self.mark = ""

    def holds(self, line: Line) -> bool:
        """Whether the line is code, or opens or closes it; lines are to be shown in their order."""
        found = _FENCE.match(line.text)
        if self.mark:
            if found and found.group(1).startswith(self.mark) and not found.group(2).strip():
                self.mark = ""
            return True
        if found and not (found.group(1)[0] == "`" and "`" in found.group(2)):
            self.mark = found.group(1)
            return True
        return False
