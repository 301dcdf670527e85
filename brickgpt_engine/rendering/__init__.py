"""Pictures of structures: an isometric PNG, a small picture for the terminal, and layers as text."""

from brickgpt_engine.rendering.isometric import Look, render_isometric, save_png

__all__ = ["Look", "render_isometric", "save_png"]
