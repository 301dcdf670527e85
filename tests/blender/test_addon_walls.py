"""What the add-on may import, and that it comes as one reproducible zip."""

import ast
import importlib.util
import re
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDON = ROOT / "blender_addon"
BLENDER = {"bpy", "bpy_extras", "mathutils", "_cycles"}
WITHOUT_BLENDER = (
    "__init__",
    "colours",
    "discovery",
    "engine_process",
    "ldraw",
    "model",
    "runs",
    "shapes",
    "headless",
)

_spec = importlib.util.spec_from_file_location("addon_packaging", ROOT / "blender_addon/tools/pack.py")
packaging = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(packaging)


def imported(path, *, at_top_only=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if at_top_only else ast.walk(tree)
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", sorted(ADDON.glob("*.py")), ids=lambda path: path.stem)
def test_the_addon_needs_nothing_but_python_and_blender(path):
    assert imported(path) - set(sys.stdlib_module_names) <= BLENDER
    if path.stem in WITHOUT_BLENDER:
        assert not imported(path, at_top_only=True) & BLENDER


def test_no_connection_is_opened():
    network = {"socket", "urllib", "http", "ssl", "ftplib", "requests"}
    assert not {name for path in ADDON.glob("*.py") for name in imported(path)} & network


def test_the_engine_never_imports_the_addon():
    names = {name for path in (ROOT / "brickgpt_engine").rglob("*.py") for name in imported(path)}
    assert not names & {"blender_addon", "bpy", "mathutils"}


def test_the_zip_is_whole_and_the_same_each_time(tmp_path):
    first = packaging.build(tmp_path / "a" / "one.zip").read_bytes()
    assert packaging.build(tmp_path / "two.zip").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "two.zip") as archive:
        names = archive.namelist()
        source = archive.read("brickgpt_studio/__init__.py").decode()
    assert names == sorted(names)
    wanted = {path.name for path in ADDON.glob("*.py")} | {
        "LICENSE",
        "README.md",
        "blender_manifest.toml",
        "colours.csv",
    }
    assert {Path(name).name for name in names} == wanted
    assert {Path(name).parent.as_posix() for name in names} == {"brickgpt_studio"}
    assert "bl_info" in source


def test_versions_and_licences_agree():
    info = re.search(
        r'"version": \((\d+), (\d+), (\d+)\)', (ADDON / "__init__.py").read_text(encoding="utf-8")
    )
    assert ".".join(info.groups()) == packaging.version()
    manifest = (ADDON / "blender_manifest.toml").read_text(encoding="utf-8")
    assert "SPDX:GPL-3.0-or-later" in manifest
    assert "Version 3, 29 June 2007" in (ADDON / "LICENSE").read_text(encoding="utf-8")[:200]
