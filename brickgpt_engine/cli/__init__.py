"""The ``brickgpt`` command: thin modules over the engine, one per command.

Results go to stdout, progress, warnings and errors to stderr. Every error is one line and has
one of the exit codes of :class:`brickgpt_engine.errors.ExitCode`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from brickgpt_engine.errors import BrickGPTError, ExitCode

if TYPE_CHECKING:
    import click

_BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the console script hands it to ``sys.exit``.

    Args:
        arguments: what follows ``brickgpt`` on the command line; ``sys.argv`` by default.
    """
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # while modules were imported; later ones are told in colour below
        if sys.stderr is not None:
            sys.stderr.write("error: interrupted\n")
        return ExitCode.INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    """As :func:`main`, which ends well even where Ctrl-C comes while the imports here are made."""
    import click

    from brickgpt_engine.cli import console
    from brickgpt_engine.cli.app import cli

    console.prepare_streams()
    try:
        code = cli.main(arguments, prog_name="brickgpt", standalone_mode=False)
        sys.stdout.flush()
        return int(code or ExitCode.OK)
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.ClickException as problem:
        console.error(_usage_message(problem))
        return ExitCode.USAGE
    except BrickGPTError as problem:
        console.failure(problem)
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        console.error("interrupted")
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):  # click and rich exit by themselves on a broken pipe
        console.drop_stdout()
        return _BROKEN_PIPE
    except OSError as problem:  # files are handled where they are opened: this is the terminal or a pipe
        console.drop_stdout()
        console.error(f"cannot write the results: {problem.strerror or problem}")
        return ExitCode.OUTPUT
    except MemoryError:
        console.error("not enough memory; use a smaller --world-dim or a smaller model")
        return ExitCode.MODEL


def _usage_message(problem: click.ClickException) -> str:
    """A click error in one line, with where to read on."""
    context = getattr(problem, "ctx", None)
    command = "brickgpt" if context is None else context.command_path
    return f"{problem.format_message().rstrip('.')}; see '{command} --help'"
