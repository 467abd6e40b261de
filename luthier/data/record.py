"""One row of a data file on its way through the checks."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from luthier.errors import DataError
from luthier.rows import Message

if TYPE_CHECKING:
    from luthier.models.chat import Encoded


class Fault(NamedTuple):
    """Why a row cannot be used. `code` is stable, for machines; `fix` is what to do, without a full stop."""

    code: str
    what: str
    why: str
    fix: str
    field: str = ""

    def error(self, where: str, way_out: bool) -> DataError:
        """`way_out`: name the setting that sets such rows aside."""
        fix = f"{self.fix}, or set data.on_bad_rows: quarantine." if way_out else f"{self.fix}."
        return DataError(self.what, self.why, fix, where)


@dataclass
class Record:
    """`number` is the line, element or row in the file, from 1; `raw` its bytes as they stand there.

    `last_only`: only the last answer is learned. `place` is where the row stands, for people, where that is not file
    and number: `training pair #47 (pairs.json)`. Passages of one long line share its number; `part` tells them apart,
    from 1.
    Rows of one `group` (a conversation's key in its file; "" for none) stay on one side of a split. `meta` holds the
    row's further fields, scalars only (nested ones under dotted names); `time` is in seconds since 1970.
    `flaws` are what inspection holds against it, `personal` counts the personal data found in it, `answers` are
    those that are learned, `encoded` is what training would see of it. A record with a fault is set aside.
    """

    number: int
    raw: bytes
    value: dict[str, Any] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    fault: Fault | None = None
    last_only: bool = False
    place: str = ""
    part: int = 1
    group: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    time: float | None = None
    flaws: frozenset[str] = frozenset()
    personal: int = 0
    tokens: int = 0
    trained: int = 0
    answers: int = 0
    truncated: bool = False
    encoded: "Encoded | None" = None
