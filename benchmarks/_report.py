"""What all benchmarks share: the row, the options, and how rows are shown to people and to programs."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import BrickGPTError

DIGITS = 4
"""Significant digits that are kept: more than any timing is worth."""
_BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended
_WIDTHS = {"name": -44, "value": 10, "unit": -18, "rival": 10, "ratio": 8, "goal": -16, "rival_name": -1}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured claim.

    Attributes:
        name: what was measured.
        value: what came out, in ``unit``.
        unit: unit of ``value`` and ``rival``.
        rival: the same of the rival in the same run; None where none was run.
        ratio: how many times better than the rival ``value`` is.
        goal: what is aimed at: a number is a limit on ``value``; text says itself what it limits,
            ``>= 10x`` being a ratio.
        rival_name: who the rival is.
    """

    name: str
    value: float
    unit: str
    rival: float | None
    ratio: float | None
    goal: float | str | None
    rival_name: str | None = None

    @classmethod
    def compare(
        cls,
        name: str,
        value: float,
        unit: str,
        rival: float | None = None,
        *,
        goal: float | str | None = None,
        rival_name: str | None = None,
        more_is_better: bool = False,
    ) -> Row:
        """A row with its ratio worked out; without a rival, or where it would be infinite, that is None."""
        ratio = None
        if rival is not None:
            over, under = (value, rival) if more_is_better else (rival, value)
            ratio = over / under if under else None
        return cls(name, value, unit, rival, ratio, goal, None if rival is None else rival_name)

    def rounded(self) -> dict[str, Any]:
        """The row as a JSON object: measured numbers to :data:`DIGITS` significant digits."""
        measured = {
            key: float(f"{number:.{DIGITS}g}")
            for key in ("value", "rival", "ratio")
            if (number := getattr(self, key)) is not None
        }
        return asdict(self) | measured


def options(doc: str | None, quick: str, **more: dict[str, Any]) -> argparse.Namespace:
    """Read the command line of a benchmark.

    Args:
        doc: the script's docstring, shown by ``--help``.
        quick: what ``--quick`` leaves out.
        more: further options by name: what ``add_argument`` takes for ``--name``.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{quick}; under a minute on a quiet machine")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for programs")
    for name, settings in more.items():
        parser.add_argument(f"--{name}", **settings)
    return parser.parse_args()


def publish(rows: Iterable[Row], wanted: argparse.Namespace) -> None:
    """Print each row as soon as it is measured: a line of JSON, or of a table under the machine's name.

    Args:
        rows: may be a generator that measures as it goes.
        wanted: the result of :func:`options`.

    Raises:
        SystemExit: 141 when the reader has gone, as after ``| head``; one line where the engine cannot go on.
    """
    try:
        if not wanted.json:
            print(f"{machine()}, {date.today()}\n\n{heading()}", flush=True)
        for row in rows:
            print(json_line(row) if wanted.json else table_line(row), flush=True)
    except BrokenPipeError:
        # Python flushes stdout once more when it exits, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(_BROKEN_PIPE) from None
    except BrickGPTError as problem:
        raise SystemExit(f"error: {problem}") from None


def environment() -> dict[str, str]:
    """The environment for child processes: ours, with this tree's engine before an installed one.

    Byte code is kept even where ours says otherwise: an installed package has it from the beginning.
    """
    paths = [str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def json_line(row: Row) -> str:
    """The row in JSON, with where and when, so that a kept line speaks for itself."""
    return json.dumps(row.rounded() | {"machine": machine(), "date": str(date.today())}, ensure_ascii=False)


def heading() -> str:
    """The first line of the table."""
    titles = {field.name: field.name for field in fields(Row)}
    return _columns(titles | {"name": "", "value": "ours", "unit": "", "rival_name": "rival is"})


def table_line(row: Row) -> str:
    """One line of the table; what is not known is a dash."""
    goal = row.goal if isinstance(row.goal, str) or row.goal is None else f"{row.goal:g} {row.unit}"
    return _columns(
        {
            "name": row.name,
            "value": readable(row.value),
            "unit": row.unit,
            "rival": "-" if row.rival is None else readable(row.rival),
            "ratio": "-" if row.ratio is None else f"{readable(row.ratio)}x",
            "goal": goal or "-",
            "rival_name": row.rival_name or "",
        }
    )


def readable(number: float) -> str:
    """About three digits, without exponents: ``0.042``, ``1.53``, ``17.2``, ``1,234``."""
    size = abs(number)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{number:,.{decimals}f}"


def machine() -> str:
    """Processor, cores that may be used, and Python, in words."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{_processor()}, {usable} core{'s' * (usable != 1)}, Python {platform.python_version()}"


def _processor() -> str:
    """The processor's model as Linux knows it, elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, models), None) or platform.processor() or platform.machine()


def _columns(cells: dict[str, str]) -> str:
    """Cells set in columns: negative widths to the left, others to the right."""
    set_cells = (
        cells[key].ljust(-width) if width < 0 else cells[key].rjust(width) for key, width in _WIDTHS.items()
    )
    return " ".join(set_cells).rstrip()
