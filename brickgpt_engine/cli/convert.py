"""``brickgpt convert``: one model file into another format, or into a picture."""

from __future__ import annotations

from pathlib import Path

import click

from brickgpt_engine.bricks import colours
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.options import colour_option
from brickgpt_engine.cli.run import colour_code
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.formats import read_structure

_EXAMPLES = """\
brickgpt convert chair.txt chair.ldr --colour "dark red" --title "My chair"
brickgpt convert studio-export.mpd chair.json
brickgpt convert chair.ldr chair.png --force
"""
_NOTES = {
    "Formats": """\
.txt   bricks 'hxw (x,y,z)', one a line, in build order
.json  the published BrickGPT JSON: part ids and places
.ldr   LDraw, with colours and one building step per layer (.mpd is read and written too)
.png   a picture (only written)
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
@option("--title", metavar="TEXT", show_default="the name of IN", help="Title line (LDraw).")
@option("--force", is_flag=True, help="Overwrite OUT.")
def command(source: str, target: str, colour: int | str | None, title: str | None, force: bool) -> None:
    """Read the model file IN and write it as OUT; the extensions tell the formats."""
    path = Path(target)
    targets.require_file(path, force=force)
    structure = read_structure(source)
    if colour is not None:
        structure = colours.paint(structure, colour_code(colour, ""))
    targets.write_any(structure, path, title=title or Path(source).stem, overwrite=force)
    bricks = f"{len(structure)} brick{'' if len(structure) == 1 else 's'}"
    click.echo(f"{console.one_line(target)}: {bricks} from {console.one_line(source)}")
