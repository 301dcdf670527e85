"""``brickgpt mesh2brick``: a triangle mesh in, a brick model that stands out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.mesh_options import mesh_options
from brickgpt_engine.cli.progress import show_wait
from brickgpt_engine.cli.run import catch_ctrl_c, colour_code, painted
from brickgpt_engine.cli.sections import SectionCommand
from brickgpt_engine.cli.summary import (
    files_words,
    parts_words,
    print_json,
    print_picture,
    print_row,
    size_cm,
    size_words,
    stability_words,
    verdict_style,
    warn_of_solver_change,
)
from brickgpt_engine.cli.targets import Target
from brickgpt_engine.errors import ConfigError, ExitCode, FormatError
from brickgpt_engine.formats import readable

if TYPE_CHECKING:
    from brickgpt_engine.layout.cells import Settled
    from brickgpt_engine.layout.mesh import Mesh
    from brickgpt_engine.layout.steady import Steady

_MOST_CELLS = 150_000

_EXAMPLES = """\
brickgpt mesh2brick chair.obj
brickgpt mesh2brick rocket.stl --size 40 --hollow 2 --colour red --out rocket
brickgpt mesh2brick basket.glb --surface --up y --json
brickgpt mesh2brick statue.ply --up -z --no-physics --formats ldr,png --force
"""
_NOTES = {
    "Sizes": """\
Proportions are kept: a cell is 0.8 cm wide and 0.96 cm tall, so six studs are as wide as five
layers are tall. --size counts stud widths along the longest side, whichever that is.
""",
    "Meshes": """\
The mesh may be open, turned inside out, or made of bodies that reach into each other. What it
encloses is filled; --surface keeps only its sheets (a basket stays open), --hollow empties it.
Thin parts keep at least one cell. A part that touches nothing is left out, or lowered if large.
Single layers hold nothing, so cells are added under what would fall, unless --no-reinforce.
Judging forces takes minutes from some thousand bricks on; --no-physics leaves that out.
""",
    "JSON": """\
One object: file, files, triangles, dropped_triangles (not_numbers, flat), cells, added_cells,
loose_parts (dropped, lowered), removed_bricks, bricks, stable, stability (min, mean), criterion,
solver, mass_g, size (studs, cm), seed, seconds.
""",
    "Exit codes": """\
