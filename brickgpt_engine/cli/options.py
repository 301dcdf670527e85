"""The generation options, once, for every command that generates; and the colour option.

Names and defaults are those of :class:`~brickgpt_engine.generation.GenerationConfig`. Options may
be written with dashes or, as in the published program, with underscores.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import click

from brickgpt_engine.bricks import colours
from brickgpt_engine.bricks.structure import MAX_WORLD_DIM
from brickgpt_engine.cli.sections import Decorator, option, stack
from brickgpt_engine.decoding.legality import CONTACTS
from brickgpt_engine.generation.config import (
    CHECKS,
    CRITERIA,
    DEVICES,
    INSTRUCTION_FORMATS,
    ROLLBACKS,
    SAMPLINGS,
    SOLVERS,
    GenerationConfig,
)

_DEFAULTS = {field.name: field.default for field in fields(GenerationConfig)}
_MODEL, _SAMPLING, _PHYSICS = "Model options", "Sampling options", "Physics options"

AUTO_COLOUR, NO_COLOUR = "auto", "none"


def _option(name: str, *flags: str, section: str, kind: Any = None, **attributes: Any) -> Decorator:
    flags = flags or (f"--{name.replace('_', '-')}",)
    return option(*flags, name, section=section, type=kind, default=_DEFAULTS[name], **attributes)


_OPTIONS: tuple[Decorator, ...] = (
    _option(
        "model_name_or_path",
        "--model",
        "--model-name-or-path",
        section=_MODEL,
        metavar="NAME",
        help="'nano' (comes with the program), a Hugging Face model folder, a .gguf file, or a hub id.",
    ),
    _option(
        "device",
        section=_MODEL,
        kind=click.Choice(DEVICES),
        help="Where the model runs; nano always fits the CPU.",
    ),
    _option(
        "gpu_layers",
        section=_MODEL,
        kind=click.IntRange(-1, 10_000),
        metavar="N",
        help="Layers of a GGUF model that go to a GPU, where llama.cpp was built for one; -1 for all.",
    ),
    _option(
        "instruction_format",
        section=_MODEL,
        kind=click.Choice(INSTRUCTION_FORMATS),
        metavar="[" + "|".join(INSTRUCTION_FORMATS) + "]",
        help="Wording of the instruction, for models fine-tuned from chat models.",
    ),
    _option(
        "literal",
        "--literal",
        section=_MODEL,
        is_flag=True,
        help="Give nano the prompt as it is; otherwise words that it does not know are taken as the nearest "
        "ones that it does.",
    ),
    _option(
        "world_dim",
        section=_SAMPLING,
        kind=click.IntRange(1, MAX_WORLD_DIM),
        metavar="N",
        help="Side of the world in studs and layers; nano knows 20.",
    ),
    _option(
        "max_bricks",
        section=_SAMPLING,
        kind=click.IntRange(1, 1_000_000),
        metavar="N",
        help="Stop after this many bricks.",
    ),
    _option(
        "max_brick_rejections",
        section=_SAMPLING,
        kind=click.IntRange(0, 1_000_000),
        metavar="N",
        help="Draw a brick that does not fit again, up to N times; 0 switches this off.",
    ),
    _option(
        "use_logit_masking",
        "--use-logit-masking/--no-use-logit-masking",
        section=_SAMPLING,
        help="Let the model write nothing but brick lines.",
    ),
    _option(
        "temperature",
        section=_SAMPLING,
        kind=click.FloatRange(0.01, 100),
        metavar="T",
        help="Low is predictable, high is adventurous.",
    ),
    _option(
        "temperature_increase",
        section=_SAMPLING,
        kind=click.FloatRange(0, 100),
        metavar="T",
        help="Added each time the model repeats a rejected brick.",
    ),
    _option(
        "max_temperature",
        section=_SAMPLING,
        kind=click.FloatRange(0.01, 100),
        metavar="T",
        help="Where that rise ends.",
    ),
    _option(
        "top_k",
        section=_SAMPLING,
        kind=click.IntRange(0, 10_000_000),
        metavar="K",
        help="Choose among the K likeliest tokens, 0 for all; only without logit masking.",
    ),
    _option(
        "top_p",
        section=_SAMPLING,
        kind=click.FloatRange(0, 1, min_open=True),
        metavar="P",
        help="Choose among the likeliest tokens that share probability P; only without logit masking.",
    ),
    _option(
        "sampling",
        section=_SAMPLING,
        kind=click.Choice(SAMPLINGS),
        help="'exact' draws among the bricks that fit, with the odds that endless rejection would give; "
        "'rejection' draws blindly and again, as published.",
    ),
    _option(
        "contact",
        section=_SAMPLING,
        kind=click.Choice(CONTACTS),
        help="What must hold each brick: nothing, the ground or a brick below, or also a brick above.",
    ),
    _option(
        "region",
        section=_SAMPLING,
        metavar="X,Y,Z:X,Y,Z",
        help="Build within these cells only, both corners included.",
    ),
    _option(
        "budget",
        section=_SAMPLING,
        metavar="PART=N,…",
        help="Use at most N of a part: 2x4=6,1x8=0.",
    ),
    _option(
        "speculation",
        "--speculation/--no-speculation",
        section=_SAMPLING,
        help="Guess the next bricks and let the model check several at once; only speed changes.",
    ),
    _option(
        "max_attempts",
        section=_SAMPLING,
        kind=click.IntRange(1, 1000),
        metavar="N",
        help="Draw up to N models until one has the parts, counts and sizes that the prompt states, as far "
        "as they can be measured; 1 takes the first. For models that say what they know, such as nano.",
    ),
    _option(
        "physics",
        "--physics/--no-physics",
        section=_PHYSICS,
        help="Judge by forces; otherwise only by whether all bricks hang together.",
    ),
    _option(
        "max_regenerations",
        section=_PHYSICS,
        kind=click.IntRange(0, 1_000_000),
        metavar="N",
        help="Take down what would fall and rebuild it, up to N times; 0 switches this off.",
    ),
    _option(
        "check",
        section=_PHYSICS,
        kind=click.Choice(CHECKS),
        help="When to look whether the model stands; before the end, only what no later brick can hold is "
        "taken down.",
    ),
    _option(
        "rollback",
        section=_PHYSICS,
        kind=click.Choice(ROLLBACKS),
        help="'escalating' joins what hangs in the air to what stands while it can, lets bricks rest on "
        "something once some have hung for good, and cuts further back and draws more freely where a place "
        "fails again and again; "
        "'published' always cuts before the first unstable brick and tries again.",
    ),
    _option(
        "criterion",
        section=_PHYSICS,
        kind=click.Choice(CRITERIA),
        help="What counts as stable; 'paper' is the stricter, see 'brickgpt check --help'.",
    ),
    _option(
        "solver",
        section=_PHYSICS,
        kind=click.Choice(SOLVERS),
        help="'auto' takes Gurobi where its licence allows the size, else HiGHS. A solver asked for by name "
        "that cannot take the model gives way to the other, with a warning.",
    ),
)


generation_options = stack(*_OPTIONS)
"""Gives a command all generation options but the seed; they arrive under their config names."""


def config_from(options: Mapping[str, Any], seed: int) -> GenerationConfig:
    """The configuration that the parsed ``options`` describe; options of other kinds are ignored.

    Raises:
        ConfigError: options contradict each other, or a number is none.
    """
    known = {name: value for name, value in options.items() if name in _DEFAULTS}
    return GenerationConfig(**(known | {"seed": seed}))


def colour_option(*, auto: bool, section: str = "Options", **attributes: Any) -> Decorator:
    """``--colour``: a name, an LDraw code, ``none``, or (where there is a prompt) ``auto``.

    The command receives an LDraw code, ``"auto"``, ``"none"``, or None when the option was not given.
    """

    def parse(context: click.Context, parameter: click.Parameter, value: str | None) -> int | str | None:
        return None if value is None else _parse_colour(value, auto=auto)

    special = "'auto' (what the prompt asks for), 'none'" if auto else "'none'"
    attributes |= {"metavar": "COLOUR", "callback": parse}
    return option(
        "--colour",
        "--color",
        "colour",
        section=section,
        help=f"{special}, a name such as 'dark red', or an LDraw code.",
        **attributes,
    )


def _parse_colour(value: str, *, auto: bool) -> int | str:
    word = value.strip().lower()
    if word == NO_COLOUR or (auto and word == AUTO_COLOUR):
        return word
    code = int(word) if re.fullmatch("[0-9]{1,9}", word) else colours.colour_by_name(word)
    if code is not None and colours.colour_of_code(code) is not None:
        return code
    names = [colour.name for colour in colours.COLOURS]
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5) or names[:6]
    special = "'auto', 'none'" if auto else "'none'"
    raise click.BadParameter(
        f"{value!r} is no colour; use {special}, an LDraw code, or a name such as {', '.join(near)}"
    )
