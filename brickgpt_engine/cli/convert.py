"""``brickgpt convert``: one model file into another format, into a picture, a parts list or instructions."""

from __future__ import annotations

from pathlib import Path

import click

from brickgpt_engine.bricks import colours
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.options import colour_option
from brickgpt_engine.cli.run import colour_code
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.formats import read_structure, title_of
from brickgpt_engine.formats.parts_list import unknown_colours

_LISTS = (".xml", ".csv")

_EXAMPLES = """\
brickgpt convert chair.txt chair.ldr --colour "dark red" --title "My chair"
brickgpt convert studio-export.mpd chair.json
brickgpt convert chair.ldr chair.png --force
brickgpt convert chair.ldr chair.html --title "My chair"
brickgpt convert chair.ldr parts.xml
"""
_NOTES = {
    "Formats": """\
.txt   bricks 'hxw (x,y,z)', one a line, in build order
.json  the published BrickGPT JSON: part ids and places
.ldr   LDraw, with colours and one building step per layer (.mpd is read and written too)
.png   a picture (only written, as are the following)
.xml   parts list for BrickLink: a wanted list in its XML
.csv   parts list for Rebrickable: part, colour, quantity
.html  printable building instructions, a picture for every step, with a parts list
""",
    "Exit codes": """\
0 done    2 wrong options    3 IN cannot be read
6 OUT has another extension, exists, or cannot be written
""",
}


@click.command("convert", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@colour_option(auto=False, show_default="as in IN")
@option(
    "--title",
    metavar="TEXT",
    show_default="the title of IN, or its name",
    help="Title (LDraw, instructions).",
)
@option("--force", is_flag=True, help="Overwrite OUT.")
def command(source: str, target: str, colour: int | str | None, title: str | None, force: bool) -> None:
    """Read the model file IN and write it as OUT; the extensions tell the formats."""
    path = Path(target)
    targets.require_file(path, force=force)
    structure = read_structure(source)
    if colour is not None:
        structure = colours.paint(structure, colour_code(colour, ""))
    targets.write_any(structure, path, title=title or title_of(source), overwrite=force)
    bricks = f"{len(structure)} brick{'' if len(structure) == 1 else 's'}"
    if path.suffix.lower() in _LISTS and (unknown := unknown_colours(structure)):
        console.warning(_unknown_words(unknown))
    click.echo(f"{console.one_line(target)}: {bricks} from {console.one_line(source)}")


def _unknown_words(codes: list[int]) -> str:
    shown = ", ".join(map(str, codes[:8])) + (", …" if len(codes) > 8 else "")
    return f"the catalogues have no such colour as LDraw's {shown}; the list asks for any colour there"
