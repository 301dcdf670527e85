"""Readers of voxels and words, one record per category that needs its own."""

from __future__ import annotations

from training.data.readings.base import Reading
from training.data.readings.outdoors import OUTDOORS
from training.data.readings.road import ROAD
from training.data.readings.signs import SIGNS
from training.data.readings.things import THINGS
from training.data.readings.toys import TOYS
from training.data.readings.travel import TRAVEL
from training.data.readings.ware import WARE

__all__ = ["READINGS", "Reading"]

READINGS: dict[str, Reading] = {**OUTDOORS, **ROAD, **SIGNS, **THINGS, **TOYS, **TRAVEL, **WARE}
"""What can be measured on, and claimed of, a shape of each category beyond its proportions and legs."""
