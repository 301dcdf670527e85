"""Keyframes: a model that builds itself, and a camera that goes around it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

import bpy
from mathutils import Matrix

from . import scene as scenes
from .model import LAYER_LDU, SCALE

LAYER = LAYER_LDU * SCALE
TURNTABLE = "Bricks turntable"
DROP = 0.9
"""Height in Blender units from which bricks drop in."""


def animate_build(
    scene: bpy.types.Scene,
    collection: bpy.types.Collection,
    *,
    bricks_per_second: float = 8.0,
    drop: bool = True,
    whole_layers: bool = False,
    hold_seconds: float = 1.5,
) -> int:
    """Let the bricks appear layer by layer; the last frame. An earlier animation of theirs is replaced.

    Within a layer bricks appear in build order, one after another, or all at once (``whole_layers``,
    which takes as long).

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
    action = bpy.data.actions.new(f"Building {collection.name}")
    last = 1
    for obj, number in _entrances(objects, whole_layers=whole_layers):
        last = 1 + round(number * rate / bricks_per_second)
        _appear(_new_curves(obj, action), obj.location.z, last, fall)
    if not action.users:  # where each brick has an action of its own
        bpy.data.actions.remove(action)
    last += fall + round(hold_seconds * rate)
    scene.frame_start, scene.frame_end = 1, last
    return last


def _entrances(
    objects: list[bpy.types.Object], *, whole_layers: bool
) -> Iterator[tuple[bpy.types.Object, int]]:
    """Objects from the lowest layer up, each with how many come before its turn."""
    height = {obj: round(scenes.matrix_of(obj).translation.z / LAYER) for obj in objects}
    ordered = sorted(objects, key=height.__getitem__)
    for _, members in groupby(enumerate(ordered), key=lambda item: height[item[1]]):
        numbered = list(members)
        for number, obj in numbered:
            yield obj, numbered[0][0] if whole_layers else number


def _appear(curves: bpy.types.ActionFCurves, rest: float, start: int, fall: int) -> None:
    """Hidden before ``start``; from then on visible, falling to height ``rest`` for ``fall`` frames."""
    for path in ("hide_render", "hide_viewport"):
        _add_keys(curves.new(path), (0, 1.0, start, 0.0), "CONSTANT")
    if fall:
        _add_keys(curves.new("location", index=2), (start, rest + DROP, start + fall, rest), "SINE")


def _new_curves(obj: bpy.types.Object, action: bpy.types.Action) -> bpy.types.ActionFCurves:
    """Empty curves of ``obj``: a slot of ``action``, or an action of its own in Blenders without slots.

    Thousands of curves are made much faster this way than by ``keyframe_insert``, and removing one
    action takes no time, whereas removing thousands takes Blender 5 minutes.
    """
    animation = obj.animation_data_create()
    if not hasattr(action, "slots"):  # until 4.3
        animation.action = bpy.data.actions.new(obj.name)
        return animation.action.fcurves
    slot = action.slots.new("OBJECT", obj.name)
    animation.action = action
    animation.action_slot = slot
    layer = action.layers[0] if action.layers else action.layers.new("Building")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True).fcurves


def _add_keys(curve: bpy.types.FCurve, frames_and_values: tuple[float, ...], way: str) -> None:
    """Two keys on an empty curve, with ``way`` of going from the first to the second."""
    curve.keyframe_points.add(2)
    curve.keyframe_points.foreach_set("co", frames_and_values)
    for key in curve.keyframe_points:
        key.interpolation, key.easing = way, "EASE_IN_OUT"
    curve.update()


def clear(collection: bpy.types.Collection) -> None:
    """Take the build animation off: all bricks visible and in their places."""
    actions = set()
    for obj in scenes.build_order(collection):
        if not _moves(obj):
            continue
        rest = _last_height(obj.animation_data)
        actions.add(obj.animation_data.action)
        obj.animation_data_clear()
        for path in ("hide_render", "hide_viewport"):
            if getattr(obj, path):  # setting it costs much in large scenes
                setattr(obj, path, False)
        if rest is not None:
            obj.location.z = rest
    bpy.data.batch_remove(actions)


def _moves(obj: bpy.types.Object) -> bool:
    return obj.animation_data is not None and obj.animation_data.action is not None


def _last_height(animation: bpy.types.AnimData) -> float | None:
    """Where the brick's fall ends, None where it does not fall."""
    for curve in _curves(animation):
        if curve.data_path == "location" and curve.array_index == 2:
            return float(curve.keyframe_points[-1].co[1])
    return None


def _curves(animation: bpy.types.AnimData) -> list[bpy.types.FCurve]:
    """The curves that move one object, in Blenders with layered actions (4.4 on) as in earlier ones."""
    action = animation.action
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    strips = (strip for layer in action.layers for strip in layer.strips)
    bags = (strip.channelbag(animation.action_slot) for strip in strips)
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


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
    for curve in _curves(pivot.animation_data):
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    scene.frame_start, scene.frame_end = 1, max(frames, scene.frame_end if _builds(objects) else 1)
    return pivot


def _builds(objects: list[bpy.types.Object]) -> bool:
    return any(map(_moves, objects))
