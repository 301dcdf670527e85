"""``brickgpt-tui``: the terminal studio from the command line."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from brickgpt_engine import __version__
from brickgpt_engine.errors import BrickGPTError, ExitCode, ModelError

_NO_TERMINAL = (
    "the studio needs a terminal to draw on; for scripts and pipes there is 'brickgpt generate', "
    "see 'brickgpt --help'"
)

_FRAMES = "240"
"""Moments a second in which Textual may paint: after a picture it lets up to two of them pass."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--prompt", default="", help="Build this at once; with FILE, only put it into the prompt line.")
@click.option("--model", metavar="NAME", help="Language model: nano, a folder, a GGUF file, or a hub id.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of the first run, to repeat it.")
@click.option("--ascii", is_flag=True, help="Draw with ASCII characters only.")
@click.version_option(__version__, prog_name="brickgpt-tui")
def command(file: Path | None, prompt: str, model: str | None, seed: int | None, ascii: bool) -> int:
    """Build brick models in the terminal: type a sentence, watch the model grow, take it along.

    FILE is a model to open: .txt, .ldr, .mpd or .json.
    """
    if not (_on_terminal() or os.environ.get("TEXTUAL_DRIVER")):
        raise click.UsageError(_NO_TERMINAL)
    if model is not None and not model.strip():
        raise click.UsageError("--model is empty; give nano, a folder, a GGUF file, or a hub id")
    _require_model(model)
    os.environ.setdefault("TEXTUAL_FPS", _FRAMES)
    gc.disable()  # until the first paint: what is imported and made by then stays, and is not worth a look
    from brickgpt_tui.app import Opening, make
    from brickgpt_tui.remote import RemoteLoader
    from brickgpt_tui.terminal import own_terminal
    from brickgpt_tui.views.graphics import ask_terminal

    ask_terminal()  # later, Textual would read the answer
    with own_terminal(), closing(RemoteLoader()) as load:
        app = make(Opening(file, prompt, model, seed, ascii), load)
        app.run()
    return app.return_code or 0


def _require_model(name: str | None) -> None:
    """Say at the start, not at the first prompt, that a model cannot be one; nothing is loaded.

    Raises:
        ModelError: there is no such folder or file, or what it needs is not installed.
    """
    if name is None:
        return
    from brickgpt_tui.model_choice import kind_of, problem_with

    problem = problem_with(kind_of(name), name)
    if problem is not None:
        raise ModelError(problem)


def _on_terminal() -> bool:
    """Whether there is a keyboard, and a screen where Textual draws: on standard error."""
    return all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the studio and return its exit code.

    Args:
        arguments: what follows ``brickgpt-tui`` on the command line; ``sys.argv`` by default.
    """
    try:
        return int(command.main(arguments, prog_name="brickgpt-tui", standalone_mode=False) or 0)
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.ClickException as problem:
        return _fail(problem.format_message().rstrip("."), ExitCode.USAGE)
    except BrickGPTError as problem:
        return _fail(str(problem), problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", ExitCode.INTERRUPTED)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"error: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
