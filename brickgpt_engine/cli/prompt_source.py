"""Where prompts come from: the command line, a file, or stdin; one a line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from brickgpt_engine.cli import console
from brickgpt_engine.errors import FormatError, InputError, PromptError
from brickgpt_engine.formats.files import read_text_file
from brickgpt_engine.generation.prompts import check_caption

STDIN = "-"
MAX_STDIN_BYTES = 50_000_000


def gather_prompts(words: Sequence[str], file: str | None) -> list[str]:
    """All prompts to generate, checked.

    Args:
        words: the arguments on the command line.
        file: what ``--prompts`` names, ``-`` for stdin.

    Raises:
        UsageError: none is given, two sources are, or a prompt was not quoted.
        PromptError: a prompt is empty, too long, or no text.
        InputError, FormatError: the file cannot be read.
    """
    if words and file is not None:
        raise click.UsageError("give either a prompt or --prompts, not both", click.get_current_context())
    if len(words) > 1:
        raise click.UsageError(
            f'put the prompt in quotes: "{console.one_line(" ".join(words))[:100]}"',
            click.get_current_context(),
        )
    if words and words[0] != STDIN:
        check_caption(words[0])
        return [words[0].strip()]
    return _from_lines(*_read(None if words else file))


def _read(file: str | None) -> tuple[str, str]:
    """Text and name of the source: a file, or stdin unless a person sits there and said nothing."""
    if file is not None and file != STDIN:
        return read_text_file(file), file
    if file is None and _nobody_piped():
        raise click.UsageError(
            'there is no prompt; try: brickgpt generate "a chair with a high back"',
            click.get_current_context(),
        )
    return _read_stdin(), "stdin"


def _nobody_piped() -> bool:
    context = click.get_current_context()
    return sys.stdin.isatty() and STDIN not in (context.params.get("prompt") or ())


def _read_stdin() -> str:
    try:
        data = sys.stdin.buffer.read(MAX_STDIN_BYTES + 1)
    except OSError as error:
        raise InputError(f"stdin cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_STDIN_BYTES:
        raise FormatError(f"more than {MAX_STDIN_BYTES // 1_000_000} MB are too many prompts", source="stdin")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError("this is not UTF-8 text", source="stdin", line=line) from error


def _from_lines(text: str, source: str) -> list[str]:
    prompts = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                check_caption(line)
            except PromptError as error:
                raise PromptError(f"{source}:{number}: {error}") from error
            prompts.append(line.strip())
    if not prompts:
        raise PromptError(f"{source} holds no prompt; write one a line, e.g. 'a chair with a high back'")
    return prompts
