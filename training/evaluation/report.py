"""The summary for people: Markdown tables with the goals and the published figures beside them."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.evaluation.outcomes import AGAIN, FULL, REFERENCE
from training.evaluation.summary import KINDS

Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table of goals.

    Attributes:
        name: what is measured.
        mode: in which mode.
        path: where the figure is in that mode's row.
        published: the paper's figure, None where it has none.
        goal: what is aimed at, at least.
        percent: whether figures are shares, shown in per cent.
    """

    name: str
    mode: str
    path: tuple[str, ...]
    published: float | None
    goal: float
    percent: bool = True

    def measured(self, rows: Mapping[str, Summary]) -> float | None:
        """The figure, None where it was not measured."""
        value: Any = rows.get(self.mode)
        for key in self.path:
            value = None if value is None else value[key]
        return None if value is None else float(value)

    def show(self, value: float | None) -> str:
        """A figure as it stands in the table."""
        if value is None:
            return "–"
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3f}"


GOALS = (
    Goal("raw sampling: valid", "raw", ("valid", "share"), 0.372, 0.95),
    Goal("raw sampling: stable", "raw", ("stable", "share"), 0.128, 0.85),
    Goal("rejection, no rollback: stable", "rejection", ("stable", "share"), 0.24, 0.92),
    Goal("full: valid", FULL, ("valid", "share"), 1.0, 1.0),
    Goal("full: stable", FULL, ("stable", "share"), 0.988, 0.998),
    Goal("full: mean stability", FULL, ("mean_stability",), 0.996, 0.997, percent=False),
    Goal("full: minimum stability", FULL, ("min_stability",), 0.915, 0.95, percent=False),
    Goal("full: statement accuracy", FULL, ("statements", "all", "share"), None, 0.90),
    Goal(
        "full: the same without the category", FULL, ("statements", "without category", "share"), None, 0.90
    ),
    Goal(
        "drawn again: statements without the category",
        AGAIN,
        ("statements", "without category", "share"),
        None,
        0.90,
    ),
    Goal("full: category recognised", FULL, ("statements", "category", "share"), None, 0.95),
)
"""Published figures: arXiv 2505.05469, 250 prompts, a model of 1B parameters."""


def goals_of(summary: Summary) -> list[dict[str, Any]]:
    """Every goal with what was published and measured, and whether it is met (None: not measured)."""
    rows = {row["mode"]: row for row in summary["modes"]}
    lines = []
    for goal in GOALS:
        value = goal.measured(rows)
        lines.append(
            {
                "name": goal.name,
                "published": goal.published,
                "goal": goal.goal,
                "measured": value,
                "met": None if value is None else value >= goal.goal,
            }
        )
    return lines


