"""Notes on a run that can be changed later: `notes.jsonl` in its folder, one line a change, the newest counts.

The spec's `notes` are the first; they hold until somebody writes another.
"""

import time
from typing import Any

from luthier import status
from luthier.run_folder import RunFolder
from luthier.secrets import redact
from luthier.storage import append_jsonl, read_jsonl


def write(run: RunFolder, text: str) -> dict[str, Any]:
    """Keep {at, by, text}; `at` in seconds since 1970. An empty text takes the note away."""
    change = {"at": time.time(), "by": status.account(), "text": redact(text.strip())}
    append_jsonl(run.notes, change)
    return change


def changes(run: RunFolder) -> list[dict[str, Any]]:
    """Every note that was written later, the oldest first."""
    return read_jsonl(run.notes)


def edited(run: RunFolder) -> str | None:
    """The note that was written last; None where the spec's still holds."""
    return written[-1]["text"] if (written := changes(run)) else None
