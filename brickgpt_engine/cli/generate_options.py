"""The options that only ``generate`` has: where prompts come from, and what is written and shown."""

from __future__ import annotations

import click

from brickgpt_engine.cli.options import AUTO_COLOUR, colour_option
from brickgpt_engine.cli.sections import option, stack
from brickgpt_engine.cli.targets import FORMAT_NAMES
from brickgpt_engine.generation.config import MAX_SEED

_INPUT, _OUTPUT = "Input options", "Output options"
_MOST_VARIANTS = 10_000


def parse_formats(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """The extensions asked for, in our order."""
    wanted = [word.strip().lower().lstrip(".") for word in value.split(",") if word.strip()]
    unknown = next((word for word in wanted if word not in FORMAT_NAMES), None)
    if unknown is not None or not wanted:
        what = f"{unknown!r} is no output format" if wanted else "no format is named"
        raise click.BadParameter(f"{what}; use some of {','.join(FORMAT_NAMES)}")
    return tuple(name for name in FORMAT_NAMES if name in wanted)


generate_options = stack(
    option(
        "--prompts",
        "prompts_file",
        metavar="FILE",
        section=_INPUT,
        help="Read prompts from FILE, one a line; - is stdin.",
    ),
    option(
        "--start",
        "start_file",
        metavar="FILE",
        section=_INPUT,
        help="Continue from a model file (.txt, .ldr, .mpd, .json) instead of from nothing. Where the result "
        "would fall, rollback may take down bricks of FILE, too; --max-regenerations 0 keeps them all.",
    ),
    option(
        "-n",
        "--variants",
        type=click.IntRange(1, _MOST_VARIANTS),
        default=1,
        metavar="N",
        section=_INPUT,
        help="Models per prompt, with seeds SEED, SEED+1, …",
    ),
    option(
        "--seed",
        type=click.IntRange(0, MAX_SEED),
        metavar="SEED",
        section=_INPUT,
        show_default="random, shown in the summary",
        help="Same seed, same machine: same model.",
    ),
    option(
        "-o",
        "--out",
        metavar="PATH",
        section=_OUTPUT,
        help="Name of the files (a known extension is dropped), or a folder; one that ends with / is made. "
        "Several prompts need a folder.",
        show_default="a name made from the prompt",
    ),
    option("--force", section=_OUTPUT, is_flag=True, help="Overwrite existing files."),
    option(
        "--formats",
        section=_OUTPUT,
        callback=parse_formats,
        default=",".join(FORMAT_NAMES),
        metavar="LIST",
        help="What to write, separated by commas.",
    ),
    colour_option(auto=True, section=_OUTPUT, default=AUTO_COLOUR),
    option(
        "--picture/--no-picture",
        section=_OUTPUT,
        default=None,
        show_default="when stdout is one",
        help="Draw the model in the terminal.",
    ),
    option("--json", "as_json", section=_OUTPUT, is_flag=True, help="One JSON object a line for each model."),
    option("-q", "--quiet", section=_OUTPUT, is_flag=True, help="Print nothing but warnings and errors."),
)
"""Gives ``generate`` its own options."""
