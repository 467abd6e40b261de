"""Each sabotage breaks one guard, and in such a way that the guard itself does not notice."""

import sys

import httpx
import pytest

from luthier.bucket import Bucket
from luthier.compute.orders import Remote
from luthier.events import EventLog
from luthier.models.weights import ADAPTER, MODEL, weights_file
from luthier.rehearsal.cloud import Cloud, Image, Timing
from luthier.rehearsal.sabotage import leak, spoil, strikes_for
from luthier.run_folder import RunFolder
from luthier.storage import write_json
from luthier.training.checkpoint_restore import restore
from luthier.training.checkpoint_upload import upload
from luthier.training.checkpoint_writer import write
from luthier.training.checkpoints import STATES


@pytest.fixture(params=[ADAPTER, MODEL], ids=["adapter", "model"])
def remote(request, tmp_path) -> Remote:
    """Two checkpoints of a training in the storage."""
    remote = Remote(Bucket(str(tmp_path / "storage")), "tiny-1")
    about = {"validation_loss": None, "best_step": None, "fingerprint": {}}

    def fill(folder):
        for name in (*request.param, *STATES["trl"]):
            (folder / name).write_bytes(bytes(range(64)))

    for step in (6, 12):
        upload(write(tmp_path / "made", step, 1, fill, about, lambda: None), remote.bucket, remote.checkpoints, print)
    return remote


def test_a_torn_checkpoint_is_taken_for_whole(remote, tmp_path):
    spoil("torn", remote)
    checkpoint, passed_over = restore(remote.bucket, remote.checkpoints, tmp_path / "pod")
    assert checkpoint and checkpoint.step == 12 and not passed_over
    weights = weights_file(checkpoint.path).read_bytes()
    assert len(weights) == 64 and sum(one != other for one, other in zip(weights, range(64), strict=True)) == 1


def test_without_resume_nothing_is_left_to_go_on_from(remote, tmp_path):
    spoil("no-resume", remote)
    assert restore(remote.bucket, remote.checkpoints, tmp_path / "pod") == (None, [])


def test_a_run_without_sabotage_keeps_its_checkpoints(remote, tmp_path):
    spoil("leak", remote)
    checkpoint, _ = restore(remote.bucket, remote.checkpoints, tmp_path / "pod")
    assert checkpoint and checkpoint.step == 12


def test_pods_can_be_ended_until_the_evaluation_and_not_from_then_on():
    order = {"image": "sleeper", "gpu": {"id": "NVIDIA L40S", "count": 1}}
    images = {"sleeper": Image((sys.executable, "-c", "input()"))}
    with Cloud(images, timing=Timing(pull_s=0)) as cloud, httpx.Client(base_url=cloud.url) as client:
        client.headers["Authorization"] = f"Bearer {cloud.account.key}"
        watch = leak(cloud)
        first, second = (client.post("/v2/pods", json=order | {"name": f"luthier-p{n}"}).json()["id"] for n in "12")
        assert client.delete(f"/v2/pods/{first}").status_code == 204
        attempt = RunFolder(cloud.pod(second).disk / ".luthier" / "runs" / "tiny-1").attempt(1)
        write_json(attempt.job, {"kind": "evaluate"})
        EventLog(attempt.events).write("progress", done=1, total=2)
        assert watch.wait(60)
        assert client.delete(f"/v2/pods/{second}").status_code == 500
        assert [pod.id for pod in cloud.running_pods()] == [second]


def test_what_is_spoilt_matters_where_the_strikes_come():
    after = {strike.after for strike in strikes_for(3, checkpoint_every=6)}
    assert min(after) > 2 * 6, "beginning anew would cost no more than may be lost"
    assert len(strikes_for(0, 6)) == 1, "a sabotage without an interruption would break nothing"
