"""Muon for processors that have no instructions for bfloat16.

PyTorch's Muon makes its updates orthogonal in bfloat16 whatever the weights are. Where there are no quick
products of that type (:mod:`training.precision`) it takes a third of an update's time. This one does the
same in float32.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from training.precision import processor_type


def make_muon(matrices: list[torch.Tensor], rate: float, decay: float) -> torch.optim.Muon:
    """PyTorch's Muon with steps of the size of AdamW's, in the type that is quick where ``matrices`` are."""
    slow = all(weight.device.type == "cpu" for weight in matrices) and processor_type() is torch.float32
    kind = WideMuon if slow else torch.optim.Muon
    return kind(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")


class WideMuon(torch.optim.Muon):
    """PyTorch's Muon for ``match_rms_adamw`` steps, made orthogonal in float32. Its states are the same."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Step once; answers what ``closure`` gives."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, group)
        return loss

    def _update(self, weight: torch.Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(weight.grad)
        momentum: torch.Tensor = state["momentum_buffer"].lerp_(weight.grad, 1 - group["momentum"])
        towards = weight.grad.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum
        rate = float(group["lr"])
        weight.mul_(1 - rate * group["weight_decay"])
        step = orthogonal(towards.float(), group["ns_coefficients"], group["ns_steps"], group["eps"])
        weight.add_(step.to(weight.dtype), alpha=-rate * 0.2 * math.sqrt(max(weight.shape)))


def orthogonal(
    matrix: torch.Tensor, coefficients: tuple[float, float, float], steps: int, least: float
) -> torch.Tensor:
    """About the nearest matrix whose singular values are all one, by the Newton-Schulz iteration.

    Args:
        matrix: (rows, columns).
        coefficients: of the polynomial that each step applies to the singular values.
        steps: how many.
        least: smallest norm to divide by.
    """
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=least)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x
