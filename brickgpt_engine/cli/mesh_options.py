"""The options of ``mesh2brick``: how a mesh is placed and filled, how it is held up, what is written."""

from __future__ import annotations

import click

from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM
from brickgpt_engine.cli.output_options import output_options
from brickgpt_engine.cli.sections import option, stack
from brickgpt_engine.generation.config import CRITERIA, MAX_SEED, SOLVERS

MAX_SIZE = 128
"""Longest side of a model from a mesh; also :data:`brickgpt_engine.layout.voxelize.MAX_SIZE`."""
_UP_AXES = ("x", "y", "z", "-x", "-y", "-z")
_SHAPE, _PHYSICS = "Shape options", "Physics options"

mesh_options = stack(
    option(
        "--up",
        type=click.Choice(_UP_AXES),
        section=_SHAPE,
        show_default="y for .obj and .glb, z for .stl and .ply",
        help="Which axis of the mesh points up; the opposite turns it over.",
    ),
    option(
        "--size",
        type=click.FloatRange(1, MAX_SIZE),
        metavar="STUDS",
        section=_SHAPE,
        show_default="as large as the world allows",
        help="Longest side in stud widths.",
    ),
    option(
        "--world-dim",
        type=click.IntRange(1, MAX_SIZE),
        metavar="N",
        section=_SHAPE,
        show_default=f"{DEFAULT_WORLD_DIM}, or what --size needs",
        help="Side of the world in studs and layers.",
    ),
    option(
        "--hollow",
        type=click.IntRange(1, MAX_SIZE),
        metavar="STUDS",
        section=_SHAPE,
        show_default="solid",
        help="Empty the inside, leaving walls this thick and floors of two layers or more.",
    ),
    option("--surface", is_flag=True, section=_SHAPE, help="Fill only cells that the surface touches."),
    option(
        "--seed",
        type=click.IntRange(0, MAX_SEED),
        metavar="SEED",
        default=0,
        section=_SHAPE,
        help="Other seeds give other layouts.",
    ),
    option(
        "--reinforce/--no-reinforce",
        default=True,
        section=_PHYSICS,
        help="Add cells under what would fall, and leave out what nothing can hold.",
    ),
    option(
        "--physics/--no-physics",
        default=True,
        section=_PHYSICS,
        help="Judge by forces; otherwise only by whether all bricks hang together.",
    ),
    option(
        "--criterion",
        type=click.Choice(CRITERIA),
        default=CRITERIA[0],
        section=_PHYSICS,
        help="What counts as stable; 'paper' is the stricter, see 'brickgpt check --help'.",
    ),
    option(
        "--solver",
        type=click.Choice(SOLVERS),
        default=SOLVERS[0],
        section=_PHYSICS,
        help="'auto' takes Gurobi where its licence allows the size, else HiGHS.",
    ),
    output_options(
        name="the name of FILE, in this folder", asks_for_colour=False, json_help="One JSON object."
    ),
)
"""Gives ``mesh2brick`` its options."""
