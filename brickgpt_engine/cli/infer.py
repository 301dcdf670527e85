"""``brickgpt infer``: the dialogue of the published program, question by question."""

from __future__ import annotations

import sys
from typing import Any

import click

from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.options import AUTO_COLOUR, colour_option, config_from, generation_options
from brickgpt_engine.cli.progress import show_progress, show_wait
from brickgpt_engine.cli.run import Outcome, catch_ctrl_c, drive, load_generator
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.cli.summary import print_picture, statement_rows, warn_of_break, warn_of_solver_change
from brickgpt_engine.cli.targets import Target
from brickgpt_engine.errors import BrickGPTError, ExitCode, ModelError, OutputError
from brickgpt_engine.generation import BrickGenerator, GenerationResult
from brickgpt_engine.generation.config import MAX_SEED
from brickgpt_engine.generation.prompts import check_caption

DEFAULT_NAME = "output.png"
DEFAULT_SEED = 42
_FORMATS = ("txt", "ldr", "png")
_RULE = "-" * 20

_EXAMPLES = """\
brickgpt infer
brickgpt infer --temperature 0.8 --max-regenerations 20
printf 'a red chair\\nchair.png\\n7\\n\\n' | brickgpt infer
"""
_NOTES = {
    "Dialogue": """\
Asks for a prompt, a file name for the picture (the text and LDraw files get the same name)
and a seed, builds the model, reports, and asks again. An empty prompt, or the end of
the input (Ctrl-D), ends it.
""",
    "Exit codes": """\
0 ended by an empty prompt or end of input    2 wrong options    4 the language model cannot be used
130 Ctrl-C (what was built so far is written)
""",
}


@click.command("infer", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@colour_option(auto=True, default=AUTO_COLOUR, section="Output options")
@option(
    "--picture/--no-picture",
    default=False,
    section="Output options",
    help="Draw each model in the terminal, too.",
)
@option(
    "--force",
    is_flag=True,
    section="Output options",
    help="Overwrite existing files instead of taking a numbered name.",
)
@generation_options
def command(colour: int | str, picture: bool, force: bool, **generation: Any) -> int:
    """Build models in a dialogue: prompt, file name, seed, and the result."""
    with show_wait("loading the language model"):
        generator = load_generator(config_from(generation, DEFAULT_SEED))
    question = "Enter a prompt, or <Return> to exit: "
    try:
        while prompt := ask(question):
            question = "Enter another prompt, or <Return> to exit: "
            try:
                if _one_round(generator, prompt, generation, colour, picture=picture, force=force):
                    return ExitCode.INTERRUPTED
            except ModelError:
                raise
            except BrickGPTError as error:
                console.failure(error)
    except EOFError:
        pass
    if not sys.stdin.isatty():
        click.echo()  # nobody pressed Return after the last question
    return ExitCode.OK


def _one_round(
    generator: BrickGenerator,
    prompt: str,
    options: dict[str, Any],
    colour: int | str,
    *,
    picture: bool,
    force: bool,
) -> bool:
    """Ask for the rest, build the model and report it; whether Ctrl-C was pressed.

    Raises:
        EOFError: the input ended.
        BrickGPTError: the answers cannot work, or generation failed.
    """
    check_caption(prompt)
    target = _ask_target(force)
    config = config_from(options, _ask_seed())
    for note in generator.interpret(prompt, config).notes:
        console.note(note)
    click.echo("Generating...")
    with show_progress(prompt, quiet=False) as listener:
        outcome = drive(generator, prompt, config, colour=colour, listener=listener)
    with catch_ctrl_c() as late:  # a model that is ready is written
        _report(prompt, target, outcome, picture=picture)
    return outcome.interrupted or late.pressed


def ask(question: str) -> str:
    """Ask on stdout and read a line, without blanks around it.

    Raises:
        EOFError: the input has ended, or is no text.
    """
    try:
        if sys.stdin.isatty():
            return input(question).strip()  # the line editor has to know the question
        click.echo(question, nl=False)  # a Ctrl-C that comes while input() writes it would be lost
        return input().strip()
    except EOFError:
        if sys.stdin.isatty():
            click.echo()
        raise
    except UnicodeDecodeError as error:
        console.error("the input is not UTF-8 text")
        raise EOFError from error


def _ask_target(force: bool) -> Target:
    """Where the files go.

    Raises:
        OutputError: nothing can be written there.
    """
    answer = ask(f"Enter a filename to save the output image (default={DEFAULT_NAME}): ")
    path = targets.expanded(answer or DEFAULT_NAME)
    stem = targets.bare_name(path)
    if not stem or targets.is_folder(path):
        raise OutputError(f"{answer} is a folder; name a file in it")
    target = Target(path.parent, stem, _FORMATS, force)
    target.require_writable(create=True)
    return target


def _ask_seed() -> int:
    """A seed; asked for again until it is one."""
    while True:
        answer = ask(f"Enter a generation seed (default={DEFAULT_SEED}): ")
        if not answer:
            return DEFAULT_SEED
        if answer.isascii() and answer.isdecimal() and len(answer) < 20 and int(answer) <= MAX_SEED:
            return int(answer)
        console.error(f"{answer[:40]!r} is no seed; give a whole number from 0 to {MAX_SEED}")


def _report(prompt: str, target: Target, outcome: Outcome, *, picture: bool) -> None:
    """Write the files and print the report.

    Raises:
        BrickGPTError: what broke the generation off, after saving what there was.
        OutputError: the files cannot be written.
    """
    files = []
    if len(outcome.structure):
        files = targets.write_model(outcome.structure, target.free(set()), title=prompt)
    saved = targets.named([path.resolve() for path in files])
    if outcome.result is None:
        what = (
            f"saved the {len(outcome.structure)} bricks so far to {saved}" if files else "nothing was placed"
        )
        if files or outcome.error is None:  # an error is told by itself
            console.warning(f"{'interrupted' if outcome.interrupted else 'generation failed'}: {what}")
        if outcome.error is not None:
            raise outcome.error
        return
    if picture:
        print_picture(console.results(), outcome.structure)
    for line in report_lines(outcome.result, saved):
        click.echo(line)
    warn_of_break(outcome)
    report = outcome.result.report
    if report is not None:
        warn_of_solver_change(report, outcome.result.config.solver)
    if report is not None and not report.stable:
        console.warning(f"the model does not stand: {report.message}; try another seed")
    if outcome.error is not None:  # while another model was drawn: the best before it is saved
        raise outcome.error


def report_lines(result: GenerationResult, saved: str) -> list[str]:
    """The published program's report, line by line."""
    reasons = {reason: count for reason, count in result.rejections.items() if count}
    return [
        _RULE,
        f"Finished generating in {result.seconds:.2f}s.",
        f"Total # bricks: {len(result.structure)}",
        f"Total # brick rejections: {sum(reasons.values())}",
        f"Brick rejection reasons: {reasons}",
        f"Total # regenerations: {result.regenerations}",
        *(f"{label}: {words}" for label, words in statement_rows(result)),
        f"Saved results to {saved}"
        if saved
        else "No brick was placed, so nothing was saved; try another seed",
        _RULE,
    ]
