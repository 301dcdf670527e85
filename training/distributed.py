"""Several processes that train one model: gloo on CPUs, NCCL on GPUs, started by torchrun or accelerate.

Each process writes and scores its share of an update; gradients are summed once an update. So two
processes do what one would do with the same global batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import torch
from torch import distributed


class Team:
    """This process and its companions.

    Args:
        device: ``cuda`` for NCCL, anything else for gloo.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.rank, self.size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        self._started = False
        if self.size > 1 and not distributed.is_initialized():
            if device == "cuda":
                torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
            distributed.init_process_group("nccl" if device == "cuda" else "gloo")
            self._started = True

    @property
    def first(self) -> bool:
        """Whether this process writes logs and files."""
        return self.rank == 0

    def share(self, count: int) -> range:
        """Which of ``count`` things are this process's: an equal, contiguous part."""
        part = count // self.size
        return range(self.rank * part, (self.rank + 1) * part)

    def sum_gradients(self, parameters: Iterable[Any]) -> None:
        """Replace each gradient by the sum over all processes."""
        if self.size == 1:
            return
        gradients = [
            p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters if p.requires_grad
        ]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        start = 0
        for parameter, gradient in zip((p for p in parameters if p.requires_grad), gradients, strict=True):
            part = flat[start : start + gradient.numel()].view_as(gradient)
            parameter.grad = part.clone()
            start += gradient.numel()

    def total(self, values: list[float]) -> list[float]:
        """Each value summed over all processes."""
        if self.size == 1:
            return values
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        tensor = torch.tensor(values, dtype=torch.float64, device=device)
        distributed.all_reduce(tensor)
        found: list[float] = tensor.tolist()
        return found

    def gather(self, thing: Any) -> list[Any]:
        """What every process holds, in the order of their ranks."""
        if self.size == 1:
            return [thing]
        found: list[Any] = [None] * self.size
        distributed.all_gather_object(found, thing)
        return found

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            distributed.barrier()

    def close(self) -> None:
        """Leave the group that this object made."""
        if self._started:
            distributed.destroy_process_group()
            self._started = False
