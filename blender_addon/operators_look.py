"""Commands on what is seen: import, studio, animations, export. Thin over the other modules."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from . import animation, importing, output, session, studio
from . import scene as scenes
from .operators import _ModelOperator, refuse

_QUALITIES = [(key, name, "") for key, name in importing.QUALITIES.items()]


class BRICKS_OT_import(bpy.types.Operator, ImportHelper):
    """Import a brick model from an LDraw file."""

    bl_idname, bl_label = "bricks.import_ldraw", "Import brick model"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".ldr"

    filter_glob: bpy.props.StringProperty(default="*.ldr;*.mpd", options={"HIDDEN"})  # type: ignore[valid-type]
    # Not saved: the next File > Import would take the last file without asking.
    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    files: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"}
    )
    look: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Look",
        items=[
            (
                "bricks",
                "Bricks",
                "Our own geometry: light, editable, can be continued and coloured by stress",
            ),
            ("ldraw", "LDraw parts", "Geometry of the LDraw library, by the ImportLDraw add-on"),
        ],
    )
    skip_unknown: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Leave out unknown parts",
        description="Otherwise a file with parts that are no bricks is refused",
    )
    quality: bpy.props.EnumProperty(name="Quality", items=_QUALITIES, default="standard")  # type: ignore[valid-type]
    logos: bpy.props.BoolProperty(name="Stud logos")  # type: ignore[valid-type]
    gaps: bpy.props.BoolProperty(name="Gaps between parts", default=True)  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set:
        """Import each file in the look that was chosen; one that is bad does not hinder the others."""
        session.tell("")
        done, problems = [], []
        for path in self._paths():
            try:
                done.append(self._import(path, context))
            except (ValueError, RuntimeError) as error:
                problems.append(str(error))
        if not done:
            return refuse(self, "; ".join(problems) or "no file was chosen")
        if problems:
            session.tell("; ".join(problems))
        self.report({"WARNING" if problems else "INFO"}, "; ".join([*done, *problems]))
        return {"FINISHED"}

    def _paths(self) -> list[Path]:
        """The files that were chosen or dropped together, or the one that a script names."""
        names = [file.name for file in self.files if file.name]
        if names and self.directory:
            return [Path(self.directory) / name for name in names]
        return [Path(self.filepath)] if self.filepath else []

    def draw(self, context: bpy.types.Context) -> None:
        """The options of the look that was chosen."""
        layout = self.layout
        layout.prop(self, "look")
        for name in ("skip_unknown",) if self.look == "bricks" else ("quality", "logos", "gaps"):
            layout.prop(self, name)

    def _import(self, path: Path, context: bpy.types.Context) -> str:
        if self.look == "bricks":
            collection, left_out = importing.import_bricks(
                path, context.scene, skip_unknown=self.skip_unknown
            )
            more = f"; left out: {importing.ldraw.summary(left_out)}" if left_out else ""
            return f"{len(collection.objects)} bricks from {path.name}{more}"
        importer = importing.find_importldraw(session.importldraw_wish())
        if importer is None:
            raise ValueError(
                "ImportLDraw was not found; switch that add-on on, or set its folder in the preferences"
            )
        library = importing.library_for(session.library_wish(), session.environment())
        look = importing.LibraryLook(self.quality, self.logos, self.gaps)
        collection = importing.import_library_parts(path, context.scene, importer, library, look)
        return f"{len(scenes.build_order(collection))} parts from {path.name}"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set:
        """Ask for the look of what was dropped, or for a file."""
        if not (self.filepath or self.files):
            return ImportHelper.invoke(self, context, event)
        if hasattr(self, "invoke_popup"):  # from 4.1
            return self.invoke_popup(context)
        return self.execute(context)


class BRICKS_OT_studio(_ModelOperator):
    """Set up light, ground, camera and colour management around the model."""

    bl_idname, bl_label = "bricks.studio", "Set up studio"
    bl_options = {"REGISTER", "UNDO"}

    elevation: bpy.props.FloatProperty(name="Elevation", default=22.0, min=-89.0, max=89.0)  # type: ignore[valid-type]
    azimuth: bpy.props.FloatProperty(name="Azimuth", default=-55.0, min=-360.0, max=360.0)  # type: ignore[valid-type]
    transparent: bpy.props.BoolProperty(name="Transparent background")  # type: ignore[valid-type]
    engine: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Renderer",
        items=[
            ("cycles", "Cycles", "Soft light and shadows; on the GPU where there is one"),
            ("eevee", "EEVEE", "Fast where there is a GPU"),
            ("keep", "As it is", "Leave the renderer and its settings"),
        ],
    )

    def work(self, context: bpy.types.Context, collection) -> set:
        """Set it up."""
        if self.engine != "keep":
            render = context.scene.render
            quality = output.Quality(render.resolution_x, render.resolution_y, self.engine)
            self.report({"INFO"}, f"renders with {self.engine} on {output.set_up(context.scene, quality)}")
        view = studio.View(self.elevation, self.azimuth)
        studio.set_up(context.scene, scenes.build_order(collection), view, transparent=self.transparent)
        return {"FINISHED"}


class BRICKS_OT_animate(_ModelOperator):
    """Let the model build itself brick by brick."""

    bl_idname, bl_label = "bricks.animate_build", "Animate building"
    bl_options = {"REGISTER", "UNDO"}

    bricks_per_second: bpy.props.FloatProperty(name="Bricks a second", min=0.1, max=200.0, default=8.0)  # type: ignore[valid-type]
    drop: bpy.props.BoolProperty(name="Drop in", default=True)  # type: ignore[valid-type]
    whole_layers: bpy.props.BoolProperty(name="Whole layers")  # type: ignore[valid-type]

    def work(self, context: bpy.types.Context, collection) -> set:
        """Set the keyframes."""
        last = animation.animate_build(
            context.scene,
            collection,
            bricks_per_second=self.bricks_per_second,
            drop=self.drop,
            whole_layers=self.whole_layers,
        )
        self.report({"INFO"}, f"the animation ends at frame {last}")
        return {"FINISHED"}


class BRICKS_OT_clear_animation(_ModelOperator):
    """Take the build animation off again."""

    bl_idname, bl_label = "bricks.clear_animation", "Remove animation"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, context: bpy.types.Context, collection) -> set:
        """Remove the keyframes."""
        animation.clear(collection)
        return {"FINISHED"}


class BRICKS_OT_turntable(_ModelOperator):
    """Let the camera go around the model."""

    bl_idname, bl_label = "bricks.turntable", "Turntable"
    bl_options = {"REGISTER", "UNDO"}

    seconds: bpy.props.FloatProperty(name="Seconds a turn", min=0.5, max=600.0, default=6.0)  # type: ignore[valid-type]

    def work(self, context: bpy.types.Context, collection) -> set:
        """Set the keyframes."""
        animation.animate_turntable(context.scene, scenes.build_order(collection), seconds=self.seconds)
        return {"FINISHED"}


class BRICKS_OT_export(_ModelOperator, ExportHelper):
    """Write the model as GLB, or as STL in millimetres."""

    bl_idname, bl_label = "bricks.export_model", "Export model"
    filename_ext = ".glb"
    check_extension = None

    filter_glob: bpy.props.StringProperty(default="*.glb;*.stl", options={"HIDDEN"})  # type: ignore[valid-type]

    def work(self, context: bpy.types.Context, collection) -> set:
        """Write the file that the extension names."""
        path = Path(self.filepath)
        writers = {".glb": output.export_glb, ".stl": output.export_stl}
        if path.suffix.lower() not in writers:
            raise ValueError(f"{path.name}: end the name with .glb or .stl")
        writers[path.suffix.lower()](collection, path)
        self.report({"INFO"}, f"wrote {path}")
        return {"FINISHED"}


def _draw_import(self, context: bpy.types.Context) -> None:
    self.layout.operator(BRICKS_OT_import.bl_idname, text="Brick model (.ldr, .mpd)")


def _draw_export(self, context: bpy.types.Context) -> None:
    self.layout.operator(BRICKS_OT_export.bl_idname, text="Brick model (.glb, .stl)")


CLASSES: tuple = (
    BRICKS_OT_import,
    BRICKS_OT_studio,
    BRICKS_OT_animate,
    BRICKS_OT_clear_animation,
    BRICKS_OT_turntable,
    BRICKS_OT_export,
)

if hasattr(bpy.types, "FileHandler"):  # from 4.1: files that are dropped into the window

    class BRICKS_FH_ldraw(bpy.types.FileHandler):
        """LDraw files that are dropped into the 3D view."""

        bl_idname, bl_label = "BRICKS_FH_ldraw", "Brick model"
        bl_import_operator = BRICKS_OT_import.bl_idname
        bl_file_extensions = ".ldr;.mpd"

        @classmethod
        def poll_drop(cls, context: bpy.types.Context) -> bool:
            """Whether they are dropped where a model can go."""
            return context.area is not None and context.area.type == "VIEW_3D"

    CLASSES = (*CLASSES, BRICKS_FH_ldraw)


def register() -> None:
    """Add the entries of the File menu."""
    bpy.types.TOPBAR_MT_file_import.append(_draw_import)
    bpy.types.TOPBAR_MT_file_export.append(_draw_export)


def unregister() -> None:
    """Take the entries of the File menu away."""
    bpy.types.TOPBAR_MT_file_import.remove(_draw_import)
    bpy.types.TOPBAR_MT_file_export.remove(_draw_export)
