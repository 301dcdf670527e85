"""``brickgpt check``: does a model stand, how firmly, and if not, why?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.check_details import (
    Details,
    Wanted,
    explanation_lines,
    find_details,
    reordering_line,
    step_lines,
)
from brickgpt_engine.cli.progress import show_wait
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.cli.summary import print_json, solver_words, warn_of_solver_change
from brickgpt_engine.errors import ExitCode, FormatError, InputError
from brickgpt_engine.formats import read_structure, title_of
from brickgpt_engine.physics import Criterion, StabilityAnalyzer, StabilityReport, connectivity_report
from brickgpt_engine.physics.solvers import SOLVER_NAMES

if TYPE_CHECKING:
    from rich.console import Console

_BOTH = (Criterion.PAPER, Criterion.EQUILIBRIUM)
_MOST_REASONS = 8
_NOTHING_ELSE = Wanted()

_EXAMPLES = """\
brickgpt check chair.ldr
brickgpt check models/*.txt --criterion equilibrium
brickgpt check tower.json --solver highs --json
brickgpt check huge.ldr --no-physics
brickgpt check arch.txt --explain --heatmap arch.png
brickgpt check arch.txt --steps
brickgpt check arch.txt --reorder -o arch-buildable.txt
"""
_NOTES = {
    "Criteria": """\
paper        the test of the BrickGPT paper: forces are kept small and balanced at the same time;
             stable when nothing is left unbalanced and no connection pulls as hard as friction
             holds. Strict: tall slender parts may fail although they would stand.
equilibrium  stable when the bricks can hold each other at all: some balance of forces exists
             with every pull below friction. Gives a safety factor: how many times weaker the
             connections could be.
Without --criterion both are reported, 'paper' decides, and a difference is explained.
""",
    "Scores": """\
A brick's score is 1 when nothing pulls at it and 0 when it fails; a model's score is that of
its worst brick. Bricks are counted in build order: brick 1 is the first line of a text file.
""",
    "Building": """\
--steps goes through the build order brick by brick and names the first step after which
something falls, and bricks that cannot be pushed in from above. --reorder looks for an order,
bottom up where possible, in which neither happens, or says why there is none.
""",
    "JSON": """\
One array with an object per file: file, stable, criterion, solver, max_stress, min_score,
safety_factor, first_unstable (counted from 0), bricks, errors. Values that do not exist are
null, as is a safety factor without limit (nothing has to pull). --explain adds explanation
(every force, in newtons), --steps and --reorder add steps and reorder.
""",
    "Exit codes": """\
0 all models stand    1 one does not, or (--steps, --reorder) cannot be built step by step
3 a file cannot be read (the others are still reported)
5 no solver gave an answer    2 wrong options    130 Ctrl-C
""",
}


@dataclass(frozen=True)
class Checked:
    """One file and what was found.

    Attributes:
        file: as it was named.
        structure: its bricks; None when it cannot be read.
        reports: the verdicts, the deciding one first; empty when it cannot be read.
        problems: why it cannot be read, one by one.
        details: what else was asked for.
    """

    file: str
    structure: BrickStructure | None = None
    reports: tuple[StabilityReport, ...] = ()
    problems: tuple[str, ...] = ()
    details: Details = field(default_factory=Details)

    @property
    def code(self) -> ExitCode:
        """The exit code that this file deserves."""
        if self.problems:
            return ExitCode.BAD_INPUT
        if self.reports[0].status == "unknown":
            return ExitCode.SOLVER
        return self.details.code if self.reports[0].stable else ExitCode.UNSTABLE


@click.command("check", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@option(
    "--criterion",
    type=click.Choice([Criterion.PAPER.value, Criterion.EQUILIBRIUM.value]),
    show_default="both",
    help="What counts as stable.",
)
@option(
    "--solver",
    type=click.Choice(SOLVER_NAMES),
    default="auto",
    help="'auto' takes what is fastest: a simplex of its own, else HiGHS; for the equilibrium Gurobi where "
    "its licence allows the size. A solver asked for by name that cannot take the model gives way to the "
    "other, with a warning.",
)
@option(
    "--physics/--no-physics",
    default=True,
    help="Judge by forces; otherwise only by whether all bricks hang together.",
)
@option(
    "--explain", is_flag=True, help="Say in words and numbers what is not balanced, and what holds least."
)
@option("--heatmap", metavar="PNG", help="Paint the stress of every brick.")
@option("--steps", is_flag=True, help="Find the first step of the build order that falls.")
@option("--reorder", is_flag=True, help="Find a build order in which every step stands.")
@option("-o", "--out", metavar="OUT", help="Write the model in that order.")
@option("--force", is_flag=True, help="Overwrite existing files.")
@option("--all", "show_all", is_flag=True, help="Name every failing brick.")
@option("--json", "as_json", is_flag=True, help="One JSON array for all files.")
def command(
    files: tuple[str, ...],
    criterion: str | None,
    solver: str,
    physics: bool,
    explain: bool,
    heatmap: str | None,
    steps: bool,
    reorder: bool,
    out: str | None,
    force: bool,
    show_all: bool,
    as_json: bool,
) -> int:
    """Say whether the models in FILE... (.txt, .ldr, .mpd, .json) stand, how firmly, and why not."""
    if criterion is not None and not physics:
        raise click.UsageError(
            "--criterion is about forces; leave out --no-physics", click.get_current_context()
        )
    picture, ordered = (None if name is None else targets.expanded(name) for name in (heatmap, out))
    wanted = Wanted(explain, picture, steps, reorder, ordered, force)
    wanted.require_possible(len(files), physics=physics)
    found = []
    for number, file in enumerate(files):
        with show_wait(f"analysing {console.one_line(file)}"):
            checked = check_file(file, criterion, solver, physics=physics, wanted=wanted)
        found.append(checked)
        if not as_json:
            print_checked(checked, first=number == 0, show_all=show_all)
        if checked.reports:
            warn_of_solver_change(checked.reports[0], solver)
    if as_json:
        print_json([as_object(checked) for checked in found])
    return worst_code(found)


def check_file(
    file: str, criterion: str | None, solver: str, *, physics: bool, wanted: Wanted = _NOTHING_ELSE
) -> Checked:
    """Read and judge one file, and find out what else is wanted.

    Raises:
        SolverError: the solver that was asked for by name is not there.
        OutputError: a file that was asked for cannot be written.
    """
    try:
        structure = read_structure(file)
    except (FormatError, InputError) as error:
        return Checked(file, problems=tuple(console.problem_lines(error)))
    if physics:
        criteria = [*_BOTH] if criterion is None else [Criterion(criterion)]
        reports = tuple(StabilityAnalyzer(one, solver).analyze(structure) for one in criteria)
    else:
        reports = (connectivity_report(structure),)
    if reports[0].status == "unknown":  # nothing more can be said
        return Checked(file, structure, reports)
    details = find_details(structure, reports, solver, wanted, title=title_of(file))
    return Checked(file, structure, reports, details=details)


def worst_code(found: Sequence[Checked]) -> ExitCode:
    """One exit code for all files: an unread file outweighs a missing answer, that an unstable model."""
    codes = {checked.code for checked in found}
    order = (ExitCode.BAD_INPUT, ExitCode.SOLVER, ExitCode.UNSTABLE)
    return next((code for code in order if code in codes), ExitCode.OK)


def as_object(checked: Checked) -> dict[str, Any]:
    """The JSON object of one file."""
    if not checked.reports or checked.structure is None:
        keys = ("stable", "criterion", "solver", "max_stress", "min_score", "safety_factor", "first_unstable")
        empty: dict[str, Any] = {"file": checked.file} | dict.fromkeys(keys)
        return empty | {"bricks": None, "errors": [console.one_line(problem) for problem in checked.problems]}
    report = checked.reports[0]
    factors = (r.safety_factor for r in checked.reports if r.criterion is Criterion.EQUILIBRIUM)
    errors = [failure.message for failure in report.failures]
    if report.status == "unknown":
        errors.append(report.message)
    return {
        "file": checked.file,
        "stable": None if report.status == "unknown" else report.stable,
        "criterion": str(report.criterion),
        "solver": report.solver,
        "max_stress": _finite(report.max_stress),
        "min_score": _finite(report.min_score),
        "safety_factor": _finite(next(factors, None)),
        "first_unstable": report.first_unstable,
        "bricks": len(checked.structure),
        "errors": errors,
        **checked.details.as_dict(),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def print_checked(checked: Checked, *, first: bool, show_all: bool) -> None:
    """Report one file on stdout; one that cannot be read on stderr."""
    from rich.text import Text

    if checked.structure is None:
        for problem in checked.problems:
            console.error(problem)
        return
    out = console.results()
    if not first:
        out.print()
    words, style = _VERDICTS[checked.reports[0].status]
    bricks = f" ({len(checked.structure)} brick{'' if len(checked.structure) == 1 else 's'})"
    out.print(Text.assemble((console.one_line(checked.file), "bold"), ": ", (words, style), bricks))
    for report in checked.reports:
        _print_report(out, report)
    for line in differences(checked.reports):
        out.print(f"  {line}", style="yellow")
    if checked.details.explanation is None:
        _print_reasons(out, checked.reports, show_all=show_all)
    _print_details(out, checked.structure, checked.details)


_VERDICTS = {
    "stable": ("stands", "bold green"),
    "unstable": ("does not stand", "bold red"),
    "unknown": ("no verdict", "bold yellow"),
}


def _print_report(out: Console, report: StabilityReport) -> None:
    from rich.text import Text

    style = _VERDICTS[report.status][1].removeprefix("bold ")
    line = Text.assemble("  ", (f"{report.criterion:<13}", "cyan"), (f"{report.status:<10}", style))
    out.print(line.append(", ".join(_facts(report))))


def _facts(report: StabilityReport) -> Iterator[str]:
    if report.status == "unknown" or report.criterion is Criterion.CONNECTIVITY:
        yield report.message
        return
    if report.criterion is Criterion.PAPER:
        yield f"lowest score {report.min_score:.3f}, mean {report.mean_score:.3f}"
    elif report.safety_factor is not None:
        yield _safety_words(report.safety_factor)
    yield solver_words(report.solver)


def _safety_words(factor: float) -> str:
    if math.isinf(factor):
        return "nothing has to pull: it would stand even without friction"
    if factor == 0:
        return "no balance of forces exists"
    return f"safety factor {_round(factor)}"


def _round(factor: float) -> str:
    """Three digits, and whole numbers from 100 on: ``1.85``, ``51``, ``1,040``."""
    return f"{factor:.3g}" if factor < 100 else f"{float(f'{factor:.3g}'):,.0f}"


def differences(reports: Sequence[StabilityReport]) -> Iterator[str]:
    """In plain words, where two criteria disagree."""
    if len(reports) < 2 or "unknown" in {report.status for report in reports}:
        return
    paper, equilibrium = reports[0], reports[1]
    if paper.stable == equilibrium.stable:
        return
    if equilibrium.stable:
        factor = equilibrium.safety_factor or math.inf
        spare = (
            "without any pull" if math.isinf(factor) else f"using 1/{_round(factor)} of what friction holds"
        )
        yield "The criteria differ. Real bricks would hold: a balance of forces exists, "
        yield f"{spare}. The paper's test weighs pulls against balance and gives up on"
        yield "slender or far-reaching parts; it errs on the safe side. 'paper' decides here."
    else:
        yield "The criteria differ: the paper's test passes, but at the limit of what friction holds,"
        yield "so do not rely on this model."


def _print_details(out: Console, structure: BrickStructure, details: Details) -> None:
    blocks: list[tuple[str, list[str]]] = []
    if details.explanation is not None:
        blocks.append(("Explanation:", list(explanation_lines(details.explanation))))
    if details.steps is not None:
        blocks.append(("Build order:", list(step_lines(details.steps))))
    if details.reordering is not None:
        blocks.append(("Better order:", [reordering_line(structure, details.reordering)]))
    if details.written:
        blocks.append(("Written:", list(map(console.one_line, details.written))))
    for heading, lines in blocks:
        out.print(f"  {heading}", style="bold")
        for line in lines:
            out.print(f"    {line}")


def _print_reasons(out: Console, reports: Sequence[StabilityReport], *, show_all: bool) -> None:
    failures = reports[0].failures
    if not failures:
        return
    out.print("  Why:", style="bold")
    shown = failures if show_all else failures[:_MOST_REASONS]
    for failure in shown:
        out.print(f"    brick {failure.index + 1}: {failure.message}")
    if len(shown) < len(failures):
        out.print(f"    … and {len(failures) - len(shown)} more; --all names them", style="dim")
