"""Want of memory, by where and when."""

from luthier.failures.cause import Cause
from luthier.failures.changes import less_memory, smaller_weights
from luthier.failures.evidence import Evidence

ON_GPU = (
    r"(CUDA|HIP|MPS backend) out of memory|CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED|"
    r"Error out of memory at line|metal::malloc|Insufficient Memory"
)

LESS = (
    "half of the longest row as `training.max_length`, in a new run: what needs less memory for the same steps was "
    "tried by itself before it failed"
)

ABORTED = r"memory allocation of \d+ bytes failed|std::bad_alloc|Error out of memory at line|Insufficient Memory"
"""What libraries write that end the process where memory runs out; the last two are bitsandbytes and Metal."""


def wants_memory(seen: Evidence) -> bool:
    """Whether the want of memory is why the stage ended."""
    return any(cause.fits(seen) for cause in MEMORY)


def _wants(seen: Evidence, stage: str = "") -> bool:
    died = seen.type in ("WorkerDied", "NoProgress") and seen.shows(ABORTED)
    return (died or seen.type == "OutOfMemory") and stage in ("", seen.stage)


MEMORY = (
    Cause(
        name="memory_on_resume",
        title="Out of memory when a training goes on",
        why="The checkpoint's optimizer state comes on top of the model, and there was no room left for the first "
        "step. Often another program has taken the memory meanwhile, or the machine is a smaller one.",
        fix="End other programs that use the GPU or the memory (`nvidia-smi`, `top`).",
        fits=lambda seen: _wants(seen, "train") and seen.resumed,
        change=less_memory,
        proposes=LESS,
    ),
    Cause(
        name="gpu_memory",
        title="Out of memory on the GPU while training",
        why="The activations of one micro-batch, with the weights and the optimizer, are more than the GPU holds.",
        fix="Let fewer tokens go through the model at once, or rent a `compute.gpu` with more memory.",
        fits=lambda seen: _wants(seen, "train") and seen.shows(ON_GPU),
        change=less_memory,
        proposes=LESS,
    ),
    Cause(
        name="host_memory",
        title="Out of memory on this machine while training",
        why="The model is trained on the CPU, and one micro-batch is more than the memory that is free.",
        fix="End other programs that need memory, or let fewer tokens go through the model at once.",
        fits=lambda seen: _wants(seen, "train"),
        change=less_memory,
        proposes=LESS,
    ),
    Cause(
        name="memory_at_eval",
        title="Out of memory while the model is asked",
        why="Measuring holds the weights and answers several questions at once; nothing of the training is lost.",
        fix="End other programs that use the memory, or take a machine with more of it: what was answered stays.",
        fits=_wants,
        change=smaller_weights,
        proposes="before the training `training.dtype: bfloat16`, in a new run; after it nothing: the adapter "
        "is paid for",
    ),
    Cause(
        name="killed_for_memory",
        title="The system ended the worker for want of memory",
        why="The kernel's out-of-memory killer sent it signal 9: this machine, or the limit of its container, is full.",
        fix="End other programs that need memory, or raise the container's limit.",
        fits=lambda seen: seen.type == "WorkerKilledForMemory" or seen.says(r"signal 9\): the system wanted memory"),
        change=lambda seen: less_memory(seen) if seen.stage == "train" else smaller_weights(seen),
        proposes=LESS,
    ),
)
