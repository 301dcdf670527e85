"""The "Bricks" tab of the 3D view's sidebar."""

import bpy

from . import operators, operators_look, session
from . import scene as scenes

_LINE = 24
_MOST_LINES = 8


class _Panel:
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Bricks"


class BRICKS_PT_generate(_Panel, bpy.types.Panel):
    """What to build, and how far it is."""

    bl_idname, bl_label = "BRICKS_PT_generate", "Generate"

    def draw(self, context: bpy.types.Context) -> None:
        """Fields, buttons and progress."""
        layout, settings = self.layout, context.scene.bricks
        layout.prop(settings, "prompt", text="")
        row = layout.row(align=True)
        row.prop(settings, "random_seed", text="New seed", toggle=True)
        seed = row.row(align=True)
        seed.active = not settings.random_seed
        seed.prop(settings, "seed")
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.operator(operators.BRICKS_OT_generate.bl_idname, icon="PLAY")
        row.operator(operators.BRICKS_OT_stop.bl_idname, icon="CANCEL")
        _draw_run(layout)


def _draw_run(layout: bpy.types.UILayout) -> None:
    """The runs in progress, or what became of the last one."""
    runs = session.active_runs() or [run for run in [session.last_run()] if run is not None]
    for run in runs:
        box = layout.box()
        icon = {"failed": "ERROR", "finished": "CHECKMARK", "cancelled": "CANCEL"}.get(run.state, "TIME")
        for number, line in enumerate(_wrapped(run.message)):
            box.label(text=line, icon=icon if number == 0 else "BLANK1")
        if run.kind != "check" and run.state != "waiting":
            box.label(text=f"{run.rejections} rejected, {run.regenerations} rollbacks")
        for note in run.notes:
            for line in _wrapped(note):
                box.label(text=line, icon="INFO")


def _wrapped(text: str) -> list[str]:
    """``text`` in lines that the sidebar can show."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= _LINE and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:_MOST_LINES]


class BRICKS_PT_options(_Panel, bpy.types.Panel):
    """How models are generated."""

    bl_idname, bl_label = "BRICKS_PT_options", "Options"
    bl_parent_id, bl_options = "BRICKS_PT_generate", {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """The options' fields."""
        for name in (
            "model",
            "temperature",
            "max_bricks",
            "max_regenerations",
            "criterion",
            "keep_unfinished",
        ):
            self.layout.prop(context.scene.bricks, name)
        self.layout.operator(operators.BRICKS_OT_test_engine.bl_idname, icon="CHECKMARK")


class BRICKS_PT_model(_Panel, bpy.types.Panel):
    """The model that is chosen: its facts, and what to do with it."""

    bl_idname, bl_label = "BRICKS_PT_model", "Model"

    def draw(self, context: bpy.types.Context) -> None:
        """Facts and buttons."""
        layout, settings = self.layout, context.scene.bricks
        collection = scenes.active_collection(context)
        if collection is None:
            layout.label(text="Generate or import a model")
            layout.operator(operators_look.BRICKS_OT_import.bl_idname, icon="IMPORT")
            return
        _draw_facts(layout, collection)
        row = layout.row(align=True)
        row.operator(operators.BRICKS_OT_continue.bl_idname, icon="FORWARD")
        row.operator(operators.BRICKS_OT_check.bl_idname, icon="VIEWZOOM")
        row = layout.row(align=True)
        row.prop(settings, "remove_count")
        last = row.operator(operators.BRICKS_OT_remove_last.bl_idname, text="Undo last", icon="LOOP_BACK")
        last.count = settings.remove_count
        layout.operator_menu_enum(operators.BRICKS_OT_shade.bl_idname, "how", icon="COLOR")


def _draw_facts(layout: bpy.types.UILayout, collection: bpy.types.Collection) -> None:
    try:
        model = scenes.read_model(collection)
    except ValueError as error:
        for line in _wrapped(str(error)):
            layout.label(text=line)
        return
    verdict = {True: "stands", False: "does not stand", None: "not checked"}[model.stable]
    layout.label(text=collection.name, icon="OUTLINER_COLLECTION")
    layout.label(text=f"{len(model.bricks)} bricks, {verdict}")
    if model.seed is not None:
        layout.label(text=f"seed {model.seed}")


class BRICKS_PT_look(_Panel, bpy.types.Panel):
    """Studio, animation and export."""

    bl_idname, bl_label, bl_options = "BRICKS_PT_look", "Studio", {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Buttons with their fields."""
        layout, settings = self.layout, context.scene.bricks
        layout.operator(operators_look.BRICKS_OT_studio.bl_idname, icon="LIGHT_SUN")
        row = layout.row(align=True)
        row.prop(settings, "bricks_per_second")
        row.prop(settings, "drop", toggle=True)
        row = layout.row(align=True)
        build = row.operator(operators_look.BRICKS_OT_animate.bl_idname, icon="ANIM")
        build.bricks_per_second, build.drop = settings.bricks_per_second, settings.drop
        row.operator(operators_look.BRICKS_OT_clear_animation.bl_idname, text="", icon="X")
        row = layout.row(align=True)
        row.prop(settings, "turn_seconds")
        turn = row.operator(operators_look.BRICKS_OT_turntable.bl_idname, icon="FILE_REFRESH")
        turn.seconds = settings.turn_seconds
        layout.operator(operators_look.BRICKS_OT_export.bl_idname, icon="EXPORT")


CLASSES = (BRICKS_PT_generate, BRICKS_PT_options, BRICKS_PT_model, BRICKS_PT_look)
