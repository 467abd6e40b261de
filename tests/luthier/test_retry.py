"""Which changes let the same run go on, and which begin a new one."""

import pytest
from report_run import make_spec

from luthier.failures import record
from luthier.failures.causes.unknown import CANCELLED
from luthier.retry import plan
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec_file import save_spec


@pytest.mark.parametrize(
    ("change", "goes_on"),
    [
        ("training.micro_batch_tokens=64", True),
        ("training.gradient_checkpointing=true", True),
        ("training.packing=true", False),  # nobody would try it on the model
        ("training.learning_rate=0.1", False),
    ],
)
def test_what_only_cuts_a_step_goes_on_in_the_same_run(change, goes_on, tmp_path):
    settings = Settings(home=tmp_path / "home")
    (tmp_path / "data.jsonl").write_text("{}")
    asked = make_spec(data={"path": str(tmp_path / "data.jsonl")})
    run = open_run(asked, settings).folder
    run.root.mkdir(parents=True)
    settled = {"packing": False, "micro_batch_tokens": 128, "gradient_checkpointing": False}
    save_spec(asked, run.asked)
    save_spec(asked.model_copy(update={"training": asked.training.model_copy(update=settled)}), run.spec)
    planned = plan(run, record.without_error(run, CANCELLED), [change], settings)
    assert planned.goes_on is goes_on
