"""The options that only ``generate`` has: where prompts come from, and what is written and shown."""

from __future__ import annotations

import click

from brickgpt_engine.cli.output_options import output_options
from brickgpt_engine.cli.sections import option, stack
from brickgpt_engine.generation.config import MAX_SEED

_INPUT = "Input options"
_MOST_VARIANTS = 10_000
_MOST_TOGETHER = 256


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
        "--batch",
        type=click.IntRange(1, _MOST_TOGETHER),
        default=16,
        metavar="N",
        section=_INPUT,
        help="Of several models, let PyTorch decode up to N together (other backends make one at a time).",
    ),
    option(
        "--pick",
        is_flag=True,
        section=_INPUT,
        help="Of the variants of a prompt, write the best alone: first those that stand, then those that "
        "have what the prompt names, then the likeliest per brick, then the strongest.",
    ),
    option(
        "--show-all",
        is_flag=True,
        section=_INPUT,
        help="Put pictures of all variants of a prompt on one sheet, NAME-all.png.",
    ),
    option(
        "--seed",
        type=click.IntRange(0, MAX_SEED),
        metavar="SEED",
        section=_INPUT,
        show_default="random, shown in the summary",
        help="Same seed and options, same machine: same model.",
    ),
    output_options(
        name="a name made from the prompt",
        several=" Several prompts need a folder.",
        asks_for_colour=True,
        json_help="One JSON object a line for each model.",
    ),
    option(
        "--render",
        "rendered",
        section="Output options",
        is_flag=True,
        help="Let Blender make the picture NAME.png, where there is one ('brickgpt render --help').",
    ),
)
"""Gives ``generate`` its own options."""
