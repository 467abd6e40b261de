"""checkpoint-resume: find the newest whole checkpoint, and after training verify what training left."""

from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from luthier.bucket import open_bucket
from luthier.compute.orders import Remote
from luthier.compute.patience import patiently
from luthier.compute.pods.record import Records
from luthier.errors import DataError
from luthier.history import RunHistory
from luthier.models.base import locate
from luthier.run import Run
from luthier.storage import sha256_file
from luthier.training.checkpoint_restore import look, restore
from luthier.training.checkpoint_upload import upload
from luthier.training.checkpoints import PassedOver, complete_at, newest_complete
from luthier.training.fingerprint import fingerprint
from tasks.pods import is_rented, rented_pods


@task(name="checkpoint-resume", cache_policy=NO_CACHE)
def checkpoint_resume(run: Run, trained: bool = False) -> dict[str, Any]:
    """Say where training can go on: {step, path, passed_over}, path None when it must start anew.

    Once `trained`, the adapter's file must be the one that the worker wrote, byte for byte.
    """
    logger, history = get_run_logger(), RunHistory(run.folder)
    step, path, passed_over = _in_storage(run) if is_rented(run) else _here(run)
    for torn in passed_over:
        logger.warning(f"passed over {torn.path.name}: {torn.reason}")
        history.tell("passed_over", path=str(torn.path), reason=torn.reason)
    logger.info(f"newest whole checkpoint: step {step}" if path else "no checkpoint yet")
    found = {"step": step, "path": path, "passed_over": [torn.path.name for torn in passed_over]}
    return found | _verified(run) if trained else found


def _here(run: Run) -> tuple[int, str | None, list[PassedOver]]:
    """Step and path of the newest checkpoint in the run's folder, every byte of it verified."""
    base = locate(run.spec.model, run.settings.models)
    mine = fingerprint(run.spec, run.folder, base)
    if Records(run.folder).all() and run.settings.storage:  # it was rented before: its checkpoints are there
        remote = Remote(open_bucket(run.settings), run.folder.run_id)
        restore(remote.bucket, remote.checkpoints, run.folder.checkpoints, mine)
    checkpoint, passed_over = newest_complete(run.folder.checkpoints, mine)
    return (checkpoint.step, str(checkpoint.path), passed_over) if checkpoint else (0, None, passed_over)


def _in_storage(run: Run) -> tuple[int, str | None, list[PassedOver]]:
    """The same of pods, by manifests and sizes; the pod that fetches it verifies every byte."""
    remote = rented_pods(run).remote
    candidate, passed_over = patiently(lambda: look(remote.bucket, remote.checkpoints))
    if _sent_newer(run, remote, candidate.about.step if candidate else 0):
        candidate, passed_over = patiently(lambda: look(remote.bucket, remote.checkpoints))
    if candidate is None:
        return 0, None, passed_over
    return candidate.about.step, f"{remote.bucket.uri}/{remote.checkpoints}/{candidate.name}", passed_over


def _sent_newer(run: Run, remote: Remote, than: int) -> bool:
    """Put the newest checkpoint of a time when the run was on this machine into the storage; False where none is."""
    newest, _ = newest_complete(run.folder.checkpoints)
    if newest is None or newest.step <= than:
        return False
    best = complete_at(run.folder.checkpoints, newest.best_step) if newest.best_step is not None else None
    for path in {checkpoint.path for checkpoint in (newest, best) if checkpoint}:
        upload(path, remote.bucket, remote.checkpoints, may_publish=lambda: None)
    return True


def adapter_files(run: Run) -> dict[str, str]:
    """sha256 of each file of the adapter."""
    return {file.name: sha256_file(file) for file in sorted(run.folder.adapter.iterdir())}


def _verified(run: Run) -> dict[str, Any]:
    expected = (run.completed("train") or {}).get("adapter_files")
    if expected != adapter_files(run):
        raise DataError(
            "the adapter is not the one that training wrote",
            "It was changed just now.",
            "Start the run again: the adapter is rebuilt from its checkpoint.",
            str(run.folder.adapter),
        )
    return {"adapter": str(run.folder.adapter), "adapter_files": expected}
