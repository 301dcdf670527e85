"""The typed errors of the engine, each with the exit code that the command line gives it.

A message is one or two sentences: what is wrong, and what to do about it. Anything
that is not a :class:`BrickGPTError` is a defect of the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every ``brickgpt`` command."""

    OK = 0
    UNSTABLE = 1
    """A model does not stand (``check``), or generation ended with one that does not."""
    USAGE = 2
    """Wrong options or arguments, including option values out of range and bad prompts."""
    BAD_INPUT = 3
    """An input file cannot be read or is not what its name says."""
    MODEL = 4
    """A model folder is missing, incomplete or damaged, or the model failed while running."""
    SOLVER = 5
    """No solver gave an answer (missing licence, time limit, numerical trouble)."""
    OUTPUT = 6
    """A result cannot be written (existing file, no permission, full disk)."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C; partial work was saved."""


class BrickGPTError(Exception):
    """Base of all errors that the engine raises on purpose."""

    exit_code: ExitCode = ExitCode.USAGE


class InvalidBrickError(BrickGPTError, ValueError):
    """A brick is malformed, unknown to the library, out of bounds or in another brick's place."""

    exit_code = ExitCode.BAD_INPUT


class ConfigError(BrickGPTError, ValueError):
    """An option has a value that cannot work."""

    exit_code = ExitCode.USAGE


class PromptError(BrickGPTError, ValueError):
    """A prompt is empty, too long for the model, or names nothing that the model can make."""

    exit_code = ExitCode.USAGE


class FormatError(BrickGPTError, ValueError):
    """A file does not hold what its format demands.

    Args:
        reason: what is wrong, in words.
        source: the file's name, where there is one.
        line: the 1-based number of the offending line, where there is one.
        others: line and reason of what else is wrong in the file, in the order to show them.
        unlisted: how many problems there are beyond these, at the least.

    Attributes:
        problems: line and reason of everything wrong, the first of them ``line`` and ``reason``;
            where some are left out, the last entry has no line and says how many.
    """

    exit_code = ExitCode.BAD_INPUT

    def __init__(
        self,
        reason: str,
        *,
        source: str | None = None,
        line: int | None = None,
        others: Sequence[tuple[int | None, str]] = (),
        unlisted: int = 0,
    ) -> None:
        self.reason = reason
        self.source = source
        self.line = line
        left_out = ((None, f"and {unlisted} more"),) if unlisted else ()
        self.problems: tuple[tuple[int | None, str], ...] = ((line, reason), *others, *left_out)
        where = source or ""
        if line is not None:
            where = f"{where}:{line}" if where else f"line {line}"
        more = len(others) + unlisted
        also = f" (and {more} more problem{'s' if more > 1 else ''})" if more else ""
        super().__init__(f"{where}: {reason}{also}" if where else reason + also)


class InputError(BrickGPTError, OSError):
    """A file or folder to read is missing or unreadable."""

    exit_code = ExitCode.BAD_INPUT


class OutputError(BrickGPTError, OSError):
    """A file cannot be written, or would overwrite one that exists."""

    exit_code = ExitCode.OUTPUT


class ModelError(BrickGPTError):
    """A model folder cannot be used, or the model gave unusable numbers."""

    exit_code = ExitCode.MODEL


class SolverError(BrickGPTError):
    """A linear-programming solver is missing, unlicensed or ended without an answer."""

    exit_code = ExitCode.SOLVER
