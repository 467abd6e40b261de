"""Bad rows as one message for a person: all kinds, each with its first rows and the number of the rest."""

from luthier.data.faults import Faults
from luthier.data.gate.expectations import name
from luthier.data.gate.verdict import Verdict
from luthier.data_spec import DataSpec
from luthier.errors import DataError, LuthierError, Problems

LINES = 5
"""Rows that are named beside a failed rule."""


def refusal(source: str, spec: DataSpec, faults: Faults, rows: int, verdict: Verdict) -> Problems:
    """Everything because of which the gate says no; `rows`: how many there are, blank ones apart."""
    too_many = any(each["column"] == "faulty_share" for each in verdict.failed)
    what = f"{source} is refused"
    if faults and too_many:
        what += f": {len(faults):,} of {rows:,} rows cannot be used"
        if spec.on_bad_rows == "quarantine":
            what += f"; data.max_quarantined allows a share of {spec.max_quarantined:g}"
    problems = failed_checks(verdict) + (faults.problems() if too_many else [])
    return Problems(what, problems, "Rows set aside, with their reasons: data/quarantine.jsonl of the run.")


def failed_checks(verdict: Verdict) -> list[LuthierError]:
    """Failed checks other than that of the rows' faults, which are listed one by one."""
    problems: list[LuthierError] = []
    for each in verdict.failed:
        where = name(each["expectation"], each["column"])
        if each["broken"]:
            fix = "Restore the folder gx/ from git, or mend your own rules."
            problems.append(DataError("the check itself broke", "A check that was not made passes nothing", fix, where))
        elif each["severity"] == "critical" and each["column"] != "faulty_share":
            problems.append(DataError(each["reason"], _rows(each), "", where))
    return problems


def _rows(each: dict) -> str:
    """`3 rows: data.jsonl:5, data.jsonl:9, data.jsonl:12`"""
    if not each["lines"]:
        return ""
    more = ", …" if (each["unexpected"] or 0) > LINES else ""
    return f"{each['unexpected']:,} rows: {', '.join(each['lines'][:LINES])}{more}"
