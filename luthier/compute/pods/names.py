"""`luthier-<home id>-<run id>-p<k>`: a pod's name tells whose it is, also when everything else about it was lost."""

import re

NAME = re.compile(r"luthier-(?P<home>[0-9a-f]{8})-(?P<run>.+)-p(?P<number>\d+)")


def home_prefix(home: str) -> str:
    """What the names of all pods of a home begin with."""
    return f"luthier-{home}-"


def run_prefix(home: str, run_id: str) -> str:
    return f"{home_prefix(home)}{run_id}-p"


def pod_name(home: str, run_id: str, number: int) -> str:
    return f"{run_prefix(home, run_id)}{number}"


def run_of(name: str) -> str | None:
    """The run id in a pod's name, or None where it is no such name."""
    found = NAME.fullmatch(name)
    return found["run"] if found else None
