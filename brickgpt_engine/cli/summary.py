"""What is said about a finished model: lines for people, one JSON object for machines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.bricks.library import BRICK_HEIGHT_CM, STUD_PITCH_CM
from brickgpt_engine.cli import console
from brickgpt_engine.generation import GenerationConfig, GenerationResult
from brickgpt_engine.generation.events import STOP_REASONS
from brickgpt_engine.physics import Criterion, StabilityReport

if TYPE_CHECKING:
    from rich.console import Console

    from brickgpt_engine.cli.run import Outcome

_PICTURE_WIDTH, _PICTURE_HEIGHT = 64, 22
_MOST_PARTS = 4
_ASKED = {"As asked": "green", "Not as asked": "yellow"}


def size_cm(structure: BrickStructure) -> tuple[float, float, float]:
    """Extent along x, y and z in centimetres, without the studs on top."""
    x, y, z = structure.size
    return round(x * STUD_PITCH_CM, 2), round(y * STUD_PITCH_CM, 2), round(z * BRICK_HEIGHT_CM, 2)


def size_words(structure: BrickStructure) -> str:
    """``8 × 6 studs, 12 layers (6.4 × 4.8 × 11.5 cm)``."""
    x, y, z = structure.size
    cm = " × ".join(f"{side:.1f}" for side in size_cm(structure))
    return f"{x} × {y} studs, {z} layer{'' if z == 1 else 's'} ({cm} cm)"


def parts_words(structure: BrickStructure) -> str:
    """The most frequent parts: ``2x4 ×12, 1x2 ×3, …``."""
    counts = [f"{name} ×{count}" for name, count in structure.part_counts().items()]
    return ", ".join([*counts[:_MOST_PARTS], "…"] if len(counts) > _MOST_PARTS else counts)


def stability_words(report: StabilityReport) -> str:
    """The verdict with its scores and who found it."""
    if report.status == "unknown":
        return f"unknown: {report.message}"
    verdict = "stands" if report.stable else "does not stand"
    if report.criterion is Criterion.CONNECTIVITY:
        held = "all bricks hang together" if report.stable else report.message
        return f"{held} (forces were not looked at)"
    return (
        f"{verdict}: minimum {report.min_score:.3f}, mean {report.mean_score:.3f} "
        f"({report.criterion} criterion, {solver_words(report.solver)})"
    )


def solver_words(solver: str) -> str:
    """A solver's name as its makers write it."""
    words = {"built-in": "built-in simplex", "highs": "HiGHS", "gurobi": "Gurobi", "none": "no solver needed"}
    return words.get(solver, solver)


def solver_change(report: StabilityReport, asked: str) -> str | None:
    """Why another solver than the one that was asked for by name gave the verdict; None where none did."""
    if asked == "auto" or report.solver in (asked, "none"):
        return None
    return f"{solver_words(report.solver)} took the place of {solver_words(asked)}: {report.solver_note}"


def warn_of_solver_change(report: StabilityReport, asked: str) -> None:
    """One line on stderr where :func:`solver_change` has something to say."""
    change = solver_change(report, asked)
    if change is not None:
        console.warning(change)


def warn_of_break(outcome: Outcome) -> None:
    """One line on stderr where a run broke off while it drew another model than the result."""
    if outcome.result is not None and (outcome.interrupted or outcome.error is not None):
        why = "interrupted" if outcome.interrupted else "generation failed"
        console.warning(f"{why} while another model was drawn: the best of {outcome.result.attempts} is kept")


def rejection_words(rejections: dict[str, int]) -> str:
    """``98 (already rejected 93, collision 5)``."""
    counted = sorted(((count, name) for name, count in rejections.items() if count), reverse=True)
    reasons = ", ".join(f"{name.replace('_', ' ')} {count}" for count, name in counted)
    return f"{sum(rejections.values())} ({reasons})" if reasons else "0"


def statement_rows(result: GenerationResult) -> list[tuple[str, str]]:
    """What the prompt states and the model has, and what it has not; nothing where nothing is stated."""
    there = [verdict.words for verdict in result.statements if verdict.holds]
    best = f" (best of {result.attempts} drawn)" if result.attempts > 1 else ""
    rows = [("As asked", ", ".join(there))] if there else []
    return [*rows, ("Not as asked", f"{', '.join(result.missing)}{best}")] if result.missing else rows


def files_words(files: Sequence[Path]) -> str:
    """``chairs/chair.txt, .ldr, .json, .png``: what they share is said once."""
    if len({path.with_suffix("") for path in files}) != 1:
        return ", ".join(str(path) for path in files)
    return ", ".join([str(files[0]), *(path.suffix for path in files[1:])])


