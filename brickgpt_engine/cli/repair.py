"""``brickgpt repair``: make a model stand that does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from brickgpt_engine.bricks import Brick
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.progress import show_wait
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.cli.summary import print_json, warn_of_solver_change
from brickgpt_engine.errors import ExitCode
from brickgpt_engine.formats import FORMATS, read_structure, title_of
from brickgpt_engine.physics import Criterion, StabilityAnalyzer
from brickgpt_engine.physics.solvers import SOLVER_NAMES

if TYPE_CHECKING:
    from brickgpt_engine.layout.support import Repair

_MOST_NAMED = 12

_EXAMPLES = """\
brickgpt repair leaning-tower.ldr
brickgpt repair arch.txt -o arch-2.ldr --criterion equilibrium
brickgpt repair arch.txt --no-support --attempts 200 --seed 7
"""
_NOTES = {
    "How": """\
First the bricks around the weak region are laid again, in the same filled cells. Only when that
does not help, bricks are added in empty cells, as few as were found to do, and named. A model
that stands already is written as it is. Without -o the result is FILE-repaired beside FILE.
""",
    "Exit codes": """\
0 the model written stands    1 nothing was found to make it stand; nothing is written
2 wrong options    3 FILE cannot be read    5 no solver gave an answer
6 OUT has another extension, exists, or cannot be written
""",
}


@click.command("repair", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("source", metavar="FILE")
@option("-o", "--out", metavar="OUT", show_default="FILE-repaired", help="Where to write the result.")
@option(
    "--criterion",
    type=click.Choice([Criterion.PAPER.value, Criterion.EQUILIBRIUM.value]),
    default=Criterion.PAPER.value,
    help="What counts as stable, see 'brickgpt check --help'.",
)
@option("--solver", type=click.Choice(SOLVER_NAMES), default="auto", help="As for 'brickgpt check'.")
@option(
    "--attempts",
    type=click.IntRange(0, 100_000),
    default=40,
    metavar="N",
    help="Lay the weak region again, up to N times.",
)
@option("--support/--no-support", default=True, help="Add bricks where laying again does not help.")
@option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, metavar="N", help="Source of random choices.")
@option("--force", is_flag=True, help="Overwrite OUT.")
@option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def command(
    source: str,
    out: str | None,
    criterion: str,
    solver: str,
    attempts: int,
    support: bool,
    seed: int,
    force: bool,
    as_json: bool,
) -> int:
    """Make the model FILE stand, changing it as little as possible, and write it."""
    from brickgpt_engine.layout.support import repair

    structure = read_structure(source)
    path = Path(source)
    target = path.with_name(f"{path.stem}-repaired{path.suffix}") if out is None else targets.expanded(out)
    targets.require_file(target, force=force, kinds=tuple(FORMATS))
    analyzer = StabilityAnalyzer(criterion, solver)
    with show_wait(f"repairing {console.one_line(source)}", quiet=as_json):
        result = repair(structure, analyzer, seed=seed, max_rebuilds=attempts, support=support)
    warn_of_solver_change(result.report, solver)
    written = result.how != "failed"
    if written:
        targets.write_any(result.structure, target, title=title_of(source), overwrite=force)
    if as_json:
        print_json(as_object(source, target if written else None, result))
    else:
        for line in lines(result):
            click.echo(f"{console.one_line(source)}: {line}")
        if written:
            click.echo(f"written: {console.one_line(str(target))}")
    return ExitCode.OK if written else ExitCode.UNSTABLE


def lines(result: Repair) -> Iterator[str]:
    """What was done, for people."""
    if result.how == "none":
        yield "stands already; nothing was changed"
    elif result.how == "relaid":
        yield f"stands now, in the same cells: {_bricks(result.removed)} replaced by {_bricks(result.relaid)}"
    elif result.how == "supported":
        yield (
            f"stands now with {_bricks(result.supports)} added, as laying its bricks again was not enough:"
        )
        yield from (f"  + {brick}" for brick in result.supports[:_MOST_NAMED])
        if len(result.supports) > _MOST_NAMED:
            yield f"  … and {len(result.supports) - _MOST_NAMED} more (--json names them all)"
    else:
        yield (
            f"does not stand, and nothing was found that helps ({result.attempts} tries): "
            f"{result.report.message}; try --seed, more --attempts, or --criterion equilibrium"
        )


def _bricks(bricks: Sequence[Brick]) -> str:
    return f"{len(bricks)} brick{'' if len(bricks) == 1 else 's'}"


def as_object(source: str, target: Path | None, result: Repair) -> dict[str, Any]:
    """The JSON object: what was done, and what the model is now."""
    return {
        "file": source,
        "written": None if target is None else str(target),
        "how": result.how,
        "stable": result.report.stable,
        "criterion": str(result.report.criterion),
        "removed": [brick.text for brick in result.removed],
        "relaid": [brick.text for brick in result.relaid],
        "supports": [brick.text for brick in result.supports],
        "bricks": len(result.structure),
        "attempts": result.attempts,
        "message": result.report.message,
    }
