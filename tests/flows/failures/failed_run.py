"""A run that failed, and what `luthier retry` says of it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chain import Home

from luthier.failures.causes import CAUSES
from luthier.storage import read_json

CONDITIONS = str(Path(__file__).with_name("conditions"))
BY_NAME = {cause.name: cause for cause in CAUSES}


@dataclass
class Failed:
    """`code` and `told`: exit code and what people read; `retry`: what `luthier retry --json` proposes."""

    home: Home
    code: int
    told: str
    retry: dict[str, Any] = field(default_factory=dict)

    @property
    def record(self) -> dict[str, Any]:
        return read_json(self.home.run.failure)

    @property
    def change(self) -> dict[str, Any]:
        return {each["key"]: each["new"] for each in self.retry["change"]}


def proposal(home: Home, *arguments: object) -> dict[str, Any]:
    """Nobody is there to be asked, so it exits with 2 and starts nothing."""
    asked = home.luthier("retry", home.run.run_id, "--json", *arguments)
    assert asked.returncode == 2 and "--yes" in asked.stderr, asked.stderr
    return json.loads(asked.stdout)


def ended(home: Home, code: int, told: str, may_propose: bool = True) -> Failed:
    """What is kept and proposed of a run that failed; where it cannot even be opened, nothing is asked yet."""
    assert code not in (0, 3, 4), told
    assert "Traceback" not in told
    return Failed(home, code, told, proposal(home) if may_propose else {})


def recognised(failed: Failed, name: str, change: dict, goes_on: bool) -> None:
    cause = BY_NAME[name]
    assert (failed.record["cause"], failed.retry["cause"]) == (name, name), failed.record
    assert failed.retry["advice"] == cause.fix and failed.retry["guide"] == cause.guide
    assert failed.change == change and failed.retry["goes_on"] is goes_on
    assert ("See: luthier retry" in failed.told) == bool(change)
    assert json.loads((failed.home.run.failures).read_text().splitlines()[-1])["cause"] == name
