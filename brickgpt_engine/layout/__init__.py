"""From meshes to filled cells to bricks: staggered, connected layouts that cover a voxel shape exactly."""

from brickgpt_engine.layout.legolize import legolize
from brickgpt_engine.layout.options import LayoutOptions

__all__ = ["LayoutOptions", "legolize"]
