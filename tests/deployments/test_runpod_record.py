"""The script that compares the simulated cloud with RunPod, with a simulated cloud in RunPod's place."""

import copy
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

from luthier.rehearsal.cloud import Cloud, Image

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deployments" / "runpod_record.py"


def run(*arguments: str, answer: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        input=answer,
        capture_output=True,
        text=True,
    )


def test_what_was_recorded_is_compared(tmp_path):
    recorded = tmp_path / "real.json"
    with Cloud({"alpine:3.20": Image(("sh", "-c", "echo up; sleep 600"))}) as cloud:
        there = {"RUNPOD_API_BASE_URL": cloud.url, "RUNPOD_API_KEY": cloud.account.key}
        assert "nothing was rented" in run("record", str(recorded), answer="n\n", **there).stderr
        assert "costs $0.69/h" in run("record", str(recorded), "--max-usd-per-hour", "0.1", **there).stderr
        assert cloud.pods() == []
        done = run("record", str(recorded), "--max-usd-per-hour", "1", answer="y\n", **there)
        assert done.returncode == 0, done.stderr
        assert cloud.running_pods() == [] and len(cloud.pods()) == 1
        assert cloud.pods()[0].id not in recorded.read_text() and cloud.account.key not in recorded.read_text()

    same = run("compare", str(recorded))
    assert (same.returncode, same.stdout) == (0, "no differences\n")
    answers = json.loads(recorded.read_text())
    other = copy.deepcopy(answers)
    other["rest running pod"]["body"]["newField"] = "string"
    other["graphql bad field"]["status"] = 200
    assert sorted(runpy.run_path(str(SCRIPT))["differences"](other, answers, "answers")) == [
        "answers.graphql bad field.status: RunPod 200, the simulated cloud 400",
        "answers.rest running pod.body.newField: only RunPod has it",
    ]


def test_the_pod_is_ended_when_recording_fails(tmp_path):
    with Cloud({"alpine:3.20": Image(("sh", "-c", "echo up; sleep 600"))}) as cloud:
        cloud.faults.add("502", on="create", carried_out=True, times=99)
        there = {"RUNPOD_API_BASE_URL": cloud.url, "RUNPOD_API_KEY": cloud.account.key}
        failed = run("record", str(tmp_path / "real.json"), "--yes", "--max-usd-per-hour", "1", **there)
        assert failed.returncode == 1
        assert len(cloud.pods()) == 1 and cloud.running_pods() == []
