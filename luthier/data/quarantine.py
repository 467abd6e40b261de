"""Rows that were set aside, with their reasons and everything needed to mend them."""

import base64
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from luthier.storage import json_line, sync


class Quarantine:
    """Written as rows come, in a scratch file; `keep` makes it the run's."""

    def __init__(self, scratch: Path):
        self.path = scratch / "quarantine.jsonl"
        self.reasons: Counter[str] = Counter()
        self._out = self.path.open("wb")

    def add(self, source: str, line: int, code: str, reason: str, raw: bytes) -> None:
        self.reasons[code] += 1
        entry: dict[str, Any] = {"source": source, "line": line, "code": code, "reason": reason}
        try:
            entry["raw"] = raw.decode()
        except UnicodeDecodeError:
            entry["raw_base64"] = base64.b64encode(raw).decode()
        self._out.write(json_line(entry))

    def entries(self) -> Iterator[dict[str, Any]]:
        self._out.flush()
        with self.path.open("rb") as file:
            yield from map(orjson.loads, file)

    def keep(self, target: Path) -> None:
        """It holds texts as they were, personal data among them: only its owner may read it."""
        self._out.close()
        self.path.chmod(0o600)
        sync(self.path)
        self.path.replace(target)
        sync(target.parent)
