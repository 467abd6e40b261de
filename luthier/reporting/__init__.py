"""The proof, for people (HTML, PDF) and for machines (JSON)."""

from typing import Any

import orjson

from luthier.reporting.page import render
from luthier.reporting.pdf import write_pdf
from luthier.reporting.record import assemble
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import write_json, write_text


def build(run: RunFolder, spec: RunSpec, facts: dict[str, Any]) -> dict[str, Any]:
    """Write report/report.html, report.pdf and, last, report.json; returns what report.json holds.

    `facts`: {run_id, status, duration, interruptions, cost, training, lineage, adapter_sha256, links}. Everything else
    is read from the run's files. The shape is that of report.schema.json.
    """
    report = orjson.loads(orjson.dumps(assemble(run, spec, facts), option=orjson.OPT_SERIALIZE_NUMPY))  # NaN: null
    html = render(run, spec, report)
    write_text(run.report / "report.html", html)
    write_pdf(html, run.report / "report.pdf", f"{spec.name} – {report['verdict']['label']}")
    write_json(run.report / "report.json", report)
    return report
