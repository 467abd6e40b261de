"""What home takes from a pod's copy of the spec."""

from training_runs import make_run, spec

from luthier.bucket import Bucket
from luthier.compute.mirror import Mirror
from luthier.compute.orders import Remote
from luthier.spec_file import load_spec, save_spec


def test_what_was_settled_at_home_is_not_undone_by_an_older_attempt(tmp_path):
    asked = spec(micro_batch_tokens=None, gradient_checkpointing=None)
    run = make_run(tmp_path / "runs" / "tiny-1", asked=asked)
    remote = Remote(Bucket(str(tmp_path / "storage")), run.run_id)
    save_spec(spec(micro_batch_tokens=1024, gradient_checkpointing=False), tmp_path / "decided.yaml")
    remote.bucket.put(remote.key(1, "spec.yaml"), tmp_path / "decided.yaml")
    remote.put_json(remote.key(1, "heartbeat.json"), {"beat": 1, "spec": "its hash"})
    Mirror(remote, run).pull(1)
    taken = load_spec(run.spec)
    assert (taken.training.micro_batch_tokens, taken.training.gradient_checkpointing) == (1024, False)
    halved = taken.training.model_copy(update={"micro_batch_tokens": 512})
    save_spec(taken.model_copy(update={"training": halved}), run.spec)
    Mirror(remote, run).pull(1)  # as another process, which has seen nothing yet
    assert load_spec(run.spec).training == halved
