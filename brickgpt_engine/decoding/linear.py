"""Matrices of weights, stored for products with a few rows.

One row is multiplied at the speed of memory however the matrix is stored. For a few rows OpenBLAS copies
the matrix into an order of its own before each product, which costs more than the product, unless that is
small and the processor one for which OpenBLAS has kernels for small products. There matrices are cut into
blocks of columns, and six rows cost about twice as much as one in place of five times. Elsewhere its kernels
take rows by fours: seven take longer than eight, and ten longer than twelve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

_WIDTHS = (64, 32, 48, 96, 16)
"""Columns of a block, the best first."""
_LINE = 16
"""Numbers in a line of the processor's cache."""
_FEW_ROWS = 3
_CACHED_BYTES = 2 << 20
"""Up to so many rows of a matrix of that size, one product a row beats packing the matrix for all."""
_TOGETHER = 4
"""Rows that a kernel takes at once; fewer at the end cost more than zeros that fill them up."""


class Linear(Protocol):
    """``x @ matrix.T + bias`` for weights as model files hold them: matrix (out, in), bias (out,) or None."""

    def target(self, buffer: Floats) -> Floats:
        """The view of ``buffer`` (n, out) that a product is written to."""

    def padded(self, count: int) -> int:
        """How many rows are best multiplied where ``count`` are wanted."""

    def __call__(self, x: Floats, target: Floats) -> None:
        """Multiply the rows of ``x`` (n, in) into ``target``."""

    weights: Floats
    """As they are stored."""


def lie_together(linears: Sequence[Linear]) -> None:
    """Move all weights into one block of memory.

    NumPy asks the system for large pages where an array has at least 4 MB; reading all weights of a small
    model once a pass takes a tenth less time then.
    """
    block = np.empty(sum(-(-linear.weights.size // _LINE) * _LINE for linear in linears), dtype=np.float32)
    begin = 0
    for linear in linears:
        weights = linear.weights
        linear.weights = block[begin : begin + weights.size].reshape(weights.shape)
        linear.weights[...] = weights
        begin += -(-weights.size // _LINE) * _LINE


class Plain:
    """Input-major, where OpenBLAS is fastest for one row."""

    def __init__(self, matrix: Floats, bias: Floats | None = None) -> None:
        self.weights = np.ascontiguousarray(matrix.T)
        self._bias = bias
        self._few = _FEW_ROWS if matrix.nbytes <= _CACHED_BYTES else 1

    def target(self, buffer: Floats) -> Floats:
        """The buffer itself."""
        return buffer

    def padded(self, count: int) -> int:
        """A multiple of four, but for few rows."""
        return count if count <= _FEW_ROWS else -(-count // _TOGETHER) * _TOGETHER

    def __call__(self, x: Floats, target: Floats) -> None:
        """As :class:`Linear`."""
        if len(x) <= self._few:
            for row, into in zip(x, target, strict=True):  # the matrix stays in the cache from row to row
                np.dot(row, self.weights, out=into)
        else:
            np.dot(x, self.weights, out=target)
        if self._bias is not None:
            target += self._bias


class Blocked:
    """In blocks of columns, each input-major."""

    def __init__(self, matrix: Floats, bias: Floats | None = None) -> None:
        out, inner = matrix.shape
        self._width = next((width for width in _WIDTHS if out % width == 0), out)
        self.weights = np.ascontiguousarray(matrix.reshape(-1, self._width, inner).transpose(0, 2, 1))
        self._bias = None if bias is None else bias.reshape(-1, 1, self._width)

    def target(self, buffer: Floats) -> Floats:
        """A view by blocks, shape (blocks, n, width)."""
        return buffer.reshape(len(buffer), -1, self._width).transpose(1, 0, 2)

    def padded(self, count: int) -> int:
        """As many."""
        return count

    def __call__(self, x: Floats, target: Floats) -> None:
        """As :class:`Linear`."""
        np.matmul(x, self.weights, out=target)
        if self._bias is not None:
            target += self._bias
