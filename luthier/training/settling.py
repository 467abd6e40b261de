"""Values that only the model can tell: kept with the run, so that every later attempt goes by them."""

from luthier.fence import check_fence
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.spec import RunSpec, TrainingSpec
from luthier.spec_file import save_spec


def keep_settled(spec: RunSpec, settled: TrainingSpec, run: RunFolder, attempt: AttemptFolder) -> RunSpec:
    """The spec with `settled` as its section, written down if that is new. Raises AlreadyRunning."""
    if settled == spec.training:
        return spec
    spec = spec.model_copy(update={"training": settled})
    check_fence(run, attempt)
    save_spec(spec, run.spec)
    return spec
