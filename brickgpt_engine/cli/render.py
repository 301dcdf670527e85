"""``brickgpt render``: pictures, films and 3D files of a model, by Blender without a window."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.progress import show_wait
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.errors import OutputError
from brickgpt_engine.formats import read_structure
from brickgpt_engine.rendering.blender import (
    ANIMATIONS,
    ENGINES,
    KINDS,
    PARTS,
    STYLES,
    RenderOptions,
    find_blender,
    render,
)

_FILMS, _LOOK, _MODELS = "Animation options", "Picture options", "Program options"
_SIZE = re.compile(r"(\d{1,5})(?:x(\d{1,5}))?", re.ASCII)
_DEFAULTS = RenderOptions()

_EXAMPLES = """\
brickgpt render chair.ldr -o chair.png
brickgpt render chair.ldr -o chair.png --size 1920x1080 --samples 64 --azimuth 30 --transparent
brickgpt render tower.txt -o stress.png --style stress
brickgpt render chair.ldr -o building.mp4
brickgpt render chair.ldr -o frames/ --animation turntable --size 512
brickgpt render chair.ldr -o chair.glb
"""
_NOTES = {
    "Files": """\
.png   a picture (of the end, where an animation is asked for)
.mp4   a film; without --animation the model builds itself
NAME/  a folder that gets the frames 0001.png, 0002.png, …
.glb   the model with its materials, for the web and other programs
.stl   the model in millimetres, for printing
""",
    "Blender": """\
Taken is the program of --blender or of the variable BRICKGPT_BLENDER, else the bpy wheel of this
Python ('pip install bpy'), else 'blender' on the path. 3.4 or newer; a GPU is used where there is one.
""",
    "Exit codes": """\
0 done    2 wrong options, or there is no Blender    3 FILE cannot be read
5 no solver gave the stress    6 Blender made nothing, or it cannot be written
""",
}


def parse_size(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    """``512`` or ``1920x1080`` as width and height."""
    match = _SIZE.fullmatch(value.strip().lower())
    if match is None:
        raise click.BadParameter(f"{value!r} is no size; write 512 or 1920x1080")
    return int(match[1]), int(match[2] or match[1])


@click.command("render", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("file", metavar="FILE")
@option("-o", "--out", required=True, metavar="OUT", help="Where to; the extension says what is made.")
@option("--force", is_flag=True, help="Overwrite OUT.")
@option("--size", section=_LOOK, default="1024", callback=parse_size, metavar="N|WxH", help="Size in pixels.")
@option(
    "--samples",
    section=_LOOK,
    type=click.IntRange(0, 65536),
    default=0,
    show_default="by the machine",
    metavar="N",
    help="Samples per pixel.",
)
@option("--style", section=_LOOK, type=click.Choice(STYLES), default="colours", help="Colours of the bricks.")
@option(
    "--elevation",
    section=_LOOK,
    type=click.FloatRange(-89, 89),
    default=_DEFAULTS.elevation,
    metavar="DEGREES",
    help="Camera above the horizon; below 0 it sees the undersides.",
)
@option(
    "--azimuth",
    section=_LOOK,
    type=click.FloatRange(-360, 360),
    default=_DEFAULTS.azimuth,
    metavar="DEGREES",
    help="Camera around the model, from +x towards +y.",
)
@option("--transparent", section=_LOOK, is_flag=True, help="Nothing behind the model but its shadow.")
@option("--animation", section=_FILMS, type=click.Choice(ANIMATIONS), default="none", help="What moves.")
@option(
    "--bricks-per-second",
    section=_FILMS,
    type=click.FloatRange(0.1, 1000),
    default=_DEFAULTS.bricks_per_second,
    metavar="N",
    help="Speed of building.",
)
@option(
    "--turn-seconds",
    section=_FILMS,
    type=click.FloatRange(0.1, 3600),
    default=_DEFAULTS.turn_seconds,
    metavar="S",
    help="Time of a turn.",
)
@option("--drop/--no-drop", section=_FILMS, default=True, help="Let bricks fall into their places.")
@option("--engine", section=_MODELS, type=click.Choice(ENGINES), default="cycles", help="Blender's renderer.")
@option(
    "--parts",
    section=_MODELS,
    type=click.Choice(PARTS),
    default="bricks",
    help="'ldraw': geometry of the LDraw library, by ImportLDraw (its folder is in IMPORTLDRAW_PATH).",
)
@option("--library", section=_MODELS, default="", metavar="FOLDER", help="The LDraw parts library.")
@option("--blender", section=_MODELS, metavar="PROGRAM", help="A Blender, or a Python that has bpy.")
def command(
    file: str, out: str, force: bool, size: tuple[int, int], blender: str | None, **options: Any
) -> None:
    """Render or export the model in FILE (.txt, .ldr, .mpd, .json) with Blender, without a window."""
    if Path(out).suffix.lower() == ".mp4" and options["animation"] == "none":
        options["animation"] = "build"
    chosen = RenderOptions(width=size[0], height=size[1], **options)
    _require(out, force, chosen)
    find_blender(blender)
    structure = read_structure(file)
    stress = _stress(structure) if chosen.style == "stress" else None
    with show_wait(f"Blender is at work on {console.one_line(file)}"):
        render(structure, out, chosen, blender=blender, stress=stress, overwrite=force)
    click.echo(f"{console.one_line(out)}: {len(structure)} bricks from {console.one_line(file)}")


def _require(out: str, force: bool, options: RenderOptions) -> None:
    """Make sure beforehand that ``out`` can be written, and is something that Blender makes.

    Raises:
        OutputError: it cannot, or is not.
    """
    if not out.endswith(("/", "\\")):
        targets.require_file(Path(out), force=force, kinds=KINDS)
        return
    if options.animation == "none":
        raise OutputError(f"{out} is a folder for the frames of an animation; say which with --animation")
    if targets.is_folder(Path(out)) and any(Path(out).iterdir()) and not force:
        raise OutputError(f"{out} has files in it; choose another folder or add --force")


def _stress(structure: BrickStructure) -> Sequence[float | None]:
    """The stress on each brick by the paper's criterion; None where it is unknown."""
    from brickgpt_engine.physics import StabilityAnalyzer

    values = StabilityAnalyzer().analyze(structure).as_dict()["stress"]
    return list(values)
