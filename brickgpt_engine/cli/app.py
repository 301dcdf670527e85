"""The command group: names and one-line helps are known at once, modules are imported on use."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import NamedTuple

import click

from brickgpt_engine import __version__
from brickgpt_engine.cli import console
from brickgpt_engine.cli.sections import write_verbatim


class Entry(NamedTuple):
    """A command that is not imported yet: its module below :mod:`brickgpt_engine.cli`, and its short help."""

    module: str
    help: str


COMMANDS = {
    "generate": Entry("generate", "Build models from prompts and write them to files."),
    "infer": Entry("infer", "Build one model after another in a dialogue."),
    "mesh2brick": Entry("mesh2brick", "Build a triangle mesh from bricks, so that it stands."),
    "check": Entry("check", "Say whether models stand, and why not."),
    "repair": Entry("repair", "Make a model stand that does not."),
    "convert": Entry("convert", "Turn a model file into another format, or into a picture."),
    "show": Entry("show", "Show a model in the terminal, layer by layer."),
    "render": Entry("render", "Render or export a model with Blender, without a window."),
    "export": Entry("export", "Write a language model as a file for llama.cpp."),
    "serve": Entry("serve", "Work for another program over JSON lines."),
    "info": Entry("info", "Show versions, backends, solvers, licences and models."),
}

_EXAMPLES = """\
brickgpt generate "a high-backed chair with armrests"
brickgpt generate "a red car" -n 3 --seed 7 --out cars/
brickgpt check high-backed-chair-with-armrests.ldr
brickgpt repair leaning-tower.ldr
brickgpt show high-backed-chair-with-four-legs.txt
brickgpt convert old.mpd new.json
"""
_EXIT_CODES = """\
0    all went well
1    a model does not stand
2    wrong options, arguments or prompt
3    an input file cannot be read
4    the language model cannot be used
5    no solver gave an answer
6    a result cannot be written
130  stopped by Ctrl-C; what was built so far is saved
"""


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own, imported when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of :data:`COMMANDS`, the most used first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of ``cmd_name``; None for an unknown name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(f"brickgpt_engine.cli.{entry.module}"), "command", None)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a guess at what a misspelt name was meant to be."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name.lower(), COMMANDS, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else f"; use one of {', '.join(COMMANDS)}"
            ctx.fail(f"there is no command {console.one_line(name)!r}{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples and exit codes."""
        write_verbatim(formatter, "Examples", _EXAMPLES)
        write_verbatim(formatter, "Exit codes", _EXIT_CODES)
        formatter.write_paragraph()
        formatter.write_text("'brickgpt COMMAND --help' explains each command with examples.")


@click.command(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "show_default": True,
        "token_normalize_func": lambda token: token.replace("_", "-"),
    },
)
@click.version_option(__version__, "-V", "--version", message="brickgpt %(version)s")
@click.pass_context
def cli(ctx: click.Context, /) -> None:
    """From a sentence to a brick model that stands.

    A language model that comes with this program writes brick after brick; bricks that do not
    fit are drawn again, and what would fall over is taken down and rebuilt. Results are plain text, LDraw
    (for LeoCAD, Studio and other editors), JSON and a picture.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
