"""A person's word on a run's data: `approval.json` in the run's folder, which every way of starting it looks up."""

import time
from typing import Any

from luthier.errors import DataError, NotFound, WaitsForApproval
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.storage import read_json, write_json


def decide(run: RunFolder, approved: bool, by: str) -> dict[str, Any]:
    """Keep who decided what and when (seconds since 1970). A later word replaces an earlier one.

    Raises NotFound where there is nothing to decide: only data that have passed the gate can be approved, and the word
    holds for what was found then.
    """
    marker = run.marker("validate-data")
    if not marker.exists():
        raise NotFound(f"the data of {run.run_id} have not passed the checks", "", "See `luthier check SPEC`.")
    record = {"about": "data", "approved": approved, "by": by, "at": time.time(), "key": read_json(marker)["key"]}
    write_json(run.approval, record)
    return record


def decision(run: RunFolder) -> dict[str, Any] | None:
    return read_json(run.approval) if run.approval.exists() else None


def check_approved(run: Run) -> None:
    """Raises WaitsForApproval until somebody has approved the data that the spec wants approved; DataError when
    somebody has rejected them.
    """
    if not run.spec.data.approve:
        return
    told = decision(run.folder)
    if told is None or told["key"] != run.key("validate-data"):
        raise WaitsForApproval(
            "the data waits for approval",
            f"data.approve is true. Look at {run.folder.page}",
            f"Then: luthier approve {run.folder.run_id} (or --reject), and start the run again.",
        )
    if not told["approved"]:
        fix = f"Mend the data, or: luthier approve {run.folder.run_id}."
        raise DataError(f"the data was rejected by {told['by']}", "data.approve is true", fix, "data.approve")
