"""``brickgpt show``: a model in the terminal, as a picture and as plans of its layers."""

from __future__ import annotations

from pathlib import Path

import click

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.cli.summary import parts_words, print_picture, print_row, size_words
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.formats import read_structure

_EXAMPLES = """\
brickgpt show chair.ldr
brickgpt show chair.txt --layer 0 --layer 1
brickgpt show chair.json --ascii --no-picture > plans.txt
brickgpt show chair.ldr --png chair.png
"""
_NOTES = {
    "Plans": """\
A plan shows one layer from above: every brick is a box, every stud an o. Numbers along the
edges are the cells x and y of the text format. Layer 0 lies on the ground.
""",
    "Exit codes": "0 shown    2 wrong options    3 FILE cannot be read    6 the PNG cannot be written",
}


@click.command("show", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("file", metavar="FILE")
@option(
    "--layer",
    "layers",
    type=click.IntRange(0),
    multiple=True,
    metavar="Z",
    show_default="all",
    help="Show only this layer, counted from 0; may be repeated.",
)
@option("--ascii", "ascii_only", is_flag=True, help="Use plain ASCII characters.")
@option(
    "--picture/--no-picture",
    default=True,
    help="Draw the model; NO_COLOR in the environment turns colours off.",
)
@option("--png", metavar="OUT", help="Write a large picture to OUT instead.")
@option("--force", is_flag=True, help="Overwrite OUT.")
def command(
    file: str, layers: tuple[int, ...], ascii_only: bool, picture: bool, png: str | None, force: bool
) -> None:
    """Show the model in FILE (.txt, .ldr, .mpd, .json): picture, facts, and a plan of every layer."""
    if png is not None:
        _write_picture(file, png, force)
        return
    structure = read_structure(file)
    plans = _plans(structure, layers, ascii_only)
    out = console.results()
    out.print(console.one_line(file), style="bold")
    if picture and not layers:
        print_picture(out, structure, ascii_only=ascii_only)
    if not layers:
        rows = _facts(structure)
        for label, text in rows:
            print_row(out, label, text.replace("×", "x") if ascii_only else text)
    out.print()
    out.print(plans)


def _plans(structure: BrickStructure, layers: tuple[int, ...], ascii_only: bool) -> str:
    """The plans that were asked for.

    Raises:
        ConfigError: there is no such layer.
    """
    from brickgpt_engine.rendering import layers_text

    top = max((brick.z for brick in structure), default=-1)
    beyond = next((layer for layer in layers if layer > top), None)
    if beyond is not None:
        raise ConfigError(f"there is no layer {beyond}; the highest layer of this model is {top}")
    return layers_text(structure, ascii_only=ascii_only or _no_unicode(), layers=layers or None)


def _no_unicode() -> bool:
    return console.wants_ascii(console.results())


def _facts(structure: BrickStructure) -> list[tuple[str, str]]:
    return [
        ("Bricks", f"{len(structure)} ({parts_words(structure)})"),
        ("Size", size_words(structure)),
        ("Mass", f"{structure.mass_g:.1f} g"),
    ]


def _write_picture(file: str, png: str, force: bool) -> None:
    path = Path(png)
    targets.require_file(path, force=force, kinds=(targets.PICTURE,))
    targets.write_any(read_structure(file), path, title=None, overwrite=force)
    click.echo(f"{console.one_line(png)}: picture of {console.one_line(file)}")
