"""Engines for the add-on: a fake one that does what a test says, and the real one from this tree."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE = Path(__file__).with_name("fake_engine.py")
SHARED = Path(os.environ.get("BRICKGPT_SHARED") or ROOT.parent / "shared")


def launcher(folder, text):
    path = folder / "brickgpt"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def fake_engine(tmp_path):
    """Makes the program of an engine that behaves as ``script`` says."""

    def make(**script):
        folder = tmp_path / "fake"
        folder.mkdir(exist_ok=True)
        shutil.copy(FAKE, folder / "fake_engine.py")
        (folder / "script.json").write_text(json.dumps(script))
        return launcher(folder, f'exec "{sys.executable}" "{folder}/fake_engine.py" "$@"')

    return make


@pytest.fixture
def real_engine(tmp_path):
    """The engine of this tree, run by ``BRICKGPT_PYTHON`` or by this Python where that can."""
    python = os.environ.get("BRICKGPT_PYTHON")
    if python is None:
        for name in ("click", "highspy", "tokenizers"):
            pytest.importorskip(name, reason="set BRICKGPT_PYTHON to a Python that can run it")
        python = sys.executable
    return launcher(tmp_path, f'PYTHONPATH="{ROOT}" exec "{python}" -m brickgpt_engine.cli "$@"')


@pytest.fixture
def library():
    """The LDraw parts library, cut down to the eight bricks."""
    folder = SHARED / "ldraw-mini"
    if not folder.is_dir():
        pytest.skip("the LDraw subset is not there; name its folder's parent in BRICKGPT_SHARED")
    return folder


@pytest.fixture
def addon():
    """An empty file in this Blender, with the add-on registered."""
    bpy = pytest.importorskip("bpy")
    import blender_addon

    bpy.ops.wm.read_factory_settings(use_empty=True)
    blender_addon.register()
    yield
    blender_addon.unregister()


TOWER = """0 Tower
1 4 100 -24 140 0 0 1 0 1 0 -1 0 0 3001.dat
1 383 80 -48 140 1 0 0 0 1 0 0 0 1 3003.dat
1 47 60 -72 160 1 0 0 0 1 0 0 0 1 3001.dat
1 0 60 -96 150 1 0 0 0 1 0 0 0 1 3010.dat
"""


@pytest.fixture
def tower(tmp_path):
    """A file of four bricks: red, chrome, clear and black."""
    path = tmp_path / "tower.ldr"
    path.write_text(TOWER)
    return path
