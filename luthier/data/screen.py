"""What is looked for, and by choice mended, in each row for itself before its tokens are counted."""

from collections import Counter
from typing import Any

from luthier.data.inspection.flaws import flaws
from luthier.data.personal.policy import policy_of
from luthier.data.personal.protect import protect, row_fault
from luthier.data.record import Record
from luthier.data.wanted import Wanted
from luthier.data_spec import DataSpec
from luthier.rows import Message

FILTERED, DROPPED = "filtered", "dropped"
"""Codes of rows that are set aside because the spec says so; they do not count as faulty."""


class Screen:
    """Counts what it sees: personal data by kind, fixes by name, flaws by name."""

    def __init__(self, data: DataSpec):
        self.data = data
        self.policy = policy_of(data.personal)
        self.wanted = Wanted(data.where)
        self.personal: Counter[str] = Counter()
        self.personal_rows: Counter[str] = Counter()
        self.fixes: Counter[str] = Counter()
        self.flaws: Counter[str] = Counter()

    def __call__(self, record: Record) -> tuple[str, str] | None:
        """Sets the record's fault or fills in its flaws; a code and a reason where the spec does not want it."""
        if reason := self.wanted.refuses(record.meta):
            return FILTERED, reason
        if self.data.repair_encoding:
            self._repair(record)
        if not self._protect(record):
            return None
        record.flaws = frozenset(flaws(record.messages))
        self.flaws.update(record.flaws)
        if unwanted := record.flaws & set(self.data.drop):
            return DROPPED, f"dropped: {', '.join(sorted(unwanted))}"
        return None

    def _repair(self, record: Record) -> None:
        from ftfy import fix_encoding
        from ftfy.badness import is_bad

        mended: list[Message] = [
            {
                **message,
                "content": fix_encoding(message["content"]) if is_bad(message["content"]) else message["content"],
            }
            for message in record.messages
        ]
        self.fixes["encoding"] += mended != record.messages
        record.messages = mended

    def _protect(self, record: Record) -> bool:
        """Whether the row may stay."""
        found = protect(record.messages, record.meta, self.policy)
        self.personal.update(found.counts)
        self.personal_rows.update(found.counts.keys())
        record.personal = sum(found.counts.values())
        if found.refused:
            record.fault = row_fault(found.refused)
            return False
        if found.messages is not record.messages:
            self.fixes["masked"] += 1
            record.personal = sum(count for kind, count in found.counts.items() if self.policy(kind) != "mask")
            record.messages, record.meta = found.messages, found.meta
        return True

    def told(self) -> dict[str, Any]:
        return {
            "personal": {
                kind: {"found": count, "rows": self.personal_rows[kind], "policy": self.policy(kind)}
                for kind, count in sorted(self.personal.items())
            },
            "fixes": dict(self.fixes),
            "flaws": dict(self.flaws),
        }
