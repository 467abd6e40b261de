"""How often each cause was met, and whether trying again helped."""

import time

from made_runs import make

from luthier.errors import OutOfMemory, ProviderDenied
from luthier.failures.counts import counts
from luthier.settings import Settings
from luthier.storage import append_jsonl


def test_counts_and_what_retry_has_fixed(tmp_path):
    home = Settings(home=tmp_path)
    first, second = (
        make(home, "a-1", "failed", error=OutOfMemory("m")),
        make(home, "b-1", "failed", error=OutOfMemory("m")),
    )
    third = make(home, "c-1", "failed", error=ProviderDenied("k"))
    done = make(home, "d-1")  # what the first became
    for run, new in ((first, done), (second, second)):
        told = {"cause": counts([run])[0]["cause"], "new_run_id": new.run_id, "at": time.time()}
        append_jsonl(run.failures, {"kind": "retried", **told})
    memory, key = counts([first, second, third, done])
    assert (memory["count"], memory["runs"], memory["retried"], memory["fixed"]) == (2, 2, 2, 1)
    assert memory["share_fixed"] == 0.5 and memory["last"] > 1.7e9
    assert (key["cause"], key["count"], key["share_fixed"]) == ("provider_key", 1, None)
