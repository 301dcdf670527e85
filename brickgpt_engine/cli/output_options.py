"""The options of every command that writes models: where to, in which formats and colour, what is shown."""

from __future__ import annotations

import click

from brickgpt_engine.cli.options import AUTO_COLOUR, NO_COLOUR, colour_option
from brickgpt_engine.cli.sections import Decorator, option, stack
from brickgpt_engine.cli.targets import FORMAT_NAMES

_OUTPUT = "Output options"


def parse_formats(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """The extensions asked for, in our order."""
    wanted = [word.strip().lower().lstrip(".") for word in value.split(",") if word.strip()]
    unknown = next((word for word in wanted if word not in FORMAT_NAMES), None)
    if unknown is not None or not wanted:
        what = f"{unknown!r} is no output format" if wanted else "no format is named"
        raise click.BadParameter(f"{what}; use some of {','.join(FORMAT_NAMES)}")
    return tuple(name for name in FORMAT_NAMES if name in wanted)


def output_options(*, name: str, several: str = "", asks_for_colour: bool, json_help: str) -> Decorator:
    """The output options as one decorator.

    Args:
        name: how the files are called without ``--out``.
        several: what the help adds on more than one model.
        asks_for_colour: whether there is a prompt that may name a colour.
        json_help: what ``--json`` prints.
    """
    what = "Name of the files (a known extension is dropped), or a folder; one that ends with / is made."
    return stack(
        option("-o", "--out", metavar="PATH", section=_OUTPUT, help=what + several, show_default=name),
        option("--force", section=_OUTPUT, is_flag=True, help="Overwrite existing files."),
        option(
            "--formats",
            section=_OUTPUT,
            callback=parse_formats,
            default=",".join(FORMAT_NAMES),
            metavar="LIST",
            help="What to write, separated by commas.",
        ),
        colour_option(
            auto=asks_for_colour, section=_OUTPUT, default=AUTO_COLOUR if asks_for_colour else NO_COLOUR
        ),
        option(
            "--picture/--no-picture",
            section=_OUTPUT,
            default=None,
            show_default="when stdout is one",
            help="Draw the model in the terminal.",
        ),
        option("--json", "as_json", section=_OUTPUT, is_flag=True, help=json_help),
        option("-q", "--quiet", section=_OUTPUT, is_flag=True, help="Print nothing but warnings and errors."),
    )
