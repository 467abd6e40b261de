"""What is told where a training goes on otherwise than it was interrupted."""

from test_checkpoints import publish

from luthier.events import EventLog
from luthier.history import changes
from luthier.run_folder import RunFolder
from luthier.storage import append_jsonl, read_jsonl
from luthier.training.resumption import refuse_other_training


def test_another_number_of_processes_is_told_for_the_report(tmp_path):
    run, log = RunFolder(tmp_path), EventLog(tmp_path / "attempt.jsonl")
    checkpoint = publish(run.checkpoints, 8, seed=17, processes=2, sharding="full")
    refuse_other_training(checkpoint, {"seed": 17}, log, "trl")
    for told in read_jsonl(log.path):
        append_jsonl(run.events, told)
    assert changes(run) == [
        {"step": 8, "key": "compute.processes", "old": 2, "new": 1},
        {"step": 8, "key": "compute.sharding", "old": "full", "new": "none"},
    ]
