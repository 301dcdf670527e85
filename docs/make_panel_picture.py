"""Take the picture of the panel: click its tab and its button in a real Blender and keep what is seen.

Run by Debian's Blender 3.4 in a window of 1280x800 with the add-on installed and xdotool there::

    xvfb-run -s "-screen 0 1280x800x24" blender --factory-startup --python docs/make_panel_picture.py

Writes ``docs/images/blender-panel.png``, or the file named after ``--``, after checking what undo and redo
do to the model. Ends with code 1 where a click, undo or redo does not do what it should.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import bpy

HOME = Path(__file__).resolve().parent / "images" / "blender-panel.png"
TARGET = Path(sys.argv[sys.argv.index("--") + 1]) if "--" in sys.argv else HOME
TAB, BUTTON = (1043, 198), (885, 186)
PATIENCE = 300
state = {"step": 0, "until": 0.0}


def click(place):
    """Press the mouse button there."""
    place = [str(number) for number in place]
    subprocess.run(["xdotool", "mousemove", *place, "sleep", "0.3", "click", "1"], check=True)


def view():
    """The context of the 3D view."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region), area


def models():
    """Bricks in each model of the scene."""
    from brickgpt_studio import scene

    return [len(one.objects) for one in scene.collections(bpy.context.scene)]


def show_tab():
    """An empty scene with the sidebar open at our tab."""
    override, area = view()
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    with override:
        bpy.ops.ed.undo_push(message="start")
    area.spaces[0].show_region_ui, area.spaces[0].shading.color_type = True, "MATERIAL"
    bpy.context.scene.bricks.random_seed = False
    bpy.context.scene.bricks.prompt = "a wooden bookshelf with four tiers"
    click(TAB)
    return 1.5


def press_generate():
    """Press the button in the panel."""
    click(BUTTON)
    return 1.0


def wait():
    """Until the run is over; then show all of the model."""
    from brickgpt_studio import session

    if session.last_run() is None or session.active_runs():
        state["step"] -= 1
        return 0.2
    with view()[0]:
        bpy.ops.view3d.view_all()
    return 1.0


def keep():
    """Keep the picture, and see that undo and redo take the model away and bring it back."""
    with view()[0]:
        bpy.ops.screen.screenshot(filepath=str(TARGET))
        built = models()
        bpy.ops.ed.undo()
        undone = models()
        bpy.ops.ed.redo()
    print(f"bricks {built}, after undo {undone}, after redo {models()}")
    give_up("undo or redo went wrong") if not built or undone or models() != built else end(0)


def end(code):
    """End Blender at once: sys.exit in a timer does not."""
    sys.stdout.flush()
    os._exit(code)


def give_up(reason):
    """Tell, keep what is seen, and end."""
    print(f"error: {reason}", file=sys.stderr, flush=True)
    with view()[0]:
        bpy.ops.screen.screenshot(filepath=str(TARGET))
    end(1)


STEPS = (show_tab, press_generate, wait, keep)


def step():
    """One step after the other, from a timer."""
    state["until"] = state["until"] or time.monotonic() + PATIENCE
    if time.monotonic() > state["until"]:
        give_up("the picture took too long; was the button hit?")
    state["step"] += 1
    try:
        return STEPS[state["step"] - 1]()
    except Exception as error:  # noqa: BLE001 - whatever it is, the window must not stay open
        return give_up(repr(error))


if __name__ == "__main__":
    bpy.context.preferences.view.show_splash = False
    bpy.ops.preferences.addon_enable(module="brickgpt_studio")
    bpy.app.timers.register(step, first_interval=2.0)
