"""What each GPU computes at most, by RunPod's name for it.

Dense bfloat16 tensor FLOPs with float32 accumulation, and bytes of memory bandwidth, both per second, as NVIDIA states
them: data sheets of A40, A100, L4, L40S, H100, H200 and B200; appendices of the whitepapers on GA102 (RTX 3090,
RTX A5000, RTX A6000), Ada (RTX 4090, RTX 6000 Ada, L40) and RTX Blackwell (RTX 5090). Where only the figure with
sparsity is given, half of it stands here.
"""

from typing import NamedTuple


class Gpu(NamedTuple):
    memory_gb: int
    tflops: float
    gb_per_s: float


GPUS = {
    "NVIDIA RTX A5000": Gpu(24, 111.1, 768),
    "NVIDIA GeForce RTX 3090": Gpu(24, 71.0, 936),
    "NVIDIA L4": Gpu(24, 121.0, 300),
    "NVIDIA GeForce RTX 4090": Gpu(24, 165.2, 1008),
    "NVIDIA GeForce RTX 5090": Gpu(32, 209.5, 1792),
    "NVIDIA A40": Gpu(48, 149.7, 696),
    "NVIDIA RTX A6000": Gpu(48, 154.8, 768),
    "NVIDIA L40": Gpu(48, 181.0, 864),
    "NVIDIA RTX 6000 Ada Generation": Gpu(48, 364.2, 960),
    "NVIDIA L40S": Gpu(48, 362.0, 864),
    "NVIDIA A100-SXM4-40GB": Gpu(40, 312.0, 1555),
    "NVIDIA A100 80GB PCIe": Gpu(80, 312.0, 1935),
    "NVIDIA A100-SXM4-80GB": Gpu(80, 312.0, 2039),
    "NVIDIA H100 PCIe": Gpu(80, 756.0, 2000),
    "NVIDIA H100 80GB HBM3": Gpu(80, 989.0, 3350),
    "NVIDIA H100 NVL": Gpu(94, 835.0, 3900),
    "NVIDIA H200": Gpu(141, 989.0, 4800),
    "NVIDIA B200": Gpu(180, 2250.0, 8000),
}
