"""Bad rows as one message for a person: all kinds, each with its first rows and the number of the rest."""

from collections import defaultdict
from collections.abc import Sequence

from luthier.data.gate.expectations import name
from luthier.data.gate.judge import Verdict
from luthier.data.reading.source import Source
from luthier.data.record import Fault, Record
from luthier.errors import DataError, LuthierError, Problems
from luthier.spec import DataSpec

SHOWN = 20
"""Rows of one kind that are listed; the quarantine file has them all."""


def refusal(source: Source, spec: DataSpec, records: Sequence[Record], verdict: Verdict) -> Problems:
    """Everything because of which the gate says no."""
    faulty = [record for record in records if record.fault]
    what = f"{source.path.name} is refused"
    if faulty:
        what += f": {len(faulty):,} of {len(records):,} rows cannot be used"
    if faulty and spec.on_bad_rows == "quarantine":
        what += f"; data.max_quarantined allows a share of {spec.max_quarantined:g}"
    problems = _rows(source, faulty, spec.on_bad_rows == "refuse") + failed_checks(verdict)
    return Problems(what, problems, "Rows set aside, with their reasons: data/quarantine.jsonl of the run.")


def _rows(source: Source, faulty: Sequence[Record], way_out: bool) -> list[LuthierError]:
    kinds: dict[str, list[tuple[Record, Fault]]] = defaultdict(list)
    for record in faulty:
        if record.fault:
            kinds[record.fault.code].append((record, record.fault))
    problems: list[LuthierError] = []
    for code, rows in kinds.items():
        problems += [fault.error(source.where(record.number), way_out) for record, fault in rows[:SHOWN]]
        if len(rows) > SHOWN:
            more = f"… and {len(rows) - SHOWN:,} more of this kind ({code}), see quarantine.jsonl"
            problems.append(DataError(more))
    return problems


def failed_checks(verdict: Verdict) -> list[LuthierError]:
    """Failed checks other than that of the rows' faults, which are listed one by one."""
    problems: list[LuthierError] = []
    for each in verdict.failed:
        where = name(each["expectation"], each["column"])
        if each["broken"]:
            fix = "Restore the folder gx/ from git."
            problems.append(DataError("the check itself broke", "A check that was not made passes nothing", fix, where))
        elif each["severity"] == "critical" and each["column"] != "structure_error":
            problems.append(DataError(each["reason"], "", "", where))
    return problems
