"""What a pod gets to know of a run."""

from training_runs import make_run, spec

from luthier.bucket import Bucket
from luthier.compute.inputs import inputs
from luthier.compute.orders import Remote, fetch
from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec, save_spec
from luthier.training.resumption import open_again


def test_what_a_person_asked_for_holds_where_a_pod_goes_on_with_another_engines_checkpoint(tmp_path):
    settled = spec(packing=False, micro_batch_tokens=512, gradient_checkpointing=True)
    run = make_run(tmp_path / "runs" / "tiny-1", asked=settled)
    save_spec(spec(packing=None, micro_batch_tokens=512, gradient_checkpointing=None), run.asked)
    remote, pod = Remote(Bucket(str(tmp_path / "storage")), run.run_id), RunFolder(tmp_path / "pod" / "tiny-1")
    fetch(remote.bucket, remote.send(run.root, inputs(run, "train")), pod.root)
    opened = open_again(load_spec(pod.spec), pod).training
    assert (opened.packing, opened.micro_batch_tokens, opened.gradient_checkpointing) == (None, 512, None)
