"""Pictures, films and files of a scene: Cycles by default, on the GPU where there is one."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
from mathutils import Matrix

from . import scene as scenes
from .model import SCALE

ENGINES = ("cycles", "eevee", "workbench")
_GPU_KINDS = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")
_MM_PER_UNIT = 0.4 / SCALE  # an LDU is 0.4 mm


@dataclass(frozen=True)
class Quality:
    """How pictures are made.

    Attributes:
        width, height: in pixels.
        engine: one of :data:`ENGINES`.
        samples: per pixel, 0 for a number that suits the machine.
    """

    width: int = 1024
    height: int = 1024
    engine: str = "cycles"
    samples: int = 0


def set_up(scene: bpy.types.Scene, quality: Quality) -> str:
    """Prepare ``scene`` for rendering; the device in words.

    Raises:
        ValueError: this Blender has no such engine.
    """
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = (
        quality.width,
        quality.height,
        100,
    )
    if quality.engine == "cycles":
        return _set_up_cycles(scene, quality.samples)
    if quality.engine not in ENGINES:
        raise ValueError(f"there is no engine {quality.engine!r}; use one of {', '.join(ENGINES)}")
    if quality.engine == "workbench":
        render.engine = "BLENDER_WORKBENCH"
        scene.display.shading.light, scene.display.shading.color_type = "STUDIO", "MATERIAL"
        scene.display.shading.show_cavity = True
        return "workbench"
    render.engine = "BLENDER_EEVEE_NEXT" if _is_next() else "BLENDER_EEVEE"
    if quality.samples:
        scene.eevee.taa_render_samples = quality.samples
    return render.engine.lower()


def _is_next() -> bool:
    return (4, 2, 0) <= bpy.app.version < (5, 0, 0)


def _set_up_cycles(scene: bpy.types.Scene, samples: int) -> str:
    if "cycles" not in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_enable(module="cycles")
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    device = _use_gpu()
    cycles.device = "GPU" if device else "CPU"
    denoise = _has_denoiser()
    cycles.samples = samples or (_default_samples(denoise, bool(device)))
    cycles.use_adaptive_sampling = True
    cycles.use_denoising = denoise
    if denoise:
        cycles.denoiser = "OPENIMAGEDENOISE"
        if hasattr(cycles, "denoising_quality"):
            cycles.denoising_quality = "FAST"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 2, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces = 6, 8
    cycles.caustics_reflective = cycles.caustics_refractive = False
    return device or "CPU"


def _default_samples(denoise: bool, gpu: bool) -> int:
    if gpu:
        return 256
    return 8 if denoise else 64


def _has_denoiser() -> bool:
    """Whether this Blender was built with OpenImageDenoise (Debian's 3.4 was not)."""
    try:
        import _cycles
    except ImportError:
        return False
    return bool(getattr(_cycles, "with_openimagedenoise", False))


def _use_gpu() -> str:
    """Switch on the first kind of GPU that Cycles finds; its name, empty for none."""
    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in _GPU_KINDS:
        try:
            preferences.compute_device_type = kind
        except TypeError:  # this build does not know it
            continue
        preferences.refresh_devices() if hasattr(
            preferences, "refresh_devices"
        ) else preferences.get_devices()
        found = [device for device in preferences.devices if device.type == kind]
        for device in found:
            device.use = True
        if found:
            return kind
    preferences.compute_device_type = "NONE"
    return ""


def require_writable(path: Path) -> None:
    """Make sure beforehand that a file can be written at ``path``; Blender's own words help nobody.

    Raises:
        RuntimeError: it cannot.
    """
    there = path.exists()
    try:
        with path.open("ab"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        raise RuntimeError(f"{path} cannot be written: {error.strerror or error}") from error


def render_still(scene: bpy.types.Scene, path: Path, frame: int | None = None) -> None:
    """Render one picture as PNG.

    Raises:
        RuntimeError: Blender cannot render or write it.
    """
    require_writable(path)
    if frame is not None:
        scene.frame_set(frame)
    _as_png(scene)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    if not path.is_file():
        raise RuntimeError(f"Blender wrote no picture to {path}")


def render_frames(scene: bpy.types.Scene, folder: Path) -> None:
    """Render the animation as ``0001.png``, ``0002.png``, … into ``folder``.

    Raises:
        RuntimeError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RuntimeError(f"{folder} cannot be made: {error.strerror or error}") from error
    require_writable(folder / "0001.png")
    _as_png(scene)
    scene.render.filepath = str(folder / "####")
    bpy.ops.render.render(animation=True, scene=scene.name)


def render_film(scene: bpy.types.Scene, path: Path) -> None:
    """Render the animation as an MP4 film (H.264).

    Raises:
        RuntimeError: this Blender cannot write films.
    """
    require_writable(path)
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):  # from 5.0
        settings.media_type = "VIDEO"
    try:
        settings.file_format = "FFMPEG"
    except TypeError as error:
        raise RuntimeError("this Blender writes no films; render PNGs into a folder instead") from error
    scene.render.ffmpeg.format, scene.render.ffmpeg.codec = "MPEG4", "H264"
    scene.render.ffmpeg.constant_rate_factor = "HIGH"
    scene.render.filepath = str(path)
    scene.render.use_file_extension = False
    bpy.ops.render.render(animation=True, scene=scene.name)
    if not path.is_file():
        raise RuntimeError(f"Blender wrote no film to {path}")


def _as_png(scene: bpy.types.Scene) -> None:
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGBA" if scene.render.film_transparent else "RGB"
    scene.render.use_file_extension = True


def export_glb(collection: bpy.types.Collection, path: Path) -> None:
    """Write a collection as binary glTF, materials included.

    Raises:
        RuntimeError: the file cannot be written, or Blender lacks NumPy, which its glTF exporter needs.
    """
    require_writable(path)
    if importlib.util.find_spec("numpy") is None:
        raise RuntimeError("Blender's GLB export needs NumPy, which is missing (on Debian: python3-numpy)")
    if "io_scene_gltf2" not in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_enable(module="io_scene_gltf2")
    bpy.context.view_layer.update()  # it may not know the objects yet
    chosen = set(collection.all_objects)
    for obj in bpy.context.view_layer.objects:
        obj.select_set(obj in chosen)
    bpy.ops.export_scene.gltf(filepath=str(path), export_format="GLB", use_selection=True, export_apply=True)
    if not path.is_file():
        raise RuntimeError(f"Blender wrote no GLB to {path}")


def export_stl(collection: bpy.types.Collection, path: Path) -> int:
    """Write a collection as binary STL in millimetres, z up; the number of triangles.

    Raises:
        RuntimeError: the file cannot be written.
    """
    records = list(_triangles(obj for obj in collection.all_objects if obj.type == "MESH"))
    try:
        path.write_bytes(b"BrickGPT Studio".ljust(80) + struct.pack("<I", len(records)) + b"".join(records))
    except OSError as error:
        raise RuntimeError(f"{path} cannot be written: {error.strerror or error}") from error
    return len(records)


def _triangles(objects: Iterable[bpy.types.Object]) -> Iterator[bytes]:
    """One record of 50 bytes per triangle: normal, three corners, and two empty bytes."""
    pack = struct.Struct("<12fH").pack
    turned: dict[tuple[bpy.types.Mesh, str], list[tuple[float, ...]]] = {}
    for obj in objects:
        place = scenes.matrix_of(obj)
        key = obj.data, repr(place.to_3x3())  # bricks share few meshes and turns
        if key not in turned:
            turned[key] = list(_turned(obj.data, place.to_3x3()))
        x, y, z = place.translation * _MM_PER_UNIT
        for nx, ny, nz, ax, ay, az, bx, by, bz, cx, cy, cz in turned[key]:
            yield pack(nx, ny, nz, ax + x, ay + y, az + z, bx + x, by + y, bz + z, cx + x, cy + y, cz + z, 0)


def _turned(mesh: bpy.types.Mesh, turn: Matrix) -> Iterator[tuple[float, ...]]:
    """Normal and corners of each triangle, turned and in millimetres."""
    corners = [turn @ vertex.co * _MM_PER_UNIT for vertex in mesh.vertices]
    mesh.calc_loop_triangles()
    for triangle in mesh.loop_triangles:
        a, b, c = (corners[at] for at in triangle.vertices)
        yield (*(b - a).cross(c - a).normalized(), *a, *b, *c)
