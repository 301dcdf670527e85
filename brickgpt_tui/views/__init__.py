"""Pure renderers: from a snapshot of a model to characters and colours. Nothing here knows Textual."""

from brickgpt_tui.views.colouring import COLOURINGS, Colouring, Paint, paint_bricks
from brickgpt_tui.views.inspection import Inspection, Neighbour, inspect_brick
from brickgpt_tui.views.isometric import IsometricView
from brickgpt_tui.views.picture import Picture
from brickgpt_tui.views.plan import PlanStyle, draw_plan
from brickgpt_tui.views.scene import ModelScene, scene_of

__all__ = [
    "COLOURINGS",
    "Colouring",
    "Inspection",
    "IsometricView",
    "ModelScene",
    "Neighbour",
    "Paint",
    "Picture",
    "PlanStyle",
    "draw_plan",
    "inspect_brick",
    "paint_bricks",
    "scene_of",
]
