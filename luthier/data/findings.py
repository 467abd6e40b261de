"""What was found in the data: `validation.json`, which tells people and later stages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from luthier.data.gate.judge import Verdict
from luthier.data.inspection.duplicates import Duplicates
from luthier.data.quarantine import code_of
from luthier.data.record import Record
from luthier.errors import LuthierError, Problems


@dataclass
class Findings:
    """The fields of validation.json, filled in as the work goes on. Counts are rows; shares lie between 0 and 1."""

    source: str
    ok: bool = False
    format: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    blank: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    sha256: str | None = None
    bytes: int | None = None
    splits: dict[str, int] = field(default_factory=dict)
    split_sha256: dict[str, str] = field(default_factory=dict)
    test_rows_seen_in_train: int | None = None
    test_rows_seen_by: str = "prompt or answer"
    tokens: dict[str, Any] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    expectations: list[dict[str, Any]] = field(default_factory=list)
    gate: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def count(self, records: Sequence[Record], blank: int) -> None:
        """No row may get lost: each is accepted, set aside or blank."""
        self.read, self.blank = len(records) + blank, blank
        self.accepted = sum(record.accepted for record in records)
        self.reasons = dict(Counter(code_of(record) for record in records if not record.accepted).most_common())
        self.quarantined = sum(self.reasons.values())
        assert self.accepted + self.quarantined + self.blank == self.read

    def found_duplicates(self, found: Duplicates) -> None:
        exact = sum(other is not None for other in found.exact)
        near = sum(other is not None for other in found.near) - exact
        self.duplicates = {"exact": exact, "near": near, "conflicting_prompts": found.conflicting_prompts}

    def judged(self, verdict: Verdict) -> None:
        self.expectations = verdict.expectations
        self.gate = {"passed": verdict.passed, "max_severity": verdict.max_severity}
        for each in verdict.failed:
            if each["severity"] != "critical" and not each["broken"]:
                rows = f" ({each['unexpected']:,} rows)" if each["unexpected"] else ""
                self.warn(each["column"], each["reason"].rstrip(".") + rows + ".")

    def warn(self, code: str, message: str) -> None:
        """A remark on the data as a whole."""
        self.warnings.append(told(self.source, None, "", code, message))

    def refuse(self, error: LuthierError) -> None:
        """An error that ends the work; what the gate found is listed already."""
        self.ok = False
        parts = error.problems if isinstance(error, Problems) else [error]
        if not self.errors:
            self.errors = [told(self.source, None, part.where, "refused", str(part)) for part in parts]


def told(file: str, line: int | None, field: str, code: str, message: str) -> dict[str, Any]:
    return {"file": file, "line": line, "field": field, "code": code, "message": message}
