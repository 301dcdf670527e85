"""Families of parametric shapes. A new family is one module and one line in the table below."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.data.shapes import bed, bench, bookshelf, car, chair, sofa, table, tower
from training.data.shapes.base import Proportions, Shape, Span

__all__ = ["FAMILIES", "PROPORTIONS", "Shape", "Span", "sample_shape"]

_MODULES = {
    "bed": bed,
    "bench": bench,
    "bookshelf": bookshelf,
    "car": car,
    "chair": chair,
    "sofa": sofa,
    "table": table,
    "tower": tower,
}

FAMILIES: dict[str, Callable[[np.random.Generator], Shape]] = {
    name: module.sample for name, module in _MODULES.items()
}
"""The sampler of every family, by category."""

PROPORTIONS: dict[str, Proportions] = {name: module.PROPORTIONS for name, module in _MODULES.items()}
"""What words such as "tall" and "wide" mean in every family."""


def sample_shape(rng: np.random.Generator, category: str | None = None) -> Shape:
    """A shape of the given category, or of one drawn evenly.

    Raises:
        KeyError: there is no such category.
    """
    if category is None:
        category = sorted(FAMILIES)[int(rng.integers(len(FAMILIES)))]
    return FAMILIES[category](rng)
