"""validate-data: read → understand → screen → count tokens → inspect → set aside → gate → split → page.

Rows pass through the disk (`store.py`): what is in memory is a batch of them, and a few numbers of each.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from luthier.data.division import Division
from luthier.data.examples import examples
from luthier.data.fields import metas, slices
from luthier.data.findings import Findings
from luthier.data.gate.frame import frames
from luthier.data.gate.judge import judge
from luthier.data.gate.rules import load_rules
from luthier.data.inspection.duplicates import inspect
from luthier.data.inspection.text import turns_of
from luthier.data.intake import Intake
from luthier.data.page.write import write_page
from luthier.data.personal.errors import without_personal_data
from luthier.data.quarantine import Quarantine
from luthier.data.reading.source import Source
from luthier.data.reading.sources import content_sha256, sources
from luthier.data.refusal import failed_checks, refusal
from luthier.data.setting_aside import set_aside
from luthier.data.standing import Standing
from luthier.data.store import RowStore
from luthier.data.survey import survey
from luthier.data.tokens import summary
from luthier.errors import DataError, LuthierError, Problems, SpecError
from luthier.events import Event
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import write_json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def prepare(
    spec: RunSpec, run: RunFolder, tokenizer: "PreTrainedTokenizerBase", max_length: int, home: Path
) -> Iterator[Event]:
    """Turn the data into `data/` of the run; yields events of kinds phase, progress and warning.

    Raises Problems with every faulty row, DataError, SpecError or ModelError when the data cannot be trained on.
    quarantine.jsonl, page.html and validation.json (last) are there in either case.
    """
    run.data.mkdir(parents=True, exist_ok=True)
    for left in run.data.glob(".work-*"):  # of a preparation that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=run.data) as scratch:
        work = _Preparation(spec, run, Path(scratch), tokenizer, max_length, home)
        try:
            yield from work.steps()
        except LuthierError as error:
            whole = work.with_faults(without_personal_data(error))
            work.findings.refuse(whole)
            work.write()
            raise whole from None
        work.findings.ok = True
        work.write()


class _Preparation:
    """The rows and what is known of them, from step to step."""

    def __init__(
        self, spec: RunSpec, run: RunFolder, scratch: Path,
        tokenizer: "PreTrainedTokenizerBase", max_length: int, home: Path,
    ):  # fmt: skip
        self.spec, self.run, self.scratch, self.home = spec, run, scratch, home
        self.tokenizer, self.max_length = tokenizer, max_length
        self.findings = Findings(spec.data.path.name, approval={"needed": True} if spec.data.approve else {})
        self.store = RowStore(scratch / "rows.arrow")
        self.quarantine = Quarantine(scratch)
        self.intake = Intake(spec.data, self.store, self.quarantine)
        self.standing: Standing | None = None
        self.sources: Sequence[Source] = [Source(spec.data.path)]
        self.flawed: dict[str, set[int]] = {}

    def steps(self) -> Iterator[Event]:
        yield {"kind": "phase", "name": "reading the data"}
        yield from self.read()

        yield {"kind": "phase", "name": "looking for duplicates"}
        standing = self.standing = Standing(self.store, self.sources)
        standing.found = inspect(map(turns_of, self.store.messages()), self.scratch)
        self.findings.found_duplicates(standing.found)

        yield {"kind": "phase", "name": "inspecting the rows"}
        seen = survey(self.spec, self.store, standing, self.intake)
        self.flawed = seen.flawed
        set_aside(self.spec, self.store, standing, self.quarantine, seen.flawed)
        self.findings.count(self.intake, self.quarantine, standing)
        self.findings.surveyed(seen)
        self.findings.tokens = self.tokens(standing)
        self.findings.fields = slices(metas(self.store, standing))

        yield {"kind": "phase", "name": "judging the rows"}
        self.judge(standing)

        yield {"kind": "phase", "name": "splitting"}
        self.split(standing)
        for warning in self.findings.warnings:
            if warning["line"] is None:  # rows that were set aside are in their file
                yield {"kind": "warning", "text": warning["message"]}

    def read(self) -> Iterator[Event]:
        """Raises DataError for faults of a file as a whole."""
        found = sources(self.spec.data, self.home)
        self.sources, self.intake.skipped = found, found.skipped
        self.findings.sha256 = content_sha256(self.sources)
        self.findings.bytes = sum(source.path.stat().st_size for source in self.sources)
        try:
            yield from self.intake.take(self.sources, self.tokenizer, self.max_length)
        finally:
            self.store.close()
            self.findings.took_in(self.intake, self.quarantine)
        if not self.store.rows and not self.intake.unwanted:
            raise DataError("the data file holds no rows", "", "Write one example a row.", str(self.spec.data.path))
        if self.intake.unwanted and not self.intake.sound:
            what = f"none of {self.intake.unwanted:,} rows is wanted"
            fix = f"Values there are: {self.intake.screen.wanted.values()}."
            raise SpecError(what, "data.where (or data.drop) leaves all of them out", fix, "data.where")

    def tokens(self, standing: Standing) -> dict[str, Any]:
        lengths, trained = (np.array(self.store.column(name))[standing.accepted] for name in ("tokens", "trained"))
        return summary(lengths, trained, self.max_length)

    def judge(self, standing: Standing) -> None:
        """Raises Problems when the gate says no."""
        data = self.spec.data
        allowed = data.max_quarantined if data.on_bad_rows == "quarantine" else 0.0
        parameters = {"faulty_share": allowed, "max_length": self.max_length}
        rules = load_rules(data.rules) if data.rules else None
        verdict = judge(frames(self.store, standing, rules), parameters, self.run.docs, rules=rules)
        self.findings.judged(verdict)
        faults = self.intake.faults
        if verdict.passed:
            self.findings.set_aside(faults)
            return
        self.findings.refused(faults, failed_checks(verdict))
        raise refusal(self.findings.source, data, faults, self.intake.read - self.intake.blank, verdict)

    def split(self, standing: Standing) -> None:
        """Raises DataError when the rows are too few, SpecError for a field that is not there."""
        division = Division(self.spec, self.store, standing)
        division.write(self.run, self.tokenizer, self.max_length)
        self.findings.divided(self.run, division)

    def with_faults(self, error: LuthierError) -> LuthierError:
        """An error of a file as a whole, with the faulty rows that were found before it."""
        faults = self.intake.faults
        if self.standing or not faults:
            return error
        self.findings.refused(faults, [error])
        return Problems(f"{self.findings.source} is refused", [error, *faults.problems()])

    def write(self) -> None:
        """Whatever came of it."""
        found = self.findings.as_json()
        tickets = {each["name"] for each in self.intake.sources if each["format"] == "help_desk"}
        shown = examples(self.store, self.standing, self.quarantine, self.flawed, tickets)
        self.quarantine.keep(self.run.quarantine)
        write_page(self.run.page, found, shown)
        write_json(self.run.validation, found)
