"""``brickgpt generate``: prompts in, model files out."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.cli import console, targets
from brickgpt_engine.cli.generate_options import generate_options
from brickgpt_engine.cli.options import config_from, generation_options
from brickgpt_engine.cli.progress import show_progress, show_together, show_wait
from brickgpt_engine.cli.prompt_source import gather_prompts
from brickgpt_engine.cli.run import Outcome, catch_ctrl_c, drive, load_generator
from brickgpt_engine.cli.sections import SectionCommand
from brickgpt_engine.cli.summary import (
    print_json,
    print_summary,
    summary_object,
    warn_of_break,
    warn_of_solver_change,
)
from brickgpt_engine.cli.targets import Target
from brickgpt_engine.cli.together import Team, shares_passes
from brickgpt_engine.cli.variants import best_of, why_best, write_sheet
from brickgpt_engine.errors import BrickGPTError, ConfigError, ExitCode, PromptError
from brickgpt_engine.formats import read_structure
from brickgpt_engine.generation import BrickGenerator, GenerationConfig, GenerationResult
from brickgpt_engine.generation.together import Job
from brickgpt_engine.physics import StabilityAnalyzer

_SEED_RANGE = 10**9  # short enough to be typed again

_EXAMPLES = """\
brickgpt generate "a high-backed chair with armrests"
brickgpt generate "a red sofa" -n 4 --seed 7 --out sofas/
brickgpt generate "a sailing boat" -n 8 --pick --show-all
brickgpt generate "a tall tower" --temperature 0.9 --formats ldr,png --colour "dark red"
brickgpt generate --prompts ideas.txt --out models/ --json > models.jsonl
echo "a small table" | brickgpt generate --quiet --out table --force
brickgpt generate "a bookshelf" --start half-built.txt --no-physics
"""
_NOTES = {
    "Files": """\
Each model gets NAME.txt (bricks, one a line, in build order), NAME.ldr (LDraw),
NAME.json (part ids) and NAME.png (picture). Existing files are kept: without --force
the next free name is taken: chair, chair-2, chair-3. Several variants are numbered likewise.
""",
    "JSON": """\
One object a line and model: prompt, prompt_used (what the model read), notes (what was changed),
seed, files, bricks, rejections (by reason), regenerations, attempts (models drawn),
statements (what the prompt names, in words, and whether it holds),
stable, stability (min, mean), criterion, solver, mass_g, size (studs, cm), seconds, tokens,
stop_reason (end, max_bricks, max_brick_rejections, max_regenerations, context, unverified;
interrupted: by Ctrl-C; failed: the model or the solver broke down). After the last two, counts
reach as far as the run came, and stable and tokens are null (unless it broke off while another model was
drawn: then the best whole one is told).
""",
    "Exit codes": """\
