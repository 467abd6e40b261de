"""What is kept of a run's failure: `failure.json` in its folder, until it is finished."""

import re
import time
from typing import Any

from luthier.errors import LuthierError
from luthier.run_folder import RunFolder
from luthier.secrets import redact
from luthier.storage import read_json, write_json


def keep(run: RunFolder, error: BaseException) -> dict[str, Any]:
    """Write down why the run failed: {cause, exit_code, what, why, fix, where, message, at}.

    at: seconds since 1970.
    """
    told = error if isinstance(error, LuthierError) else LuthierError(f"unexpected {type(error).__name__}: {error}")
    cause = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    texts = {"what": told.what, "why": told.why, "fix": told.fix, "where": told.where, "message": str(told)}
    record = {
        "cause": cause,
        "exit_code": told.exit_code,
        **{name: redact(text) for name, text in texts.items()},
        "at": time.time(),
    }
    write_json(run.failure, record)
    return record


def kept(run: RunFolder) -> dict[str, Any] | None:
    return read_json(run.failure) if run.failure.exists() else None
