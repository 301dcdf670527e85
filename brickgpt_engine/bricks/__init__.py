"""What a brick model is: the part library, one brick, and an ordered structure of them. No I/O."""

from brickgpt_engine.bricks.brick import Brick
from brickgpt_engine.bricks.library import FOOTPRINTS, LIBRARY, Part, part_for_footprint
from brickgpt_engine.bricks.structure import BrickStructure, Rejection

__all__ = ["FOOTPRINTS", "LIBRARY", "Brick", "BrickStructure", "Part", "Rejection", "part_for_footprint"]