0 all models stand    1 one does not (it is written all the same)    2 wrong options or prompt, or
a prompt that names what the model does not know (nothing is made then)
3 an input cannot be read    4 the language model cannot be used    5 no solver gave an answer
6 results cannot be written    130 Ctrl-C (what was built so far is written)
""",
}


@dataclass(frozen=True)
class _Job:
    """One model to make."""

    prompt: str
    config: GenerationConfig
    wish: Target


@dataclass(frozen=True)
class _Style:
    """How results are presented."""

    json: bool
    quiet: bool
    picture: bool | None
    colour: int | str
    rendered: bool = False
    pick: bool = False
    show_all: bool = False


@click.command("generate", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("prompt", nargs=-1, metavar="[PROMPT]")
@generate_options
@generation_options
def command(
    prompt: tuple[str, ...],
    prompts_file: str | None,
    start_file: str | None,
    variants: int,
    batch: int,
    pick: bool,
    show_all: bool,
    seed: int | None,
    out: str | None,
    force: bool,
    formats: tuple[str, ...],
    colour: int | str,
    picture: bool | None,
    as_json: bool,
    quiet: bool,
    rendered: bool,
    **generation: Any,
) -> int:
    """Build a model for PROMPT (or for each line of a file or of stdin) and write it to files.

    Quote the prompt. Without one, prompts are read from stdin, one a line. Brick by brick the model is drawn,
    checked and, where it would fall, rebuilt; then a summary is printed.
    """
    prompts = gather_prompts(prompt, prompts_file)
    first_seed = secrets.randbelow(_SEED_RANGE) if seed is None else seed
    start = _read_start(start_file, generation)
    wish = _make_target(prompts, out, formats, force)
    configs = [config_from(generation, first_seed + number) for number in range(variants)]
    groups = [
        [_Job(text, config, replace(wish, stem=wish.stem or targets.slug(text))) for config in configs]
        for text in prompts
    ]
    style = _Style(as_json, quiet, picture, colour, rendered, pick, show_all)
    if start is not None and configs[0].physics:
        with show_wait("analysing the model to start from", quiet=quiet):
            _warn_of_unstable(start, start_file or "", configs[0])
    with show_wait("loading the language model", quiet=quiet):
        generator = load_generator(configs[0])
    _say_meanings(generator, [job for group in groups for job in group], quiet=quiet)
    if shares_passes(generator, sum(map(len, groups)), batch):
        outcomes = _make_together(generator, groups, start, style, batch)
    else:
        outcomes = _make_in_turn(generator, groups, start, style)
    if start is not None:
        outcomes = _say_what_stayed(outcomes, start, start_file or "")
    return _write_all(outcomes, groups, style)


def _read_start(file: str | None, generation: dict[str, Any]) -> BrickStructure | None:
    """The structure to continue from; its world becomes the world unless ``--world-dim`` says otherwise."""
    if file is None:
        return None
    chosen = (
        click.get_current_context().get_parameter_source("world_dim")
        is not click.core.ParameterSource.DEFAULT
    )
    start = read_structure(file, world_dim=generation["world_dim"] if chosen else None)
    if len(start) >= generation["max_bricks"]:
        raise ConfigError(
            f"{file} has {len(start)} bricks already, and --max-bricks is {generation['max_bricks']}; "
            "raise it to continue"
        )
    generation["world_dim"] = start.world_dim
    return start


def _warn_of_unstable(start: BrickStructure, file: str, config: GenerationConfig) -> None:
    """Say beforehand that the bricks to continue from do not stand by themselves.

    Raises:
        SolverError: the solver that was asked for by name is not there.
    """
    report = StabilityAnalyzer(config.criterion, config.solver).analyze(start)
    if report.status == "unstable":
        hint = ""
        if config.max_regenerations:
            hint = "; rollback may take some of its bricks down (--max-regenerations 0 keeps them)"
        console.warning(f"{file} does not stand by itself: {report.message}{hint}")


def _say_what_stayed(outcomes: Iterable[Outcome], start: BrickStructure, file: str) -> Iterator[Outcome]:
    """The outcomes; warns of each that is but the structure that was begun with."""
    lines = [brick.text for brick in start.bricks]
    for outcome in outcomes:
        if outcome.result is not None and [brick.text for brick in outcome.structure.bricks] == lines:
            console.warning(
                f"no brick was added to {file}: the model takes it as complete; try another --seed"
            )
        yield outcome


def _make_target(prompts: Sequence[str], out: str | None, formats: tuple[str, ...], force: bool) -> Target:
    """Where to write, tried out before any work is done; its stem is empty where prompts give the names."""
    folder, stem, create = targets.parse_out(out, many=len(prompts) > 1)
    target = Target(folder, stem or "", formats, force)
    for text in prompts:
        replace(target, stem=stem or targets.slug(text)).require_writable(create=create)
    return target


def _say_meanings(generator: BrickGenerator, jobs: Sequence[_Job], *, quiet: bool) -> None:
    """Say beforehand what is taken for the words that the model does not know, a note once.

    Raises:
        PromptError: a prompt names what the model does not know; of several, it is said which.
    """
    several = len({job.prompt for job in jobs}) > 1
    notes: dict[tuple[str, str], None] = {}
    for job in jobs:
        try:
            notes |= {(job.prompt, note): None for note in generator.interpret(job.prompt, job.config).notes}
        except PromptError as error:
            raise PromptError(f"{job.prompt}: {error}" if several else str(error)) from error
    if not quiet:
        for prompt, note in notes:
            console.note(f"{prompt}: {note}" if several else note)


def _make_in_turn(
    generator: BrickGenerator, groups: Sequence[Sequence[_Job]], start: BrickStructure | None, style: _Style
) -> Iterator[Outcome]:
    """Generate one model after the other under the eyes of the user, until one is broken off."""
    jobs = [job for group in groups for job in group]
    for number, job in enumerate(jobs, start=1):
        count = f" [{number}/{len(jobs)}]" if len(jobs) > 1 else ""
        with show_progress(f"{console.one_line(job.prompt)}{count}", quiet=style.quiet) as listener:
            outcome = drive(
                generator, job.prompt, job.config, start=start, colour=style.colour, listener=listener
            )
        yield outcome
        if outcome.error is not None or outcome.interrupted:
            return


def _make_together(
    generator: BrickGenerator,
    groups: Sequence[Sequence[_Job]],
    start: BrickStructure | None,
    style: _Style,
    size: int,
) -> Iterator[Outcome]:
    """Generate all models at a time, ``size`` at most."""
    jobs = [Job(job.prompt, job.config, start) for group in groups for job in group]
    team = Team(generator, jobs, size, style.colour)
    outcomes = team.outcomes()
    while True:
        with show_together(team, len(jobs), quiet=style.quiet):
            outcome = next(outcomes, None)
        if outcome is None:
            return
        yield outcome


def _write_all(outcomes: Iterator[Outcome], groups: Sequence[Sequence[_Job]], style: _Style) -> int:
    """Write and report every model as it comes, prompt by prompt; the worst exit code."""
    total = sum(map(len, groups))
    codes: list[ExitCode] = []
    used: set[str] = set()
    errors: list[BrickGPTError] = []
    interrupted = False
    for variants in groups:
        made: list[Outcome] = []
        for job, outcome in zip(variants, outcomes, strict=False):
            made.append(outcome)
            errors += [] if outcome.error is None else [outcome.error]
            interrupted = interrupted or outcome.interrupted
            with catch_ctrl_c() as late:  # a model that is ready is written
                if not style.pick:
                    codes.append(_finish(job, outcome, used, style))
                    _leave_a_line(total, style)
            if late.pressed:
                return ExitCode.INTERRUPTED
        with catch_ctrl_c() as late:
            codes += _close(variants, made, used, style)
        if late.pressed:
            return ExitCode.INTERRUPTED
    if errors:
        raise errors[0]
    if interrupted:
        return ExitCode.INTERRUPTED
    if len(codes) > 1 and not (style.json or style.quiet):
        click.echo(f"{len(codes)} models, {codes.count(ExitCode.OK)} of them stand")
    return max(codes)


def _leave_a_line(models: int, style: _Style) -> None:
    if models > 1 and not (style.json or style.quiet):
        click.echo()


def _close(
    variants: Sequence[_Job], outcomes: Sequence[Outcome], used: set[str], style: _Style
) -> list[ExitCode]:
    """What is due once all variants of a prompt are there: write the best of them, and the sheet of all."""
    codes, best = [], None
    if outcomes and style.pick:
        best = best_of(outcomes)
        result = outcomes[best].result
        if result is not None and len(outcomes) > 1 and not style.quiet:
            console.note(why_best(result, len(outcomes)))
        codes.append(_finish(variants[best], outcomes[best], used, style))
    if style.show_all:
        sheet = write_sheet(outcomes, [job.config.seed or 0 for job in variants], variants[0].wish, best)
        if sheet is not None and not style.quiet:
            console.note(f"all variants are on {sheet}")
    return codes


def _finish(job: _Job, outcome: Outcome, used: set[str], style: _Style) -> ExitCode:
    """Write and report one model; the exit code that it deserves."""
    files = []
    if len(outcome.structure):
        target = job.wish.free(used)
        used.add(target.stem)
        files = targets.write_model(outcome.structure, target, title=job.prompt)
        if style.rendered:
            _render(outcome.structure, files, quiet=style.quiet)
    if style.json:
        print_json(summary_object(job.config, job.prompt, outcome, files))
    elif outcome.result is not None and files and not style.quiet:
        print_summary(outcome.result, outcome.structure, files, picture=style.picture)
    if outcome.result is None:
        return _report_partial(outcome, files)
    warn_of_break(outcome)
    return _judge(outcome.result, files)


def _render(structure: BrickStructure, files: Sequence[Path], *, quiet: bool) -> None:
    """Put Blender's picture in the place of ours, which stays where Blender is missing or fails."""
    from brickgpt_engine.rendering.blender import render

    for path in (file for file in files if file.suffix == targets.PICTURE):
        try:
            with show_wait("Blender makes the picture", quiet=quiet):
                render(structure, path)
        except BrickGPTError as error:
            console.warning(f"{error}; {path} is the isometric picture")