def markdown(summary: Summary) -> str:
    """All tables of a summary, under a line that says what, when and where."""
    parts = [_heading(summary), goals_table(summary), modes_table(summary["modes"])]
    parts += [statements_table(summary["modes"]), _note_on_drawing(summary["modes"]), _set_measures(summary)]
    if summary["categories"]:
        parts.append(categories_table(summary["categories"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(summary: Summary) -> str:
    settings = summary["settings"]
    return (
        f"{max(row['prompts'] for row in summary['modes'])} held-out prompts, model {settings['model']}, "
        f"temperature {settings['temperature']:g}, seed {settings['seed']}. "
        f"{summary['date']}, {summary['machine']}."
    )


def goals_table(summary: Summary) -> str:
    """What is measured, beside what was published and what is aimed at."""
    lines = []
    for goal, line in zip(GOALS, goals_of(summary), strict=True):
        met = {None: "–", True: "yes", False: "no"}[line["met"]]
        figures = (goal.show(line[key]) for key in ("published", "goal", "measured"))
        lines.append([goal.name, *figures, met])
    return _table(["", "published", "goal", "measured", "met"], lines)


def modes_table(rows: Sequence[Summary]) -> str:
    """The paper's Table 1, a row each mode; the last row is the held-out shapes themselves."""
    columns: dict[str, Callable[[Summary], str]] = {
        "mode": lambda row: str(row["mode"]),
        "valid % (95 % CI)": lambda row: _share(row["valid"], True),
        "stable % (95 % CI)": lambda row: _share(row["stable"], True),
        "mean stability": lambda row: _number(row["mean_stability"], 3),
        "min stability": lambda row: _number(row["min_stability"], 3),
        "statements %": lambda row: _share(row["statements"]["all"]),
        "category %": lambda row: _share(row["statements"]["category"]),
        "bricks": lambda row: _number(row["bricks"], 1),
        "tokens": lambda row: _generated(row, "tokens", 0),
        "rejections": lambda row: _generated(row, "rejections", 2),
        "rollbacks": lambda row: _generated(row, "regenerations", 2),
        "drawn": lambda row: _generated(row, "attempts", 2),
        "median s": lambda row: _generated(row, "seconds_median", 2),
        "95th percentile s": lambda row: _generated(row, "seconds_95", 2),
        "median CPU s": lambda row: _generated(row, "cpu_seconds_median", 2),
    }
    return _table(list(columns), [[show(row) for show in columns.values()] for row in rows])


def statements_table(rows: Sequence[Summary]) -> str:
    """Claims that hold by kind, a row each mode."""
    lines = [
        [row["mode"], *(_counted(row["statements"][kind]) for kind in (*KINDS, "without category", "all"))]
        for row in rows
    ]
    return _table(["claims that hold", *KINDS, "all but category", "all"], lines)


def _note_on_drawing(rows: Sequence[Summary]) -> str:
    """What the shares of the mode that draws again can and cannot say; nothing without that mode."""
    if all(row["mode"] != AGAIN for row in rows):
        return ""
    return (
        f"*{AGAIN}* draws until the claims hold by the same readings that judge them here, so its share of "
        "claims says how often the draws suffice. The category is judged by a classifier that no draw asks."
    )


def categories_table(categories: Mapping[str, Summary]) -> str:
    """The full mode by category, those that are recognised least first."""

    def order(item: tuple[str, Summary]) -> tuple[float, float]:
        statements = item[1]["statements"]
        category, other = statements["category"]["share"], statements["without category"]["share"]
        return (1.0 if category is None else category, 1.0 if other is None else other)

    lines = [
        [
            name,
            str(row["prompts"]),
            _share(row["valid"]),
            _share(row["stable"]),
            _share(row["statements"]["category"]),
            _counted(row["statements"]["without category"]),
            _number(row["min_stability"], 3),
            _number(row["bricks"], 1),
            _number(row["seconds_median"], 2),
        ]
        for name, row in sorted(categories.items(), key=order)
    ]
    titles = ["category", "prompts", "valid %", "stable %", "recognised %", "other claims %", "min stability"]
    return _table([*titles, "bricks", "median s"], lines)


def _set_measures(summary: Summary) -> str:
    """Diversity, novelty and the classifier's own accuracy, in a few lines."""
    lines = []
    diverse = summary["diversity"]
    if diverse:
        lines.append(
            f"- Diversity: {diverse['mean']:.3f} (1 - mean voxel IoU between about "
            f"{diverse['samples']:.0f} samples of one prompt; {diverse['prompts']} prompts; "
            f"{100 * diverse['repeated_texts']:.1f} % of the samples repeat another)."
        )
    for mode, new in summary["novelty"].items():
        if new:
            lines.append(
                f"- Nearest of {new['training_structures']:,} training shapes, {mode}: mean voxel IoU "
                f"{new['mean_nearest']:.3f}; {_share(new['new'])} % below 0.95; "
                f"{_share(new['exact_copies'])} % exact copies."
            )
    judge = summary["classifier"]
    if judge:
        lines.append(
            f"- The classifier of {len(judge['by_family'])} categories names "
            f"{100 * judge['accuracy']:.1f} % of {judge['validated_on']} held-out shapes that it never saw, "
            f"{100 * judge['accuracy_damaged']:.1f} % of them with cells missing or added."
        )
    return "\n".join(lines)


def _share(part: Mapping[str, Any], with_interval: bool = False) -> str:
    """A share in per cent, perhaps with its interval; a dash for none of none."""
    if part["share"] is None:
        return "–"
    low, high = part["interval_95"]
    shown = f"{100 * part['share']:.1f}"
    return f"{shown} ({100 * low:.1f}–{100 * high:.1f})" if with_interval else shown


def _counted(part: Mapping[str, Any]) -> str:
    """A share in per cent with what it is a share of."""
    return "–" if part["share"] is None else f"{_share(part)} (of {part['of']})"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _generated(row: Summary, key: str, digits: int) -> str:
    """A figure that only generation has."""
    return "–" if row["mode"] == REFERENCE else _number(row[key], digits)


def _table(titles: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [titles, ["---"] * len(titles), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def machine() -> str:
    """Processor, cores that may be used, and Python, in words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{_processor()}, {cores} core{'s' * (cores != 1)}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, models), None) or platform.processor() or platform.machine()
