"""BrickGPT Studio for Blender: brick models from a sentence, from LDraw files, and pictures of them.

The parts that need no Blender (``colours``, ``shapes``, ``model``, ``ldraw``, ``engine_process``, ``runs``)
can be imported anywhere; Blender is imported when the add-on is registered.
"""

bl_info = {
    "name": "BrickGPT Studio",
    "author": "BrickGPT Studio maintainers",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "3D Viewport > Sidebar > Bricks; File > Import",
    "description": "Brick models that stand, from a sentence; LDraw import, studio, animation",
    "category": "Import-Export",
}


def register() -> None:
    """Add the panel, the operators, the menu entries and the handlers to Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Take all of it away again; a run in progress is cancelled."""
    from . import registration

    registration.unregister()
