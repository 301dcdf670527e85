"""What is set once for all files: where the engine, the parts library and ImportLDraw are."""

import bpy

from . import panels, session


class BricksPreferences(bpy.types.AddonPreferences):
    """Preferences of the add-on."""

    bl_idname = __package__

    engine: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Engine",
        description="The brickgpt program, the Python that has it, or the folder of its environment. "
        "Empty: look on the path and in .venv folders",
        subtype="FILE_PATH",
        update=lambda self, context: session.look_for_engine(),
    )
    ldraw_library: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="LDraw library",
        description="Folder with LDConfig.ldr and parts/, for imports with real part geometry. "
        "Empty: LDRAWDIR and the usual folders",
        subtype="DIR_PATH",
    )
    importldraw: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="ImportLDraw",
        description="Folder of the ImportLDraw add-on, where it is not switched on as an add-on",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Fields, and a button that tries the engine."""
        self.layout.prop(self, "engine")
        panels.draw_engine(self.layout)
        self.layout.prop(self, "ldraw_library")
        self.layout.prop(self, "importldraw")


CLASSES = (BricksPreferences,)
