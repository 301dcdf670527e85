"""The "Bricks" tab of the 3D view's sidebar."""

import re

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
    if session.problem():
        _draw_lines(layout.box(), session.problem(), "ERROR")
    runs = session.active_runs() or [run for run in [session.last_run()] if run is not None]
    for run in runs:
        box = layout.box()
        icon = {"failed": "ERROR", "finished": "CHECKMARK", "cancelled": "CANCEL"}.get(run.state, "TIME")
        _draw_lines(box, run.message, icon)
        if run.kind != "check" and run.state != "waiting":
            _draw_lines(box, run.statistics, "BLANK1")
        for note in run.notes:
            _draw_lines(box, note, "INFO")


def _draw_lines(layout: bpy.types.UILayout, text: str, icon: str) -> None:
    """``text`` on as many lines as it takes, with an icon on the first."""
    column = layout.column(align=True)
    for number, line in enumerate(_wrapped(text)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1")


def _wrapped(text: str) -> list[str]:
    """``text`` in lines that the sidebar can show."""
    lines = [""]
    for word in re.findall(rf"\S{{1,{_LINE}}}", text):  # what is longer, such as a path, is broken
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


class BRICKS_PT_engine(_Panel, bpy.types.Panel):
    """Which engine there is."""

    bl_idname, bl_label = "BRICKS_PT_engine", "Engine"
    bl_parent_id, bl_options = "BRICKS_PT_generate", {"DEFAULT_CLOSED"}

    def draw_header(self, context: bpy.types.Context) -> None:
        """A sign beside the title where the engine is missing."""
        if session.discovery().found is False:
            self.layout.label(icon="ERROR")

    def draw(self, context: bpy.types.Context) -> None:
        """What is known of it, and a button that tries it."""
        draw_engine(self.layout)


def draw_engine(layout: bpy.types.UILayout) -> None:
    """What is known of the engine, and a button that tries it."""
    known = session.discovery()
    icon = {None: "QUESTION", True: "CHECKMARK", False: "ERROR"}[known.found]
    _draw_lines(layout, known.line, "TIME" if known.busy else icon)
    layout.operator(operators.BRICKS_OT_test_engine.bl_idname, icon="PLUGIN")


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
        known = scenes.facts(str(collection.get(scenes.MODEL, "")))
    except ValueError as error:
        _draw_lines(layout, str(error), "ERROR")
        return
    layout.label(text=collection.name, icon="OUTLINER_COLLECTION")
    for line in known:
        layout.label(text=line, icon="BLANK1")


class BRICKS_PT_look(_Panel, bpy.types.Panel):
    """Studio, animation and export."""

    bl_idname, bl_label, bl_options = "BRICKS_PT_look", "Studio", {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Buttons with their fields."""
        layout, settings = self.layout, context.scene.bricks
        layout.operator(operators_look.BRICKS_OT_studio.bl_idname, icon="LIGHT_SUN")
        layout.operator("render.render", text="Render", icon="RENDER_STILL")
        layout.prop(settings, "bricks_per_second")
        row = layout.row(align=True)
        row.prop(settings, "drop", toggle=True)
        row.prop(settings, "whole_layers", toggle=True)
        row = layout.row(align=True)
        build = row.operator(operators_look.BRICKS_OT_animate.bl_idname, icon="ANIM")
        build.bricks_per_second, build.drop = settings.bricks_per_second, settings.drop
        build.whole_layers = settings.whole_layers
        row.operator(operators_look.BRICKS_OT_clear_animation.bl_idname, text="", icon="X")
        row = layout.row(align=True)
        row.prop(settings, "turn_seconds")
        turn = row.operator(operators_look.BRICKS_OT_turntable.bl_idname, icon="FILE_REFRESH")
        turn.seconds = settings.turn_seconds
        layout.operator(operators_look.BRICKS_OT_export.bl_idname, icon="EXPORT")


CLASSES = (BRICKS_PT_generate, BRICKS_PT_options, BRICKS_PT_engine, BRICKS_PT_model, BRICKS_PT_look)
