"""The packed add-on in whole Blender programs: installed, used without a window, and clicked in one."""

import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300
pytestmark = pytest.mark.blender

_spec = importlib.util.spec_from_file_location("addon_packaging", ROOT / "blender_addon/tools/pack.py")
packaging = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(packaging)

INSTALL = """
import bpy, json, pathlib, sys
package, model, folder = sys.argv[-3:]
if bpy.app.version >= (4, 2, 0):
    bpy.ops.extensions.package_install_files(filepath=package, repo="user_default", enable_on_install=True)
    name = "bl_ext.user_default.brickgpt_studio"
else:
    bpy.ops.preferences.addon_install(filepath=package)
    bpy.ops.preferences.addon_enable(module="brickgpt_studio")
    name = "brickgpt_studio"
if not hasattr(bpy.types, "BRICKS_PT_generate"):
    bpy.ops.preferences.addon_enable(module=name)
scene = bpy.context.scene
for obj in list(bpy.data.objects):
    bpy.data.objects.remove(obj)
preferences = bpy.context.preferences.addons[name].preferences
preferences.engine = preferences.engine or ""
scene.bricks.max_bricks = 12
bpy.ops.bricks.test_engine()
bpy.ops.bricks.generate(prompt="a small red table", seed=1)
bpy.ops.bricks.import_ldraw(filepath=model)
bpy.ops.bricks.studio()
scene.cycles.samples = 1
scene.render.resolution_x, scene.render.resolution_y = 48, 32
scene.render.filepath = folder + "/picture.png"
bpy.ops.render.render(write_still=True)
bricks = [len(one.objects) for one in scene.collection.children_recursive if "bricks_model" in one]
bpy.ops.preferences.addon_disable(module=name)
left = [one for one in dir(bpy.types) if one.startswith("BRICKS_")] + [hasattr(bpy.types.Scene, "bricks")]
pathlib.Path(folder, "said.json").write_text(json.dumps({"bricks": bricks, "left": left}))
"""


def isolated(folder):
    """Variables by which Blender keeps its settings in ``folder``."""
    homes = {"BLENDER_USER_RESOURCES": "", "BLENDER_USER_CONFIG": "config", "BLENDER_USER_SCRIPTS": "scripts"}
    for name, place in homes.items():
        (folder / "user" / place).mkdir(parents=True, exist_ok=True)
        homes[name] = str(folder / "user" / place)
    return {**os.environ, **homes}


@pytest.fixture
def blender(tmp_path):
    """Runs a script in a Blender without a window: this Python's wheel, else the program on the path."""
    script = tmp_path / "script.py"

    def run(text, *words, engine=""):
        script.write_text(text)
        if importlib.util.find_spec("bpy") is not None:
            command = [sys.executable, str(script)]
        elif program := shutil.which("blender"):
            options = ["-b", "--factory-startup", "--python-exit-code", "1", "-P", str(script), "--"]
            command = [program, *options]
        else:
            pytest.skip("there is neither the bpy wheel nor a blender on the path")
        environment = isolated(tmp_path) | {"BRICKGPT_ENGINE": engine}
        ended = subprocess.run(
            [*command, *map(str, words)], env=environment, timeout=PATIENCE, capture_output=True, text=True
        )
        return f"{ended.stdout[-2000:]}{ended.stderr[-2000:]}"

    return run


def test_the_zip_installs_generates_imports_and_renders(blender, real_engine, tower, tmp_path):
    package = packaging.build(tmp_path / "brickgpt_studio.zip")
    said = blender(INSTALL, package, tower, tmp_path, engine=real_engine)
    assert (tmp_path / "said.json").is_file(), said
    seen = json.loads((tmp_path / "said.json").read_text())
    assert 0 < seen["bricks"][0] <= 12
    assert seen["bricks"][1:] == [4]
    assert seen["left"] == [False]
    picture = (tmp_path / "picture.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (48, 32)


def test_blenders_own_tool_finds_nothing_wrong_with_the_zip(tmp_path):
    bpy = pytest.importorskip("bpy")
    tool = Path(bpy.utils.resource_path("LOCAL")) / "scripts/addons_core/bl_pkg/cli/blender_ext.py"
    if not tool.is_file():
        pytest.skip("this Blender knows no extensions")
    package = packaging.build(tmp_path / "brickgpt_studio.zip")
    ended = subprocess.run(
        [sys.executable, str(tool), "validate", str(package)], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.window
def test_the_panel_in_a_real_window(real_engine, tmp_path):
    for name in ("blender", "xvfb-run", "xdotool"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not there")
    package = packaging.build(tmp_path / "brickgpt_studio.zip")
    environment = isolated(tmp_path) | {"BRICKGPT_ENGINE": real_engine, "LIBGL_ALWAYS_SOFTWARE": "1"}
    install = f"import bpy; bpy.ops.preferences.addon_install(filepath={str(package)!r})"
    subprocess.run(
        ["blender", "-b", "--factory-startup", "--python-expr", install],
        env=environment,
        check=True,
        timeout=PATIENCE,
        capture_output=True,
    )
    target = Path(os.environ.get("BRICKGPT_SCREENSHOTS") or tmp_path) / "blender-panel.png"
    script = ROOT / "docs" / "make_panel_picture.py"
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", "blender", "--factory-startup"]
    ended = subprocess.run(
        [*screen, "--python", str(script), "--", str(target)],
        env=environment,
        timeout=PATIENCE,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert "after undo []" in ended.stdout
    assert target.stat().st_size > 20_000
