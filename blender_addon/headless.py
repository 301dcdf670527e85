"""Pictures, films and files of a brick model without a window.

Run by Blender (``blender -b -P headless.py -- MODEL.ldr -o out.png``) or by a Python that has the
``bpy`` wheel (``python headless.py MODEL.ldr -o out.png``). ``brickgpt render`` does the same and
looks for either by itself. Exit codes: 0 done, 2 wrong arguments, 3 the model cannot be read,
6 nothing could be written.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sys
from pathlib import Path

PICTURE, FILM, GLB, STL = ".png", ".mp4", ".glb", ".stl"
STYLES = ("colours", "stress", "clay")
ANIMATIONS = ("none", "build", "turntable", "both")
_FPS = 24


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    parse = argparse.ArgumentParser(prog="headless.py", description="Render or export a brick model.")
    parse.add_argument("model", type=Path, help="LDraw file")
    parse.add_argument(
        "-o", "--out", required=True, help=".png, .mp4, .glb, .stl, or a folder/ for PNG frames"
    )
    parse.add_argument("--width", type=int, default=1024)
    parse.add_argument("--height", type=int, default=1024)
    parse.add_argument("--samples", type=int, default=0, help="0: by the machine")
    parse.add_argument("--engine", choices=("cycles", "eevee", "workbench"), default="cycles")
    parse.add_argument("--elevation", type=float, default=22.0)
    parse.add_argument("--azimuth", type=float, default=-55.0)
    parse.add_argument("--style", choices=STYLES, default="colours")
    parse.add_argument("--stress", type=Path, help="JSON list, a number for each brick in the file's order")
    parse.add_argument("--transparent", action="store_true")
    parse.add_argument("--animation", choices=ANIMATIONS, default="none")
    parse.add_argument("--bricks-per-second", type=float, default=12.0)
    parse.add_argument("--turn-seconds", type=float, default=4.0)
    parse.add_argument("--no-drop", action="store_true")
    parse.add_argument("--importldraw", action="store_true", help="parts of an LDraw library, by ImportLDraw")
    parse.add_argument("--library", default="", help="folder of the LDraw library")
    return parse


def run(arguments: argparse.Namespace) -> None:
    """Make what ``arguments`` ask for.

    Raises:
        ValueError: the model cannot be read, or an argument cannot be.
        RuntimeError, OSError: Blender cannot make it.
    """
    import bpy

    addon = _addon()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = _FPS
    collection = _load(addon, arguments, scene)
    out = arguments.out
    suffix = Path(out).suffix.lower()
    if suffix == GLB:
        addon.output.export_glb(collection, Path(out).resolve())
    elif suffix == STL:
        addon.output.export_stl(collection, Path(out).resolve())
    else:
        _render(addon, arguments, scene, collection)


class _Addon:
    """The add-on's modules, imported by the name that its folder has."""

    def __init__(self, package: str) -> None:
        for name in ("animation", "importing", "model", "output", "scene", "session", "studio"):
            setattr(self, name, importlib.import_module(f"{package}.{name}"))


def _addon() -> _Addon:
    home = Path(__file__).resolve().parent
    if str(home.parent) not in sys.path:
        sys.path.insert(0, str(home.parent))
    return _Addon(home.name)


def _load(addon, arguments: argparse.Namespace, scene):
    """The model in the scene, in its style."""
    if arguments.importldraw:
        importer = addon.importing.find_importldraw()
        if importer is None:
            raise ValueError("ImportLDraw was not found; name its folder in IMPORTLDRAW_PATH")
        library = addon.importing.library_for(arguments.library, addon.session.environment())
        return addon.importing.import_library_parts(arguments.model, scene, importer, library)
    collection, _ = addon.importing.import_bricks(arguments.model, scene)
    if arguments.style == "stress":
        model = addon.scene.read_model(collection)
        model.report = {"status": "given", "stress": _stress(arguments.stress, len(model.bricks))}
        addon.scene.write_model(collection, model)
    if arguments.style != "colours":
        addon.scene.shade(collection, arguments.style)
    return collection


def _stress(path: Path | None, bricks: int) -> list:
    if path is None:
        raise ValueError("--style stress needs --stress FILE; 'brickgpt render' computes it by itself")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, list) or len(values) != bricks:
        raise ValueError(f"{path} must hold a list of {bricks} numbers, one for each brick")
    return values


def _render(addon, arguments: argparse.Namespace, scene, collection) -> None:
    quality = addon.output.Quality(arguments.width, arguments.height, arguments.engine, arguments.samples)
    device = addon.output.set_up(scene, quality)
    objects = addon.scene.build_order(collection)
    view = addon.studio.View(arguments.elevation, arguments.azimuth)
    addon.studio.set_up(scene, objects, view, transparent=arguments.transparent)
    print(f"rendering {len(objects)} bricks with {arguments.engine} on {device}", file=sys.stderr)
    if arguments.animation in ("build", "both"):
        addon.animation.animate_build(
            scene, collection, bricks_per_second=arguments.bricks_per_second, drop=not arguments.no_drop
        )
    if arguments.animation in ("turntable", "both"):
        addon.animation.animate_turntable(scene, objects, seconds=arguments.turn_seconds)
    path = Path(arguments.out).resolve()
    if path.suffix.lower() == PICTURE:
        addon.output.render_still(scene, path, scene.frame_end if arguments.animation != "none" else None)
    elif path.suffix.lower() == FILM:
        addon.output.render_film(scene, path)
    elif arguments.out.endswith(("/", "\\")):
        addon.output.render_frames(scene, path)
    else:
        raise ValueError(
            f"{arguments.out}: end it with .png, .mp4, .glb, .stl, or with / for a folder of PNGs"
        )


def main(words: list[str]) -> int:
    """Run with these arguments; the exit code."""
    try:
        run(parser().parse_args(words))
    except ValueError as error:
        return _fail(error, 3)
    except (RuntimeError, OSError) as error:
        return _fail(error, 6)
    return 0


def _fail(error: Exception, code: int) -> int:
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return code


def _end(code: int) -> None:
    """End the process. The ``bpy`` wheel can hang in its own cleaning up, so it gets no chance to."""
    import bpy

    if not getattr(bpy.app, "module", False):
        sys.exit(code)
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _words = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    _end(main(_words))
