"""This machine: its disk, its GPU, its processes."""

from luthier.failures.cause import Cause
from luthier.failures.evidence import Evidence

FULL = r"no room left on the disk|the disk is full|No space left on device|Disk quota exceeded|the disk has \d+ MiB"

DRIVER = (
    r"CUDA driver version is insufficient|NVIDIA driver on your system is too old|Found no NVIDIA driver|"
    r"no kernel image is available|CUDA error|CUDA initialization|libcuda|CUDNN_STATUS|NCCL error"
)


def _died(seen: Evidence) -> bool:
    return seen.type in ("WorkerDied", "NoProgress")


MACHINE = (
    Cause(
        name="disk_full",
        title="The disk is full",
        why="The last complete checkpoint and every finished answer are untouched.",
        fix="Make room, or move the home to a larger disk (`LUTHIER_HOME`).",
        fits=lambda seen: seen.says(FULL),
    ),
    Cause(
        name="gpu_driver",
        title="The GPU's driver and CUDA do not work together",
        why="The driver is older than the CUDA that torch was built for, the GPU is not supported by it, or it failed.",
        fix="Install a newer driver, or a torch for the CUDA that `nvidia-smi` names; after an error of the GPU "
        "itself, reset it or reboot. `luthier doctor` shows what is there.",
        fits=lambda seen: not _died(seen) and seen.says(DRIVER) or _died(seen) and seen.shows(DRIVER),
    ),
    Cause(
        name="worker_hung",
        title="The worker hung",
        why="Its process lived, and nothing of it moved for minutes: mostly a device or a network disk that waits.",
        fix="Look at the disk and the GPU of this machine (`dmesg`, `nvidia-smi`).",
        fits=lambda seen: _died(seen) and seen.says("heartbeat stood still"),
    ),
    Cause(
        name="worker_crashes",
        title="The worker crashes at the same point",
        why="Its process ended several times without a word and without a new checkpoint: killed by a person or a "
        "limit, or a fault in a library.",
        fix="Read the last lines of its log below; look for who kills it (`dmesg`, limits of the account).",
        fits=_died,
    ),
    Cause(
        name="home",
        title="The home cannot hold the run",
        why="$LUTHIER_HOME cannot be written.",
        fix="Set LUTHIER_HOME to a folder that you can write.",
        fits=lambda seen: seen.type == "HomeError",
    ),
)
