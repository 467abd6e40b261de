"""validate-data: read → detect → normalise → structure → tokens → duplicates → gate → split."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from luthier.data import tokens
from luthier.data.conversations import understand
from luthier.data.findings import Findings, told
from luthier.data.gate.frame import frame
from luthier.data.gate.judge import judge
from luthier.data.inspection.duplicates import Duplicates, inspect
from luthier.data.inspection.leakage import seen_in_train
from luthier.data.page.write import write_page
from luthier.data.parts import write_parts
from luthier.data.quarantine import write_quarantine
from luthier.data.reading.read import read
from luthier.data.reading.source import Source, check_file, content_sha256
from luthier.data.record import Fault, Record
from luthier.data.refusal import failed_checks, refusal
from luthier.errors import DataError, LuthierError
from luthier.events import Event
from luthier.rows import Row
from luthier.run_folder import RunFolder
from luthier.spec import DataSpec, RunSpec
from luthier.storage import sha256_file, write_json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FEW_TEST_ROWS = 50


def prepare(spec: RunSpec, run: RunFolder, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> Iterator[Event]:
    """Turn the data file into `data/` of the run; yields events of kinds phase, progress and warning.

    Raises Problems with every faulty row, DataError, SpecError or ModelError when the data cannot be trained on.
    quarantine.jsonl, page.html and validation.json (last) are there in either case.
    """
    work = _Work(spec, run)
    try:
        yield from work.steps(tokenizer, max_length)
    except LuthierError as error:
        work.findings.refuse(error)
        work.write()
        raise
    work.findings.ok = True
    work.write()


class _Work:
    """The rows and what is known of them, from step to step."""

    def __init__(self, spec: RunSpec, run: RunFolder):
        self.spec, self.run = spec, run
        self.source = Source(spec.data.path)
        self.findings = Findings(spec.data.path.name)
        self.records: list[Record] = []

    def steps(self, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> Iterator[Event]:
        data, findings = self.spec.data, self.findings
        yield {"kind": "phase", "name": "reading the data"}
        self.read()
        self.understand(data)

        yield {"kind": "phase", "name": "counting tokens"}
        yield from tokens.count_tokens([record for record in self.records if not record.fault], tokenizer, max_length)

        yield {"kind": "phase", "name": "looking for duplicates"}
        sound = [record for record in self.records if not record.fault]
        found = inspect(sound)
        for index, first in found.repeated(data.dedupe).items():
            sound[index].duplicate_of = sound[first].number
        findings.found_duplicates(found)
        findings.count(self.records, findings.blank)
        findings.tokens = tokens.summary([record for record in sound if record.accepted], max_length)

        yield {"kind": "phase", "name": "judging the rows"}
        self.judge(found, max_length)

        yield {"kind": "phase", "name": "splitting"}
        parts = self.split(sound, found)
        for name in ("train", "validation"):
            target, split = self.run.tokens(name), self.run.split(name)
            tokens.write_split(target, split, parts[name], sound, tokenizer, max_length)
        for warning in findings.warnings:
            if warning["line"] is None:  # rows that were set aside are in their file
                yield {"kind": "warning", "text": warning["message"]}

    def read(self) -> None:
        """Raises DataError for faults of the file as a whole."""
        findings, path = self.findings, self.spec.data.path
        check_file(path)
        findings.sha256, findings.bytes = content_sha256(path), path.stat().st_size
        rows = list(read(self.source))
        self.records = [record for record in rows if record]
        findings.count(self.records, rows.count(None))
        if not self.records:
            raise DataError("the data file holds no rows", "", "Write one example a row.", str(path))

    def understand(self, data: DataSpec) -> None:
        layout = understand(self.records, data)
        there = {column for record in self.records for column in record.value}
        self.findings.format = layout.format.name
        self.findings.columns = {field: column for field, column in layout.items() if column in there}

    def judge(self, found: Duplicates, max_length: int) -> None:
        """Raises Problems when the gate says no."""
        data = self.spec.data
        allowed = data.max_quarantined if data.on_bad_rows == "quarantine" else 0
        parameters = {"sound_share": round(1 - allowed, 9), "max_length": max_length}
        verdict = judge(frame(self.records, found), parameters, self.run.docs)
        self.findings.judged(verdict)
        rows = [self.told(record.number, record.fault) for record in self.records if record.fault]
        if verdict.passed and rows:
            self.findings.warn("set_aside", f"{len(rows):,} faulty rows were set aside, see quarantine.jsonl.")
            self.findings.warnings += rows
        if verdict.passed:
            return
        checks = [told(self.findings.source, None, each.where, "gate", str(each)) for each in failed_checks(verdict)]
        self.findings.errors = rows + checks
        raise refusal(self.source, data, self.records, verdict)

    def told(self, number: int, fault: Fault) -> dict[str, Any]:
        error = fault.error(self.source.where(number), self.spec.data.on_bad_rows == "refuse")
        return told(self.findings.source, number, fault.field, fault.code, str(error))

    def split(self, sound: list[Record], found: Duplicates) -> dict[str, list[Row]]:
        """The rows by split. Raises DataError when the rows are too few."""
        parts = write_parts(self.run, sound, found, self.spec.data.split, self.spec.seed)
        findings = self.findings
        findings.splits = {name: len(part) for name, part in parts.items()}
        findings.split_sha256 = {name: sha256_file(self.run.split(name)) for name in parts}
        findings.test_rows_seen_in_train = seen_in_train(parts["train"], parts["test"], found.answers_are_labels)
        if found.answers_are_labels:
            findings.test_rows_seen_by = "prompt"
            text = "The answers recur so often that they are taken for labels; prompts are kept apart, answers are not."
            findings.warn("answers_are_labels", text)
        if (rows := findings.splits["test"]) < FEW_TEST_ROWS:
            text = f"There are {rows} test rows; below {FEW_TEST_ROWS} hardly any improvement can be shown."
            findings.warn("few_test_rows", text)
        return parts

    def write(self) -> None:
        found = self.findings.as_json()
        write_quarantine(self.run.quarantine, self.source, self.records)
        write_page(self.run.page, found, self.records)
        write_json(self.run.validation, found)