def _report_partial(outcome: Outcome, files: Sequence[Any]) -> ExitCode:
    """Say what became of a model that was broken off."""
    why = "interrupted" if outcome.interrupted else "generation failed"
    if files:
        saved = f"the {len(outcome.structure)} bricks built so far are in {targets.named(files)}"
        hint = f"; continue with --start {files[0]}" if files[0].suffix != targets.PICTURE else ""
        console.warning(f"{why}: {saved}{hint}")
    elif outcome.error is None:  # an error is told by itself
        console.warning(f"{why}: no brick was placed yet, so nothing was written")
    return ExitCode.INTERRUPTED if outcome.interrupted else ExitCode.MODEL


def _judge(result: GenerationResult, files: Sequence[Path]) -> ExitCode:
    """Warn of a model that does not stand, or of one without bricks."""
    report = result.report
    if report is None:
        console.warning(
            f"no brick was placed for {result.prompt[:60]!r}, so nothing was written; try another --seed"
        )
        return ExitCode.UNSTABLE
    warn_of_solver_change(report, result.config.solver)
    if report.status == "unknown":
        console.warning(f"nobody knows whether the model stands: {report.message}; try another --solver")
        return ExitCode.SOLVER
    if not report.stable:
        more = "" if result.config.max_regenerations else ", or allow --max-regenerations"
        if result.config.physics and files and files[0].suffix != targets.PICTURE:
            more += f", or 'brickgpt repair {files[0]}'"
        console.warning(f"the model does not stand: {report.message}; try another --seed{more}")
        return ExitCode.UNSTABLE
    return ExitCode.OK
