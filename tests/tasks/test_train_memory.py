"""How often a training that wants memory is tried again."""

from types import SimpleNamespace

import pytest
from made_runs import make
from report_run import validation

from luthier.errors import OutOfMemory
from luthier.failures.guards import too_big_to_train
from luthier.run import Run
from luthier.settings import Settings
from luthier.spec_file import load_spec, save_spec
from luthier.storage import read_jsonl, write_json
from tasks import train


def test_a_change_that_does_not_stay_is_made_once(tmp_path, monkeypatch):
    """As where each attempt measures anew, because another engine wrote the checkpoint."""
    settings = Settings(home=tmp_path)
    folder = make(settings, "t-1", "crashed")
    write_json(folder.validation, validation())
    folder.attempt(1).root.mkdir(parents=True)
    begun = []

    def attempt(run, *_):
        begun.append(1)
        assert len(begun) < 9, "it never ends"
        settled = run.spec.training.model_copy(update={"micro_batch_tokens": 2048, "gradient_checkpointing": False})
        save_spec(run.spec.model_copy(update={"training": settled}), run.folder.spec)
        raise too_big_to_train(settled)

    monkeypatch.setattr(train, "checkpoint_resume", lambda _run: {"step": 5, "path": None})
    monkeypatch.setattr(train, "attempt", attempt)
    with pytest.raises(OutOfMemory):
        train._trained(Run(load_spec(folder.asked), "", folder, settings), SimpleNamespace(say=print))
    assert len(begun) == 2 and len([e for e in read_jsonl(folder.events) if e["kind"] == "pieces"]) == 1
