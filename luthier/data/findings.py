"""What was found in the data: `validation.json`, which tells people and later stages."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from luthier.data.personal.protect import hidden
from luthier.errors import LuthierError, Problems
from luthier.storage import sha256_file

if TYPE_CHECKING:
    from luthier.data.division import Division
    from luthier.data.faults import Faults
    from luthier.data.gate.verdict import Verdict
    from luthier.data.inspection.duplicates import Duplicates
    from luthier.data.intake import Intake
    from luthier.data.quarantine import Quarantine
    from luthier.data.standing import Standing
    from luthier.data.survey import Survey
    from luthier.run_folder import RunFolder

FEW_TEST_ROWS = 50


@dataclass
class Findings:
    """The fields of validation.json, filled in as the work goes on. Counts are rows; shares lie between 0 and 1."""

    source: str
    ok: bool = False
    sources: list[dict[str, Any]] = field(default_factory=list)
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
    test_rows_near_train: int | None = None
    test_rows_seen_by: str = "prompt or answer"
    tokens: dict[str, Any] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    personal: dict[str, Any] = field(default_factory=dict)
    fixes: dict[str, int] = field(default_factory=dict)
    flaws: dict[str, int] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    labels: list[dict[str, Any]] = field(default_factory=list)
    languages: dict[str, Any] = field(default_factory=dict)
    recency: dict[str, Any] = field(default_factory=dict)
    fields: list[dict[str, Any]] = field(default_factory=list)
    quality: dict[str, Any] = field(default_factory=dict)
    advice: list[dict[str, Any]] = field(default_factory=list)
    approval: dict[str, Any] = field(default_factory=dict)
    expectations: list[dict[str, Any]] = field(default_factory=list)
    gate: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def took_in(self, intake: "Intake", quarantine: "Quarantine") -> None:
        """What is known when the files have been read, or as far as that came."""
        self.sources = intake.sources
        if self.sources:
            self.format, self.columns = self.sources[0]["format"], self.sources[0]["columns"]
        self._count(intake, quarantine, intake.read - intake.blank - quarantine.reasons.total())
        told_of = intake.screen.told()
        self.personal, self.fixes, self.flaws = told_of["personal"], told_of["fixes"], told_of["flaws"]
        for source in self.sources:
            for remark in ("guessed", "note"):
                if source[remark]:
                    self.warn(remark, source[remark], source["name"])
        for code, text in intake.remarks.told():
            self.warn(code, text)
        for skipped in intake.skipped:
            self.warn("reading", skipped)

    def count(self, intake: "Intake", quarantine: "Quarantine", standing: "Standing") -> None:
        self._count(intake, quarantine, int(standing.accepted.sum()))

    def _count(self, intake: "Intake", quarantine: "Quarantine", accepted: int) -> None:
        """No row may get lost: each is accepted, set aside or blank."""
        self.read, self.blank, self.accepted = intake.read, intake.blank, accepted
        self.reasons = dict(quarantine.reasons.most_common())
        self.quarantined = sum(self.reasons.values())
        assert self.accepted + self.quarantined + self.blank == self.read

    def found_duplicates(self, found: "Duplicates") -> None:
        exact, near = int((found.exact >= 0).sum()), int((found.near >= 0).sum())
        self.duplicates = {
            "exact": exact, "near": near - exact, "conflicting_prompts": found.conflicting_prompts
        }  # fmt: skip

    def surveyed(self, seen: "Survey") -> None:
        for name, value in seen.told.items():
            setattr(self, name, value)

    def judged(self, verdict: "Verdict") -> None:
        self.expectations = verdict.expectations
        self.gate = {"passed": verdict.passed, "max_severity": verdict.max_severity}
        for each in verdict.failed:
            if each["severity"] == "warning" and not each["broken"]:
                rows = (
                    f" ({each['unexpected']:,} rows)" if each["unexpected"] and each["suite"] != "training_set" else ""
                )
                self.warn(each["column"], each["reason"].rstrip(".") + rows + ".")

    def set_aside(self, faults: "Faults") -> None:
        """The faulty rows of data that passed."""
        if faults:
            self.warn("set_aside", f"{len(faults):,} faulty rows were set aside, see quarantine.jsonl.")
            self.warnings += faults.entries()

    def refused(self, faults: "Faults", checks: list[LuthierError]) -> None:
        """What the gate refused the data for."""
        self.errors = faults.entries() + [told(self.source, None, each.where, "gate", str(each)) for each in checks]

    def divided(self, run: "RunFolder", division: "Division") -> None:
        self.splits = division.sizes
        self.split_sha256 = {name: sha256_file(run.split(name)) for name in division.sizes}
        self.test_rows_seen_in_train, self.test_rows_near_train = division.seen.equal, division.seen.related
        if division.labels_apart:
            self.test_rows_seen_by = "prompt"
            text = "The answers recur so often that they are taken for labels; prompts are kept apart, answers are not."
            self.warn("answers_are_labels", text)
        if (rows := self.splits["test"]) < FEW_TEST_ROWS:
            text = f"There are {rows} test rows; below {FEW_TEST_ROWS} hardly any improvement can be shown."
            self.warn("few_test_rows", text)

    def warn(self, code: str, message: str, file: str = "") -> None:
        """A remark on a file, or on the data as a whole."""
        self.warnings.append(told(file or self.source, None, "", code, hidden(message)))

    def refuse(self, error: LuthierError) -> None:
        """An error that ends the work; what the gate found is listed already."""
        self.ok = False
        parts = error.problems if isinstance(error, Problems) else [error]
        if not self.errors:
            self.errors = [told(self.source, None, part.where, "refused", str(part)) for part in parts]


def told(file: str, line: int | None, field: str, code: str, message: str) -> dict[str, Any]:
    return {"file": file, "line": line, "field": field, "code": code, "message": message}
