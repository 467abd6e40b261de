"""What cannot be trained on this machine is refused when the data is checked, not after the baseline."""

import pytest

from luthier.compute import team
from luthier.errors import SpecError
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.validation import validate


def test_more_processes_than_gpus(monkeypatch, tiny_model, tmp_path):
    (tmp_path / "rows.jsonl").write_text("".join(f'{{"prompt": "{n}?", "completion": "{n}."}}\n' for n in range(30)))
    sections = {"name": "two", "data": {"path": tmp_path / "rows.jsonl"}, "model": {"base": str(tiny_model)}}
    asked = RunSpec.model_validate(sections | {"compute": {"processes": 2}})
    run = open_run(asked, Settings(home=tmp_path / "home"))
    monkeypatch.setattr(team, "gpus", lambda: ["0"])
    with pytest.raises(SpecError, match="2 processes cannot share 1 GPU"):
        list(validate(run))
    monkeypatch.setattr(team, "gpus", lambda: ["0", "1"])
    assert list(validate(run))[-1]["kind"] == "finished"
