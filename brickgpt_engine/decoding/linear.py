"""Matrices of weights, stored for products with a few rows.

One row is multiplied at the speed of memory however the matrix is stored. For a few rows OpenBLAS copies
the matrix into an order of its own before each product, which costs more than the product, unless that is
small and the processor one for which OpenBLAS has kernels for small products. There matrices are cut into
blocks of columns, and six rows cost about twice as much as one in place of five times.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

_WIDTHS = (64, 32, 48, 96, 16)
"""Columns of a block, the best first."""
_FEW_ROWS = 8
_CACHED_BYTES = 2 << 20
"""Up to so many rows of a matrix of that size, one product a row beats packing the matrix for all."""


class Linear(Protocol):
    """``x @ matrix.T + bias`` for weights as model files hold them: matrix (out, in), bias (out,) or None."""

    def target(self, buffer: Floats) -> Floats:
        """The view of ``buffer`` (n, out) that a product is written to."""

    def __call__(self, x: Floats, target: Floats) -> None:
        """Multiply the rows of ``x`` (n, in) into ``target``."""


class Plain:
    """Input-major, where OpenBLAS is fastest for one row."""

    def __init__(self, matrix: Floats, bias: Floats | None = None) -> None:
        self._matrix = np.ascontiguousarray(matrix.T)
        self._bias = bias
        self._few = _FEW_ROWS if matrix.nbytes <= _CACHED_BYTES else 1

    def target(self, buffer: Floats) -> Floats:
        """The buffer itself."""
        return buffer

    def __call__(self, x: Floats, target: Floats) -> None:
        """As :class:`Linear`."""
        if len(x) <= self._few:
            for row, into in zip(x, target, strict=True):  # the matrix stays in the cache from row to row
                np.dot(row, self._matrix, out=into)
        else:
            np.dot(x, self._matrix, out=target)
        if self._bias is not None:
            target += self._bias


class Blocked:
    """In blocks of columns, each input-major."""

    def __init__(self, matrix: Floats, bias: Floats | None = None) -> None:
        out, inner = matrix.shape
        self._width = next((width for width in _WIDTHS if out % width == 0), out)
        self._blocks = np.ascontiguousarray(matrix.reshape(-1, self._width, inner).transpose(0, 2, 1))
        self._bias = None if bias is None else bias.reshape(-1, 1, self._width)

    def target(self, buffer: Floats) -> Floats:
        """A view by blocks, shape (blocks, n, width)."""
        return buffer.reshape(len(buffer), -1, self._width).transpose(1, 0, 2)

    def __call__(self, x: Floats, target: Floats) -> None:
        """As :class:`Linear`."""
        np.matmul(x, self._blocks, out=target)
        if self._bias is not None:
            target += self._bias
