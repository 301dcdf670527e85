"""What goes to the terminal: error lines, warnings, and when colour and pictures are wanted."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from brickgpt_engine.errors import BrickGPTError, FormatError

if TYPE_CHECKING:
    from rich.console import Console


def error(message: str) -> None:
    """One red line ``error: …`` on stderr."""
    _line("error", message, "red")


def warning(message: str) -> None:
    """One yellow line ``warning: …`` on stderr."""
    _line("warning", message, "yellow")


def problem_lines(problem: BrickGPTError) -> list[str]:
    """What an error says, a line for each thing that is wrong in a file: ``file:line: reason``."""
    if not isinstance(problem, FormatError):
        return [str(problem)]
    lines = []
    for line, reason in problem.problems:
        where = ":".join(str(part) for part in (problem.source, line) if part is not None)
        if problem.source is None and line is not None:
            where = f"line {line}"
        lines.append(f"{where}: {reason}" if where else reason)
    return lines


def failure(problem: BrickGPTError) -> None:
    """A red line ``error: …`` on stderr for each thing that is wrong."""
    for line in problem_lines(problem):
        error(line)


def note(message: str) -> None:
    """One dim line on stderr."""
    click.secho(one_line(message), err=True, dim=True, color=_click_colour())


def _line(kind: str, message: str, colour: str) -> None:
    label = click.style(f"{kind}:", fg=colour, bold=True)
    click.echo(f"{label} {one_line(message)}", err=True, color=_click_colour())


def _click_colour() -> bool | None:
    """False where NO_COLOR asks for it (https://no-color.org), else None: click looks at the stream."""
    return False if os.environ.get("NO_COLOR") else None


def one_line(text: str) -> str:
    """``text`` without line ends and control characters, which file names may contain."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def prepare_streams() -> None:
    """Make the standard streams safe: closed ones become silent, and characters they lack are replaced."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # left so, the next file that is opened would get its number
            silent = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open until the end
            setattr(sys, name, silent)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def drop_stdout() -> None:
    """Send what is left in stdout's buffer nowhere, so that nothing fails when Python exits."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person is likely to look at ``stream``."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def results() -> Console:
    """A rich console on stdout: colours only in a terminal, long lines left whole."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, soft_wrap=True, markup=False, emoji=False)


def progress() -> Console:
    """A rich console on stderr."""
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False)


def wants_colour(out: Console) -> bool:
    """Whether ``out`` shows colours."""
    return out.color_system is not None and not out.no_color


def wants_ascii(out: Console) -> bool:
    """Whether ``out`` cannot show block and line characters."""
    return not out.encoding.startswith("utf")
