"""Pictures of structures: an isometric PNG, a small picture for the terminal, and layers as text."""

from brickgpt_engine.rendering.ascii import layers_text, terminal_picture
from brickgpt_engine.rendering.contact_sheet import contact_sheet
from brickgpt_engine.rendering.isometric import Look, png_bytes, render_isometric, save_png

__all__ = [
    "Look",
    "contact_sheet",
    "layers_text",
    "png_bytes",
    "render_isometric",
    "save_png",
    "terminal_picture",
]
