"""Light, ground, camera and colour management for a brick model, by one call."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
from mathutils import Euler, Vector

from . import scene as scenes

COLLECTION = "Bricks studio"
_NAMES = {"sun": "Bricks sun", "ground": "Bricks ground", "camera": "Bricks camera", "world": "Bricks world"}
_MARGIN = 0.12
_LENS_MM = 70.0
_GROUND_RADIUS = 60.0


@dataclass(frozen=True)
class View:
    """Where the camera stands, in degrees.

    Attributes:
        elevation: above the horizon; negative looks at the underside.
        azimuth: around the model, counter-clockwise from +x.
    """

    elevation: float = 22.0
    azimuth: float = -55.0


def set_up(
    scene: bpy.types.Scene,
    objects: list[bpy.types.Object],
    view: View | None = None,
    *,
    transparent: bool = False,
) -> bpy.types.Object:
    """Set up the studio around ``objects`` and frame them; the camera. Doing it again changes nothing more.

    Set the resolution first: framing depends on it.
    """
    low, high = scenes.bounds(objects)
    home = _home(scene)
    _light(scene, home)
    view = view or View()
    _ground(home, low, catcher=transparent, hidden=view.elevation < 0)
    camera = _camera(scene, home)
    frame(scene, camera, low, high, view)
    scene.render.film_transparent = transparent
    scene.view_settings.view_transform = "Standard"  # Filmic and AgX wash brick colours out
    scene.view_settings.look = "None"
    return camera


def clear(scene: bpy.types.Scene) -> None:
    """Take the studio out of the file."""
    home = bpy.data.collections.get(COLLECTION)
    if home is not None:
        scenes.remove(home)
    world = bpy.data.worlds.get(_NAMES["world"])
    if world is not None:
        bpy.data.worlds.remove(world)


def _home(scene: bpy.types.Scene) -> bpy.types.Collection:
    home = bpy.data.collections.get(COLLECTION) or bpy.data.collections.new(COLLECTION)
    if not any(child == home for child in scene.collection.children):
        scene.collection.children.link(home)
    return home


def _object(home: bpy.types.Collection, role: str, data: bpy.types.ID) -> bpy.types.Object:
    obj = bpy.data.objects.get(_NAMES[role])
    if obj is None:
        obj = bpy.data.objects.new(_NAMES[role], data)
    if not any(one == obj for one in home.objects):
        home.objects.link(obj)
    return obj


def _light(scene: bpy.types.Scene, home: bpy.types.Collection) -> None:
    data = bpy.data.lights.get(_NAMES["sun"]) or bpy.data.lights.new(_NAMES["sun"], "SUN")
    data.energy, data.angle = 2.6, math.radians(12)
    sun = _object(home, "sun", data)
    sun.rotation_euler = Euler((math.radians(42), math.radians(8), math.radians(-18)))
    world = bpy.data.worlds.get(_NAMES["world"]) or bpy.data.worlds.new(_NAMES["world"])
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    background.inputs["Strength"].default_value = 0.5
    scene.world = world


def _ground(home: bpy.types.Collection, low: Vector, *, catcher: bool, hidden: bool) -> None:
    """A large round plane just below the model; it may only catch the shadow, or not be seen at all."""
    mesh = bpy.data.meshes.get(_NAMES["ground"]) or bpy.data.meshes.new(_NAMES["ground"])
    if not mesh.polygons:
        turns = [2 * math.pi * step / 64 for step in range(64)]
        rim = [(_GROUND_RADIUS * math.cos(turn), _GROUND_RADIUS * math.sin(turn), 0.0) for turn in turns]
        mesh.from_pydata(rim, [], [tuple(range(64))])
        mesh.materials.append(_ground_material())
    ground = _object(home, "ground", mesh)
    ground.location = (low.x, low.y, low.z - 0.001)
    ground.is_shadow_catcher, ground.hide_render = catcher, hidden


def _ground_material() -> bpy.types.Material:
    material = bpy.data.materials.get(_NAMES["ground"]) or bpy.data.materials.new(_NAMES["ground"])
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (0.86, 0.87, 0.89, 1.0)
    shader.inputs["Roughness"].default_value = 0.9
    return material


def _camera(scene: bpy.types.Scene, home: bpy.types.Collection) -> bpy.types.Object:
    data = bpy.data.cameras.get(_NAMES["camera"]) or bpy.data.cameras.new(_NAMES["camera"])
    data.lens, data.clip_end = _LENS_MM, 1000.0
    camera = _object(home, "camera", data)
    scene.camera = camera
    return camera


def frame(scene: bpy.types.Scene, camera: bpy.types.Object, low: Vector, high: Vector, view: View) -> None:
    """Look from ``view`` at the box from ``low`` to ``high``, as near as its corners and a margin allow."""
    centre, half = (low + high) / 2, (high - low) / 2
    half = Vector([max(value, 0.05) for value in half]) * (1 + _MARGIN)
    up, around = math.radians(view.elevation), math.radians(view.azimuth)
    out = Vector((math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up)))
    turn = out.to_track_quat("Z", "Y")
    right, above = turn @ Vector((1, 0, 0)), turn @ Vector((0, 1, 0))
    wide, high_angle = _half_angles(scene, camera.data)
    distance = 0.0
    for sides in ((a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)):
        corner = Vector([side * value for side, value in zip(sides, half)])
        depth = corner.dot(out)
        distance = max(
            distance,
            depth + abs(corner.dot(right)) / math.tan(wide),
            depth + abs(corner.dot(above)) / math.tan(high_angle),
        )
    camera.rotation_mode = "XYZ"
    camera.rotation_euler = turn.to_euler("XYZ")
    camera.location = centre + out * distance


def _half_angles(scene: bpy.types.Scene, camera: bpy.types.Camera) -> tuple[float, float]:
    """Half the angle of view across and upright, by lens and resolution (sensor fit AUTO)."""
    wide = scene.render.resolution_x * scene.render.pixel_aspect_x
    high = scene.render.resolution_y * scene.render.pixel_aspect_y
    half = camera.sensor_width / (2 * camera.lens)
    longer = max(wide, high)
    return math.atan(half * wide / longer), math.atan(half * high / longer)