0 the model stands    1 it does not (it is written all the same)    2 wrong options
3 FILE cannot be read    5 no solver gave an answer    6 results cannot be written
130 Ctrl-C (the best layout so far is written)
""",
}


@dataclass(frozen=True)
class _Made:
    """All that is told about one model."""

    file: str
    mesh: Mesh
    settled: Settled
    steady: Steady
    structure: BrickStructure
    files: list[Path]
    seed: int
    seconds: float


@click.command("mesh2brick", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("file", metavar="FILE")
@mesh_options
def command(
    file: str,
    out: str | None,
    force: bool,
    formats: tuple[str, ...],
    colour: int | str,
    picture: bool | None,
    as_json: bool,
    quiet: bool,
    seed: int,
    **options: Any,
) -> int:
    """Build a triangle mesh (.obj, .stl, .ply, .glb) from bricks, so that it stands."""
    began = time.perf_counter()
    folder, stem, create = targets.parse_out(out, many=False)
    target = Target(folder, stem or targets.slug(Path(file).stem), formats, force)
    target.require_writable(create=create)
    with show_wait(f"reading {console.one_line(file)}", quiet=quiet):
        mesh, settled = _cells(file, options)
    with show_wait("laying bricks", quiet=quiet), catch_ctrl_c() as ctrl_c:
        steady = _lay(settled, options, seed, lambda attempt, failing: not ctrl_c.pressed)
        structure = painted(steady.structure, colour_code(colour, ""))
        files = targets.write_model(structure, target.free(set()), title=readable(file))
    seconds = time.perf_counter() - began
    made = _Made(file, mesh, settled, steady, structure, files, seed, seconds)
    _warn(made)
    if as_json:
        print_json(_as_object(made))
    elif not quiet:
        _print(made, picture)
    return ExitCode.INTERRUPTED if ctrl_c.pressed else _judge(steady, options["solver"])


def _cells(file: str, options: dict[str, Any]) -> tuple[Mesh, Settled]:
    """Read the mesh and fill cells.

    Raises:
        InputError, FormatError: the mesh cannot be used.
        ConfigError: options contradict each other, or the model would be too large.
    """
    from brickgpt_engine.layout.cells import settled
    from brickgpt_engine.layout.mesh import UP_OF_EXTENSION, load_mesh
    from brickgpt_engine.layout.voxelize import voxelize_mesh

    if options["surface"] and options["hollow"] is not None:
        raise ConfigError("--surface and --hollow are two ways to be empty; use one of them")
    mesh = load_mesh(file)
    try:
        cells = voxelize_mesh(
            mesh.vertices,
            mesh.faces,
            size=options["size"],
            world_dim=options["world_dim"] or DEFAULT_WORLD_DIM,
            up=options["up"] or UP_OF_EXTENSION[Path(file).suffix.lower()],
            surface=options["surface"],
            hollow=options["hollow"],
        )
    except FormatError as error:
        raise FormatError(str(error), source=file) from error
    found = settled(cells)
    if found.cells.sum() > _MOST_CELLS:
        raise ConfigError(
            f"the model would fill {found.cells.sum():,} cells, more than {_MOST_CELLS:,}; "
            "use a smaller --size, --hollow or --surface"
        )
    return mesh, found


def _lay(settled: Settled, options: dict[str, Any], seed: int, go_on: Callable[[int, int], bool]) -> Steady:
    """Lay bricks until they stand."""
    from brickgpt_engine.layout.steady import lay_steady
    from brickgpt_engine.physics import StabilityAnalyzer

    analyzer = StabilityAnalyzer(options["criterion"], options["solver"]) if options["physics"] else None
    return lay_steady(
        settled.cells,
        analyzer=analyzer,
        seed=seed,
        reinforce=options["reinforce"],
        world_dim=options["world_dim"],
        go_on=go_on,
    )


def _warn(made: _Made) -> None:
    """Say what is not in the model although it is in the mesh."""
    if made.mesh.not_numbers:
        console.warning(
            f"{_count(made.mesh.not_numbers, 'triangle')} left out: coordinates that are no finite numbers"
        )
    if made.settled.dropped:
        cells = _count(made.settled.dropped_cells, "cell")
        console.warning(f"{_count(made.settled.dropped, 'part')} ({cells}) left out: touching nothing")
    if made.settled.lowered:
        console.warning(f"{_count(made.settled.lowered, 'large part')} hung in the air and came down")
    if made.steady.removed:
        console.warning(f"{_count(made.steady.removed, 'brick')} left out: nothing can hold it there")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _judge(steady: Steady, solver: str) -> ExitCode:
    """The exit code, with a warning where the model does not stand."""
    report = steady.report
    warn_of_solver_change(report, solver)
    if report.status == "unknown":
        console.warning(f"nobody knows whether the model stands: {report.message}; try another --solver")
        return ExitCode.SOLVER
    if not report.stable:
        console.warning(
            f"the model does not stand: {report.message}; try another --seed, "
            "a larger --size, or thicker walls"
        )
        return ExitCode.UNSTABLE
    return ExitCode.OK


def _print(made: _Made, picture: bool | None) -> None:
    """The summary on stdout."""
    out = console.results()
    out.print(console.one_line(Path(made.file).name), style="bold")
    if picture or (picture is None and out.is_terminal):
        print_picture(out, made.structure)
    for label, text in _rows(made):
        style = verdict_style(made.steady.report) if label == "Stability" else ""
        print_row(out, label, text, style)


def _rows(made: _Made) -> Sequence[tuple[str, str]]:
    flat = f" ({made.mesh.flat:,} more have no area)" if made.mesh.flat else ""
    added = f" ({made.steady.added:,} of them added for strength)" if made.steady.added else ""
    cells = int(made.structure.occupancy.sum())
    return [
        ("Mesh", f"{_count(len(made.mesh.faces), 'triangle')}{flat}"),
        ("Cells", f"{cells:,}{added}"),
        ("Bricks", f"{len(made.structure)} ({parts_words(made.structure)})"),
        ("Stability", stability_words(made.steady.report)),
        ("Mass", f"{made.structure.mass_g:.1f} g"),
        ("Size", size_words(made.structure)),
        ("Time", f"{made.seconds:.1f} s"),
        ("Seed", str(made.seed)),
        ("Files", files_words(made.files)),
    ]


def _as_object(made: _Made) -> dict[str, Any]:
    report = made.steady.report
    facts = report.as_dict()
    return {
        "file": made.file,
        "files": [str(path) for path in made.files],
        "triangles": len(made.mesh.faces),
        "dropped_triangles": {"not_numbers": made.mesh.not_numbers, "flat": made.mesh.flat},
        "cells": int(made.structure.occupancy.sum()),
        "added_cells": made.steady.added,
        "loose_parts": {"dropped": made.settled.dropped, "lowered": made.settled.lowered},
        "removed_bricks": made.steady.removed,
        "bricks": len(made.structure),
        "stable": None if report.status == "unknown" else report.stable,
        "stability": {"min": facts.get("min_score"), "mean": facts.get("mean_score")},
        "criterion": facts.get("criterion"),
        "solver": facts.get("solver"),
        "mass_g": round(made.structure.mass_g, 2),
        "size": {"studs": list(made.structure.size), "cm": list(size_cm(made.structure))},
        "seed": made.seed,
        "seconds": round(made.seconds, 3),
    }
