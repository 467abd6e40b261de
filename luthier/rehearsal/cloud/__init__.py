"""A simulated RunPod: its two wire protocols on a local port, and "containers" that are processes of this machine.

What is modelled and what is not stands in docs/simulated-cloud.md.
"""

from luthier.rehearsal.cloud.cloud import Cloud
from luthier.rehearsal.cloud.image import Image
from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.timing import Timing
from luthier.rehearsal.cloud.watch import Watch

__all__ = ["Cloud", "Image", "Pod", "Timing", "Watch"]
