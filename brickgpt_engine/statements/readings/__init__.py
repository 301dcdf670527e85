"""Readers of voxels and words, one record per category that needs its own."""

from __future__ import annotations

from brickgpt_engine.statements.readings.base import Reading
from brickgpt_engine.statements.readings.outdoors import OUTDOORS
from brickgpt_engine.statements.readings.road import ROAD
from brickgpt_engine.statements.readings.signs import SIGNS
from brickgpt_engine.statements.readings.things import THINGS
from brickgpt_engine.statements.readings.toys import TOYS
from brickgpt_engine.statements.readings.travel import TRAVEL
from brickgpt_engine.statements.readings.ware import WARE

__all__ = ["READINGS", "Reading"]

READINGS: dict[str, Reading] = {**OUTDOORS, **ROAD, **SIGNS, **THINGS, **TOYS, **TRAVEL, **WARE}
"""What can be measured on, and claimed of, a shape of each category beyond its proportions and legs."""
