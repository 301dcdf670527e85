"""LDraw files into the scene: as our bricks, or with the parts of an LDraw library through ImportLDraw.

ImportLDraw is another add-on (GPL-2.0-or-later, by Toby Nelson); the user's own copy is used and none
is bundled. Its functions are called directly: its operator would overwrite the user's settings.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

from . import ldraw
from . import scene as scenes
from .ldraw import LdrawError
from .model import BrickModel

QUALITIES = {"high": "High", "standard": "Standard", "low": "Low"}
_FOLDER_VARIABLE = "IMPORTLDRAW_PATH"
_REAL_SCALE = 25  # at which ImportLDraw's unit is ours: 0.01 of Blender's for an LDU


@dataclass(frozen=True)
class LibraryLook:
    """How parts of the library look.

    Attributes:
        quality: one of :data:`QUALITIES`.
        logos: raised lettering on studs.
        gaps: small gaps between parts.
    """

    quality: str = "standard"
    logos: bool = False
    gaps: bool = True


def import_bricks(
    path: Path, scene: bpy.types.Scene, *, skip_unknown: bool = False
) -> tuple[bpy.types.Collection, list[str]]:
    """Import a file as our bricks; the collection, and a line for each part that was left out.

    Raises:
        LdrawError: it cannot be read, or has parts that are no bricks and ``skip_unknown`` is false.
    """
    reading = ldraw.read_model(ldraw.read_text(path), str(path))
    if reading.left_out and not skip_unknown:
        raise LdrawError(
            f"{path.name}: {ldraw.summary(reading.left_out)}; leave them out, or import with ImportLDraw"
        )
    collection = scenes.new_collection(path.stem, reading.model, scene)
    scenes.sync(collection, reading.model)
    return collection, reading.left_out


def find_importldraw(folder: str = "", environment: Mapping[str, str] = os.environ) -> ModuleType | None:
    """The user's ImportLDraw: that of ``folder``, else the one switched on, else ``IMPORTLDRAW_PATH``'s."""
    loaded = sys.modules.get(getattr(_operator(), "__module__", ""))
    if loaded is not None and not folder:
        return importlib.import_module(f"{(loaded.__package__ or loaded.__name__)}.loadldraw.loadldraw")
    place = folder or environment.get(_FOLDER_VARIABLE, "")
    if not place or not (Path(place) / "loadldraw" / "loadldraw.py").is_file():
        return None
    home = Path(place).resolve()
    with _searched(home.parent):
        return importlib.import_module(f"{home.name}.loadldraw.loadldraw")


def _operator() -> Any:
    return getattr(bpy.types, "IMPORT_SCENE_OT_importldraw", None)


@contextmanager
def _searched(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def import_library_parts(
    path: Path, scene: bpy.types.Scene, importer: ModuleType, library: Path, look: LibraryLook | None = None
) -> bpy.types.Collection:
    """Import a file with the parts of an LDraw library; the collection.

    Raises:
        LdrawError: the file cannot be read, or nothing came of it; nothing stays in the scene then.
    """
    text = ldraw.read_text(path)
    ldraw.read_parts(text)  # a malformed file is told in our words, before anything is made
    before = set(bpy.data.collections), set(bpy.data.objects)
    _configure(importer, library, look or LibraryLook())
    try:
        if scene.world is None:  # ImportLDraw wants one
            scene.world = bpy.data.worlds.new("World")
        _bridge(importer)
        importer.loadFromFile(None, str(path))
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError, OSError) as error:
        _drop(_new(before))
        raise LdrawError(f"ImportLDraw failed on {path.name}: {type(error).__name__} {error}") from error
    made = _new(before)
    shapes = [obj for obj in made[1] if obj.type == "MESH" and len(obj.data.vertices)]
    if not shapes:
        _drop(made)
        raise LdrawError(f"ImportLDraw made no part of {path.name}; does {library} hold the parts library?")
    return _adopt(path, text, scene, made)


def _configure(importer: ModuleType, library: Path, look: LibraryLook) -> None:
    options = importer.Options
    settings = {
        "ldrawDirectory": str(library),
        "realScale": _REAL_SCALE,
        "resolution": QUALITIES[look.quality],
        "useLogoStuds": look.logos,
        "gaps": look.gaps,
        "addGroundPlane": False,
        "setRenderSettings": False,
        "positionCamera": False,
        "addWorldEnvironmentTexture": False,
        "positionObjectOnGroundAtOrigin": False,
        "instructionsLook": False,
        "useColourScheme": "ldraw",
        "removeDefaultObjects": False,
        "importCameras": False,
        "verbose": 0,
    }
    for name, value in settings.items():
        setattr(options, name, value)
    importer.hasCollections = True
    importer.Configure()


def _new(before: tuple[set[Any], set[Any]]) -> tuple[list[Any], list[Any]]:
    fresh = [one for one in bpy.data.collections if one not in before[0]]
    return fresh, [one for one in bpy.data.objects if one not in before[1]]


def _drop(made: tuple[list[Any], list[Any]]) -> None:
    bpy.data.batch_remove({*made[0], *made[1]})


def _adopt(
    path: Path, text: str, scene: bpy.types.Scene, made: tuple[list[Any], list[Any]]
) -> bpy.types.Collection:
    """Gather what ImportLDraw made in one collection that carries the model's data."""
    try:
        model = ldraw.read_model(text, str(path)).model
    except LdrawError:  # none of it is a brick of ours: parts may still be shown
        model = BrickModel(source=str(path))
    home = scenes.new_collection(path.stem, model, scene, look="ldraw")
    for obj in made[1]:
        for owner in list(obj.users_collection):
            owner.objects.unlink(obj)
        home.objects.link(obj)
    for collection in made[0]:
        if not collection.users_dupli_group:
            bpy.data.collections.remove(collection)
    return home


class _HsvNode:
    """A node of Blender 5 that speaks HSV, with its sockets under the names of its predecessor."""

    def __init__(self, nodes: Any, kind: str, at: tuple[float, float]) -> None:
        node = nodes.new(kind)
        node.mode, node.location = "HSV", at
        split = kind == "ShaderNodeSeparateColor"
        several, single = (node.outputs, node.inputs) if split else (node.inputs, node.outputs)
        parts = dict(zip("HSV", several))
        whole = {"Color": single[0]}
        self.inputs, self.outputs = (whole, parts) if split else (parts, whole)


def _bridge(importer: ModuleType) -> None:
    """From Blender 5 on, give ImportLDraw the successors of the HSV nodes that it asks for."""
    if hasattr(bpy.types, "ShaderNodeSeparateHSV"):
        return
    for way in ("Separate", "Combine"):
        kind = f"ShaderNode{way}Color"
        name = f"_BlenderMaterials__node{way}HSV"
        setattr(
            importer.BlenderMaterials,
            name,
            staticmethod(lambda nodes, x, y, kind=kind: _HsvNode(nodes, kind, (x, y))),
        )


def library_for(wish: str, environment: Mapping[str, str]) -> Path:
    """The LDraw parts library.

    Raises:
        LdrawError: ``wish`` is none, or none is found.
    """
    found = ldraw.find_library(wish, dict(environment))
    if found is None:
        raise LdrawError(
            "no LDraw parts library was found; unpack complete.zip from ldraw.org and set its folder in the "
            "add-on's preferences"
        )
    return found
