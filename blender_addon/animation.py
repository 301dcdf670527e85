"""Keyframes: a model that builds itself, and a camera that goes around it."""

from __future__ import annotations

import math

import bpy
from mathutils import Matrix

from . import scene as scenes

TURNTABLE = "Bricks turntable"
DROP = 0.9
"""Height in Blender units from which bricks drop in."""


def animate_build(
    scene: bpy.types.Scene,
    collection: bpy.types.Collection,
    *,
    bricks_per_second: float = 8.0,
    drop: bool = True,
    hold_seconds: float = 1.5,
) -> int:
    """Let the bricks appear in build order; the last frame. An earlier animation of theirs is replaced.

    Raises:
        ValueError: the speed is not above 0, or the collection has no bricks.
    """
    if not 0 < bricks_per_second <= 1000:
        raise ValueError(f"{bricks_per_second:g} bricks a second; use more than 0 and at most 1000")
    objects = scenes.build_order(collection)
    if not objects:
        raise ValueError("there are no bricks to animate")
    clear(collection)
    rate = scene.render.fps / scene.render.fps_base
    fall = max(2, round(rate * 0.35)) if drop else 0
    for number, obj in enumerate(objects):
        _appear(obj, 1 + round(number * rate / bricks_per_second), fall)
    last = 1 + round((len(objects) - 1) * rate / bricks_per_second) + fall + round(hold_seconds * rate)
    scene.frame_start, scene.frame_end = 1, last
    return last


def _appear(obj: bpy.types.Object, start: int, fall: int) -> None:
    """Hidden before ``start``; from then on visible, falling to its place for ``fall`` frames."""
    for path in ("hide_render", "hide_viewport"):
        setattr(obj, path, True)
        obj.keyframe_insert(path, frame=0)
        setattr(obj, path, False)
        obj.keyframe_insert(path, frame=start)
    if fall:
        rest = obj.location.z
        obj.location.z = rest + DROP
        obj.keyframe_insert("location", index=2, frame=start)
        obj.location.z = rest
        obj.keyframe_insert("location", index=2, frame=start + fall)


def clear(collection: bpy.types.Collection) -> None:
    """Take the build animation off: all bricks visible and in their places."""
    for obj in scenes.build_order(collection):
        if obj.animation_data is None or obj.animation_data.action is None:
            continue
        action = obj.animation_data.action
        rest = _last_height(action)
        obj.animation_data_clear()
        bpy.data.actions.remove(action)
        obj.hide_render = obj.hide_viewport = False
        if rest is not None:
            obj.location.z = rest


def _last_height(action: bpy.types.Action) -> float | None:
    """Where the brick's fall ends, None where it does not fall."""
    for curve in _curves(action):
        if curve.data_path == "location" and curve.array_index == 2:
            return float(curve.keyframe_points[-1].co[1])
    return None


def _curves(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """The curves of an action, in Blenders with layered actions (4.4 on) as in earlier ones."""
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    bags = (bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags)
    return [curve for bag in bags for curve in bag.fcurves]


def animate_turntable(
    scene: bpy.types.Scene, objects: list[bpy.types.Object], *, seconds: float = 6.0
) -> bpy.types.Object:
    """Let the scene's camera go once around ``objects``; the object that it hangs on.

    Raises:
        ValueError: there is no camera, or ``seconds`` is not above 0.
    """
    camera = scene.camera
    if camera is None:
        raise ValueError("there is no camera; set up the studio first")
    if not 0 < seconds <= 3600:
        raise ValueError(f"a turn of {seconds:g} seconds; use more than 0 and at most 3600")
    low, high = scenes.bounds(objects)
    pivot = bpy.data.objects.get(TURNTABLE) or bpy.data.objects.new(TURNTABLE, None)
    if not pivot.users_collection:
        camera.users_collection[0].objects.link(pivot)
    pivot.animation_data_clear()
    pivot.rotation_euler = (0.0, 0.0, 0.0)
    centre = (low + high) / 2
    pivot.location = centre
    camera.parent = pivot
    camera.matrix_parent_inverse = Matrix.Translation(-centre)
    frames = max(2, round(seconds * scene.render.fps / scene.render.fps_base))
    for turn, at in ((0.0, 1), (2 * math.pi, frames + 1)):
        pivot.rotation_euler.z = turn
        pivot.keyframe_insert("rotation_euler", index=2, frame=at)
    for curve in _curves(pivot.animation_data.action):
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    scene.frame_start, scene.frame_end = 1, max(frames, scene.frame_end if _builds(objects) else 1)
    return pivot


def _builds(objects: list[bpy.types.Object]) -> bool:
    return any(obj.animation_data is not None and obj.animation_data.action is not None for obj in objects)
