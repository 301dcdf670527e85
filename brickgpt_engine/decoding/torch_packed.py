"""Weights in bfloat16 for a processor, stored in the order in which oneDNN multiplies them.

PyTorch hands oneDNN plain matrices, which it puts into an order of its own before each product of a few
rows. Stored in that order once, a product of four rows takes two thirds of the time. PyTorch itself does
this where it compiles models, with the same two functions; they are no public ones, so they are tried first.
"""

from __future__ import annotations

from typing import Any

import torch

_ROWS = 4
"""The order is chosen for products of so many rows."""


class PackedLinear(torch.nn.Module):  # type: ignore[misc]
    """As the ``Linear`` that it is made from, which loses its weights.

    Attributes:
        packed_weights: how many there are.
    """

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.packed_weights = linear.weight.numel()
        self.bias = linear.bias
        self._packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), _ROWS)
        linear.weight = None  # one matrix at a time is there twice

    def forward(self, x: torch.Tensor) -> Any:
        """``x @ weight.T + bias``."""
        return torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "none", [], "")


def pack(model: torch.nn.Module, keep: torch.nn.Module) -> None:
    """Replace all ``Linear`` modules of ``model`` but ``keep``, where oneDNN can be asked."""
    if not _can_pack():
        return
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear and child is not keep:
                setattr(parent, name, PackedLinear(child))


def _can_pack() -> bool:
    """Whether a packed product is what it should be."""
    linear = torch.nn.Linear(64, 32, dtype=torch.bfloat16)
    x = torch.linspace(-1, 1, 3 * 64).reshape(1, 3, 64).to(torch.bfloat16)
    with torch.no_grad():
        expected = linear(x)
        try:
            found = PackedLinear(linear)(x)
        except (AttributeError, RuntimeError, TypeError):
            return False
        return bool(found.shape == expected.shape and torch.allclose(found, expected, atol=0.05))
