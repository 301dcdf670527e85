"""The knobs of the layout algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from brickgpt_engine.errors import ConfigError

if TYPE_CHECKING:
    from brickgpt_engine.physics import StabilityAnalyzer


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """How voxels are turned into bricks.

    Attributes:
        randomness: 0 gives the one regular layout; above 0, every cost is perturbed by up to
            this many bricks' worth, so that different seeds give different layouts.
        layer_parity: 0 or 1; which of two equally good ways even layers take. The other layers take
            the other way.
        max_failures: how many rebuilds without gain the connection step accepts before it stops.
        stabilise: an analyzer, or True for a default one, to delete and rebuild what would fail;
            None or False leaves physics out.
        max_repairs: how many rebuilds the stability step tries.

    Raises:
        ConfigError: a value is out of its range.
    """

    randomness: float = 0.0
    layer_parity: int = 0
    max_failures: int = 10
    stabilise: StabilityAnalyzer | bool | None = None
    max_repairs: int = 12

    def __post_init__(self) -> None:
        if not self.randomness >= 0:
            raise ConfigError(f"randomness is {self.randomness}; it must be 0 or more")
        if self.layer_parity not in (0, 1):
            raise ConfigError(f"layer_parity is {self.layer_parity}; it must be 0 or 1")
        for name in ("max_failures", "max_repairs"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be 0 or more")
