"""Materials of LDraw colours and of stress, made once and found again by name."""

from __future__ import annotations

from typing import Any

import bpy

from .colours import Colour, colour_of, heat, linear

HEAT_STEPS = 32
CLAY = (200, 200, 200)
_TRANSMISSION = ("Transmission Weight", "Transmission")
_COAT = ("Coat Weight", "Clearcoat")
_SURFACES = {  # metallic, roughness
    "plastic": (0.0, 0.28),
    "chrome": (1.0, 0.06),
    "pearlescent": (0.35, 0.32),
    "metal": (0.9, 0.25),
    "rubber": (0.0, 0.75),
    "glitter": (0.0, 0.2),
    "speckle": (0.3, 0.35),
}


def colour_material(code: int | None) -> bpy.types.Material:
    """The material of an LDraw colour; None is the default colour."""
    colour = colour_of(code)
    return bpy.data.materials.get(_name(colour)) or _make(colour)


def stress_material(stress: float | None) -> bpy.types.Material:
    """The material of a stress, in :data:`HEAT_STEPS` steps; None counts as 1."""
    at = 1.0 if stress is None else min(max(stress, 0.0), 1.0)
    step = round(at * HEAT_STEPS) / HEAT_STEPS
    name = f"Bricks stress {step:.3f}"
    return bpy.data.materials.get(name) or _plain(name, heat(step), 0.0, 0.45)


def clay_material() -> bpy.types.Material:
    """One light grey for everything."""
    return bpy.data.materials.get("Bricks clay") or _plain("Bricks clay", CLAY, 0.0, 0.6)


def _name(colour: Colour) -> str:
    return f"Bricks {colour.code} {colour.name}"[:63]


def _make(colour: Colour) -> bpy.types.Material:
    metallic, roughness = _SURFACES[colour.finish]
    material = _plain(_name(colour), colour.rgb, metallic, roughness)
    shader = _shader(material)
    if colour.alpha < 255:
        _set(shader, _TRANSMISSION, 1.0 - 0.35 * colour.alpha / 255)
        _set(shader, ("IOR",), 1.45)
        _set(shader, ("Roughness",), 0.08)
    elif colour.finish == "plastic":
        _set(shader, _COAT, 0.15)
    return material


def _plain(name: str, rgb: tuple[int, int, int], metallic: float, roughness: float) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):  # later ones always have nodes
        material.use_nodes = True
    shader = _shader(material)
    _set(shader, ("Base Color",), (*linear(rgb), 1.0))
    _set(shader, ("Metallic",), metallic)
    _set(shader, ("Roughness",), roughness)
    material.diffuse_color = (*linear(rgb), 1.0)
    material.metallic, material.roughness = metallic, roughness
    return material


def _shader(material: bpy.types.Material) -> bpy.types.Node:
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")


def _set(shader: bpy.types.Node, names: tuple[str, ...], value: Any) -> None:
    """Set the first of ``names`` that this Blender's shader has."""
    socket = next((shader.inputs[name] for name in names if name in shader.inputs), None)
    if socket is not None:
        socket.default_value = value
