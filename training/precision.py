"""In which type a run multiplies its matrices.

bfloat16 pays where the hardware calculates in it. For a processor without such instructions, as most laptops
have, PyTorch brings no quick products of it: with AVX2 alone they take eighty times as long as in float32.
"""

from __future__ import annotations

import logging

import torch

from brickgpt_engine.decoding.torch_llama import calculates_in_bfloat16
from brickgpt_engine.errors import ModelError

_LOG = logging.getLogger(__name__)


def autocast_type(mixed_precision: str, device: str) -> torch.dtype | None:
    """The type that matrices are multiplied in, or None for that of the weights.

    Args:
        mixed_precision: ``auto``, ``no``, ``bf16`` or ``fp16``, as in the settings of a run.
        device: ``cuda``, ``mps`` or ``cpu``.

    Raises:
        ModelError: fp16 without a GPU.
    """
    if mixed_precision == "auto":
        return torch.bfloat16 if _quick_in_bfloat16(device) else None
    if mixed_precision == "fp16" and device != "cuda":
        raise ModelError(f"mixed_precision fp16 needs a CUDA device, and this run is on {device}; take bf16")
    if mixed_precision == "bf16" and device == "cpu" and not _quick_in_bfloat16(device):
        _LOG.warning(
            "mixed_precision is bf16, and this processor has no instructions for it: "
            "updates may take ten times as long as with auto"
        )
    return {"no": None, "bf16": torch.bfloat16, "fp16": torch.float16}[mixed_precision]


def processor_type() -> torch.dtype:
    """The type in which this processor multiplies quickest: bfloat16 where it has that, else float32."""
    return torch.bfloat16 if _quick_in_bfloat16("cpu") else torch.float32


def _quick_in_bfloat16(device: str) -> bool:
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device == "cpu" and calculates_in_bfloat16()