def summary_rows(
    result: GenerationResult, structure: BrickStructure, files: Sequence[Path]
) -> list[tuple[str, str]]:
    """Label and text of every line of the summary."""
    drawn = f"{result.attempts} models drawn" if result.attempts > 1 else ""
    rate = len(structure) / result.seconds if result.seconds > 0 else 0.0
    rows = [
        ("Bricks", f"{len(structure)} ({parts_words(structure)})"),
        ("Rejections", rejection_words(result.rejections)),
        ("Regenerations", str(result.regenerations)),
    ]
    rows += statement_rows(result)
    if result.report is not None:
        rows.append(("Stability", stability_words(result.report)))
    rows += [
        ("Mass", f"{structure.mass_g:.1f} g"),
        ("Size", size_words(structure)),
        ("Time", f"{result.seconds:.1f} s ({drawn or f'{rate:.0f} bricks/s'})"),
        ("Seed", str(result.seed)),
    ]
    if result.stop_reason != "end":
        rows.append(("Ended early", STOP_REASONS.get(result.stop_reason, result.stop_reason)))
    if result.invalid:
        rows.append(("Left out", f"{len(result.invalid)} lines that could not be placed"))
    rows.append(("Files", files_words(files)))
    return rows


def print_summary(
    result: GenerationResult, structure: BrickStructure, files: Sequence[Path], *, picture: bool | None
) -> None:
    """Print prompt, picture and lines to stdout.

    Args:
        result: the run.
        structure: its model, painted.
        files: what was written.
        picture: whether to draw it; None: in a terminal.
    """
    out = console.results()
    out.print(console.one_line(result.prompt), style="bold")
    if picture or (picture is None and out.is_terminal):
        print_picture(out, structure)
    for label, text in summary_rows(result, structure, files):
        style = ""
        if label == "Stability" and result.report is not None:
            style = verdict_style(result.report)
        elif label in _ASKED:
            style = _ASKED[label]
        print_row(out, label, text, style)


def verdict_style(report: StabilityReport) -> str:
    """Green, red, or yellow where there is no verdict."""
    return {"stable": "green", "unstable": "red"}.get(report.status, "yellow")


def print_row(out: Console, label: str, text: str, style: str = "") -> None:
    """One line ``label   text``, labels in a column."""
    from rich.text import Text

    out.print(Text.assemble((f"  {label:<15}", "cyan"), (text, style)))


def print_picture(out: Console, structure: BrickStructure, *, ascii_only: bool = False) -> None:
    """The small picture, as large as ``out`` allows, indented, with an empty line before and after."""
    from rich.text import Text

    from brickgpt_engine.rendering import terminal_picture

    width = min(_PICTURE_WIDTH, out.width - 4) if out.is_terminal else _PICTURE_WIDTH
    height = min(_PICTURE_HEIGHT, out.height - 3) if out.is_terminal else _PICTURE_HEIGHT
    if width < 4 or height < 2:
        return
    picture = terminal_picture(
        structure,
        width=width,
        height=height,
        colour=console.wants_colour(out),
        ascii_only=ascii_only or console.wants_ascii(out),
    )
    out.print()
    for line in picture.split("\n"):
        line.rstrip()
        out.print(Text.assemble("  ", line) if line else "")
    out.print()


def summary_object(
    config: GenerationConfig, prompt: str, outcome: Outcome, files: Sequence[Path]
) -> dict[str, Any]:
    """The JSON object of one model; of a run that was broken off, as far as it came."""
    structure, result = outcome.structure, outcome.result
    report = None if result is None else result.report
    facts = {} if report is None else report.as_dict()
    return {
        "prompt": prompt,
        "prompt_used": outcome.prompt_used or prompt,
        "notes": list(outcome.notes),
        "seed": config.seed,
        "files": [str(path) for path in files],
        "bricks": len(structure),
        "rejections": outcome.rejections if result is None else result.rejections,
        "regenerations": outcome.regenerations if result is None else result.regenerations,
        "attempts": 1 if result is None else result.attempts,
        "statements": [] if result is None else [verdict.as_dict() for verdict in result.statements],
        "stable": facts.get("stable") if facts.get("status") != "unknown" else None,
        "stability": {"min": facts.get("min_score"), "mean": facts.get("mean_score")},
        "criterion": facts.get("criterion"),
        "solver": facts.get("solver"),
        "mass_g": round(structure.mass_g, 2),
        "size": {"studs": list(structure.size), "cm": list(size_cm(structure))},
        "seconds": round(outcome.seconds if result is None else result.seconds, 3),
        "tokens": None if result is None else result.tokens,
        "stop_reason": outcome.stop_reason,
    }


def print_json(value: object) -> None:
    """One line of JSON to stdout, at once; without NaN or infinity, which JSON lacks."""
    import json

    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")
    sys.stdout.flush()
