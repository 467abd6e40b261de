"""What this machine computes fast, and how to make it compute the same each time."""

import os


def fast_dtype() -> tuple[str, str]:
    """(bfloat16 or float32, why): bfloat16 only where the hardware multiplies it natively."""
    import torch

    if torch.cuda.is_available():
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bfloat16", "this GPU computes bfloat16 natively"
        return "float32", "this GPU does not compute bfloat16 natively"
    abilities = torch.cpu.get_capabilities()
    if abilities.get("avx512_bf16") or abilities.get("amx_bf16") or abilities.get("amx_tile"):
        return "bfloat16", "this CPU computes bfloat16 natively"
    return "float32", "this CPU would only emulate bfloat16"


def tokens_at_once() -> int:
    """Tokens that keep this machine busy; more would only cost memory."""
    import torch

    return 8192 if torch.cuda.is_available() else 1024


def device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def share_beginnings() -> bool:
    """Whether what examples share at their beginning is computed once; a GPU's fastest attention cannot."""
    import torch

    return not torch.cuda.is_available()


def set_up(threads: int | None, deterministic: bool) -> None:
    """CPU threads (all cores if None) and, on a GPU, kernels that add in the same order each time."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    if deterministic and torch.cuda.is_available():  # CPU kernels are deterministic for a given number of threads
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
