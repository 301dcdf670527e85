"""What ``brickgpt check`` does on request: explain, paint a heat map, go through the steps, reorder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.cli import targets
from brickgpt_engine.errors import ConfigError, ExitCode
from brickgpt_engine.formats import FORMATS
from brickgpt_engine.physics import Criterion, StabilityAnalyzer, StabilityReport

if TYPE_CHECKING:
    from brickgpt_engine.physics.buildability import Reordering, StepCheck
    from brickgpt_engine.physics.explain import Explanation

_MOST_BLOCKED = 4


@dataclass(frozen=True)
class Wanted:
    """What is asked for besides the verdict.

    Attributes:
        explain: forces in words.
        heatmap: where to paint the stress, or None.
        steps: go through the build order.
        reorder: find an order in which every step stands.
        out: where to write the model in that order, or None.
        force: overwrite files.
    """

    explain: bool = False
    heatmap: Path | None = None
    steps: bool = False
    reorder: bool = False
    out: Path | None = None
    force: bool = False

    def require_possible(self, files: int, *, physics: bool) -> None:
        """Make sure, before any work is done, that everything asked for can be given.

        Raises:
            ConfigError: options contradict each other.
            OutputError: a file cannot be written.
        """
        if self.out is not None and not self.reorder:
            raise ConfigError("-o says where the reordered model goes; add --reorder, or leave it out")
        if files > 1 and (self.heatmap or self.out):
            raise ConfigError("--heatmap and -o write the results of one model; name one FILE")
        if not physics and (self.explain or self.heatmap):
            raise ConfigError("--explain and --heatmap are about forces; leave out --no-physics")
        if self.heatmap is not None:
            targets.require_file(self.heatmap, force=self.force, kinds=(targets.PICTURE,))
        if self.out is not None:
            targets.require_file(self.out, force=self.force, kinds=tuple(FORMATS))


@dataclass(frozen=True)
class Details:
    """What was found besides the verdict; None is what was not asked for.

    Attributes:
        explanation: forces in words.
        steps: the build order as it is.
        reordering: a build order in which every step stands, or why there is none.
        written: files that were written.
    """

    explanation: Explanation | None = None
    steps: StepCheck | None = None
    reordering: Reordering | None = None
    written: tuple[str, ...] = ()

    @property
    def code(self) -> ExitCode:
        """The exit code for the build order."""
        if self.reordering is not None:
            return ExitCode.OK if self.reordering.order is not None else ExitCode.UNSTABLE
        stands = self.steps is None or self.steps.falls is None
        return ExitCode.OK if stands else ExitCode.UNSTABLE

    def as_dict(self) -> dict[str, Any]:
        """JSON values of what was asked for."""
        found: dict[str, Any] = {}
        if self.explanation is not None:
            found["explanation"] = self.explanation.as_dict()
        if self.steps is not None:
            found["steps"] = _steps_dict(self.steps)
        if self.reordering is not None:
            order = self.reordering.order
            found["reorder"] = {
                "order": None if order is None else list(order),
                "reason": self.reordering.reason,
                "proven": self.reordering.proven,
            }
        return found


def find_details(
    structure: BrickStructure,
    reports: tuple[StabilityReport, ...],
    solver: str,
    wanted: Wanted,
    *,
    title: str,
) -> Details:
    """Everything that was asked for about one model.

    Args:
        structure: the model.
        reports: its verdicts, the deciding one first.
        solver: as for the analyzer.
        wanted: what is asked for.
        title: name of the model in what is written.

    Raises:
        SolverError: no solver gave an answer.
        OutputError: a file cannot be written.
    """
    analyzer = StabilityAnalyzer(reports[0].criterion, solver)
    written = []
    explanation = steps = reordering = None
    if wanted.explain:
        explanation = _explanation(structure, reports, solver)
    if wanted.heatmap is not None:
        _paint(structure, reports[0], wanted.heatmap)
        written.append(str(wanted.heatmap))
    if wanted.steps or wanted.reorder:
        from brickgpt_engine.physics.buildability import check_steps, find_order

        steps = check_steps(structure, analyzer) if wanted.steps else None
        reordering = find_order(structure, analyzer) if wanted.reorder else None
    if wanted.out is not None and reordering is not None and reordering.order is not None:
        ordered = reordering.apply(structure)
        targets.write_any(ordered, wanted.out, title=title, overwrite=wanted.force)
        written.append(str(wanted.out))
    return Details(explanation, steps, reordering, tuple(written))


def _explanation(structure: BrickStructure, reports: tuple[StabilityReport, ...], solver: str) -> Explanation:
    from brickgpt_engine.physics.explain import explain

    exact = next((report for report in reports if report.criterion is Criterion.EQUILIBRIUM), None)
    return explain(structure, reports[0], equilibrium=exact, solver=solver)


def _paint(structure: BrickStructure, report: StabilityReport, path: Path) -> None:
    from brickgpt_engine.rendering import save_png
    from brickgpt_engine.rendering.heatmap import render_heatmap

    words = {"stable": "stands", "unstable": "does not stand"}.get(report.status, "no verdict")
    caption = f"{words} ({report.criterion} criterion), largest stress {report.max_stress:.0%}"
    save_png(render_heatmap(structure, report.stress, caption=caption), path)


def _steps_dict(steps: StepCheck) -> dict[str, Any]:
    falls = steps.falls
    return {
        "steps": steps.steps,
        "first_falling": None
        if falls is None
        else {"index": falls.number - 1, "brick": falls.brick.text, "reason": falls.reason},
        "blocked": [
            {"index": step.number - 1, "brick": step.brick.text, "reason": step.reason}
            for step in steps.blocked
        ],
    }


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """The explanation for people, without indent."""
    from brickgpt_engine.physics.explain import connection_words, load_words

    for brick in explanation.bricks:
        yield f"brick {brick.index + 1}: {brick.sentence}"
        held = brick.held_by
        if held is not None and brick.kind not in ("overloaded", "floating"):
            joint = connection_words(explanation.structure, held)
            yield f"  its hardest connection, {joint}, {load_words(held)}"
    yield from explanation.summary


def step_lines(steps: StepCheck) -> Iterator[str]:
    """What the build order is like, for people."""
    if steps.falls is None:
        yield f"every one of {steps.steps} steps stands" if steps.steps != 1 else "its one step stands"
    else:
        step = steps.falls
        yield f"step {step.number}, {step.brick}, is the first after which something falls: {step.reason}"
    for step in steps.blocked[:_MOST_BLOCKED]:
        yield f"step {step.number}, {step.brick}, cannot be pushed in from above: {step.reason}"
    if len(steps.blocked) > _MOST_BLOCKED:
        yield f"… and {len(steps.blocked) - _MOST_BLOCKED} more that cannot be pushed in from above"


def reordering_line(structure: BrickStructure, reordering: Reordering) -> str:
    """What the search for a better order found, for people."""
    from brickgpt_engine.physics.buildability import is_bottom_up

    if reordering.order is None:
        return reordering.reason
    if reordering.order == tuple(range(len(structure))):
        return "the given order is the one to build in: every step stands and goes in from above"
    how = "from the bottom up" if is_bottom_up(reordering.apply(structure)) else "mostly from the bottom up"
    return f"found, {how}: every step stands and every brick goes in from above"
