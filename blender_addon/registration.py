"""Everything that is registered with Blender, in order."""

from __future__ import annotations

import bpy

from . import operators, operators_look, panels, preferences, properties, session

_CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *operators.CLASSES,
    *operators_look.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Register classes, fields, menus and handlers."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    operators_look.register()
    session.register()


def unregister() -> None:
    """Undo :func:`register`, last things first."""
    session.unregister()
    operators_look.unregister()
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
