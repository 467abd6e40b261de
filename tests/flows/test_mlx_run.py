"""The whole chain with engine mlx, on this machine's CPU: from raw data to the report, with a worker killed."""

import pytest
from chain import Home, write_spec

from luthier.storage import read_json, read_jsonl, sha256_file

pytest.importorskip("mlx_lm")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SMALL = {"engine": "mlx", "epochs": 1, "checkpoint_every": 4, "micro_batch_tokens": 512}


def test_a_killed_run_comes_to_its_report(home: Home, tmp_path, tiny_model):
    spec = write_spec(tmp_path / "spec", tiny_model, training=SMALL, evaluation={"max_examples": 8, "few_shot": []})
    with home.started("run", spec, "--json") as process:
        home.kill_worker(process, "train", after=lambda: home.steps())
        out, err = process.communicate(timeout=200)
    assert process.returncode in (0, 3, 4), (out, err)
    run = home.run
    report = read_json(run.report / "report.json")
    assert report["training"]["engine"] == "mlx" and report["training"]["resumed_from"]
    assert [told["stage"] for told in report["interruptions"]] == ["train"]
    assert report["adapter_sha256"] == sha256_file(run.adapter / "adapter_model.safetensors")
    decoding = read_json(run.baseline / "metrics.json")["decoding"]
    assert decoding["dtype"] == "float32" and decoding["device"] in ("cpu", "gpu")
    assert read_json(run.evaluation / "metrics.json")["base_recheck"]["max_abs_difference"] == 0
    manifests = [read_json(path) for path in run.checkpoints.glob("step-*/manifest.json")]
    assert {manifest["engine"] for manifest in manifests} == {"mlx"}
    assert not [event for event in read_jsonl(run.events) if event["kind"] == "warning"]
