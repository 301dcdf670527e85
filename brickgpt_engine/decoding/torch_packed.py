"""Weights in bfloat16 for a processor, stored in the order in which oneDNN multiplies them.

PyTorch hands oneDNN plain matrices, which it puts into an order of its own before each product of a few
rows. Stored in that order once, a product of four rows takes two thirds of the time. PyTorch itself does
this where it compiles models, with the same two functions; they are no public ones, so they are tried first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_ROWS = 4
"""The order is chosen for products of so many rows."""


def packed(linear: torch.nn.Linear) -> Any:
    """The layer itself, with its matrix in oneDNN's order; ``packed_weights`` says how many that are."""
    import torch

    linear.packed_weights = linear.weight.numel()
    matrix = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), _ROWS)
    linear.weight = None  # one matrix at a time is there twice
    linear.forward = partial(_product, matrix, linear.bias)
    return linear


def _product(matrix: torch.Tensor, bias: torch.Tensor | None, x: torch.Tensor) -> Any:
    """``x @ weight.T + bias``."""
    import torch

    return torch.ops.mkldnn._linear_pointwise(x, matrix, bias, "none", [], "")


def pack(model: torch.nn.Module, keep: torch.nn.Module) -> None:
    """Pack all ``Linear`` modules of ``model`` but ``keep``, where oneDNN can be asked."""
    import torch

    if not _can_pack():
        return
    for module in model.modules():
        if type(module) is torch.nn.Linear and module is not keep:
            packed(module)


def _can_pack() -> bool:
    """Whether a packed product is what it should be."""
    import torch

    linear = torch.nn.Linear(64, 32, dtype=torch.bfloat16)
    x = torch.linspace(-1, 1, 3 * 64).reshape(1, 3, 64).to(torch.bfloat16)
    with torch.no_grad():
        expected = linear(x)
        try:
            found = packed(linear)(x)
        except (AttributeError, RuntimeError, TypeError):
            return False
        return bool(found.shape == expected.shape and torch.allclose(found, expected, atol=0.05))
