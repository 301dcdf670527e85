"""Algorithm 1 of the paper as a stream of events: rejection sampling per brick, physics at the end, rollback.

Source: "Generating Physically Stable and Buildable Brick Structures from Text",
arXiv 2505.05469, Algorithm 1; numbers and options as in the published program.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure, Rejection
from brickgpt_engine.decoding.batch import aside
from brickgpt_engine.decoding.grammar import BrickGrammar
from brickgpt_engine.decoding.legality import LegalRules
from brickgpt_engine.decoding.loader import LoadedModel
from brickgpt_engine.decoding.pivot_grammar import PivotGrammar
from brickgpt_engine.decoding.sampling import Choice, log_shares
from brickgpt_engine.decoding.syntax import LineSyntax
from brickgpt_engine.decoding.tokens import TokenModel
from brickgpt_engine.errors import BrickGPTError, ConfigError, InvalidBrickError, PromptError
from brickgpt_engine.generation.attempts import Attempts, wish_of
from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_engine.generation.events import (
    BrickPlaced,
    BrickRejected,
    Event,
    Failed,
    Finished,
    GenerationResult,
    RolledBack,
    StabilityChecked,
    Started,
)
from brickgpt_engine.generation.holding import Hanging
from brickgpt_engine.generation.prompts import encode_prompt, interpreted
from brickgpt_engine.generation.rollback import Escalation, Judge, past_help, standing_part
from brickgpt_engine.generation.writer import Line, LineWriter
from brickgpt_engine.meaning.interpretation import Interpretation
from brickgpt_engine.physics import (
    Cadence,
    IncrementalAnalyzer,
    StabilityAnalyzer,
    StabilityReport,
    connectivity_report,
)
from brickgpt_engine.physics.solvers import gurobi


class BrickGenerator:
    """Generates structures with one loaded model, one at a time.

    Args:
        model: what :func:`brickgpt_engine.decoding.load_model` returns.
        share: another generator of the same model, whose grammars serve this one, too.
    """

    def __init__(self, model: LoadedModel, *, share: BrickGenerator | None = None) -> None:
        self.model = model
        self._attempts: Attempts | None = None
        self._grammars: dict[int, LineSyntax] = {} if share is None else share._grammars

    @property
    def current(self) -> BrickStructure:
        """A copy of the structure as it stands in the run in progress, or at the end of the last one."""
        return BrickStructure() if self._attempts is None else self._attempts.structure.copy()

    def interpret(self, prompt: str, config: GenerationConfig | None = None) -> Interpretation:
        """What the model would read for ``prompt``, and how that differs, without generating.

        Raises:
            PromptError: the prompt is empty, or names what the model does not know.
        """
        config = config or GenerationConfig()
        return interpreted(prompt, self.model.vocabulary, literal=config.literal, seed=config.seed or 0)

    def generate(
        self, prompt: str, config: GenerationConfig | None = None, *, start: BrickStructure | None = None
    ) -> Iterator[Event]:
        """Generate a structure for ``prompt``; closing the iterator cancels.

        A model or solver that fails in the middle gives a last event
        :class:`~brickgpt_engine.generation.events.Failed` with what was built.

        Args:
            prompt: what to build.
            config: options; the defaults where None. Its model and device were settled at loading.
            start: bricks to continue from. Rollback may take some of them away.

        Raises:
            PromptError: the prompt is empty, does not fit the model, or names what it does not know.
            ConfigError: ``start`` belongs to a world of another size.
            ModelError: the tokenizer cannot write brick lines, or lacks what the prompt needs.
            SolverError: the solver that is asked for is not there.
        """
        config = config or GenerationConfig()
        if start is not None and start.world_dim != config.world_dim:
            raise ConfigError(
                f"world_dim is {config.world_dim}, and the structure to continue from has {start.world_dim}; "
                "give both the same"
            )
        seed = secrets.randbits(32) if config.seed is None else config.seed
        read = interpreted(prompt, self.model.vocabulary, literal=config.literal, seed=seed)

        def draw(number: int) -> _Run:
            empty = BrickStructure(world_dim=config.world_dim)
            rng = np.random.default_rng([seed, number] if number else seed)
            return _Run(
                self.model,
                self.grammar(config.world_dim),
                _Order(prompt, read, config, seed),
                empty if start is None else start.copy(),
                rng,
            )

        wish = partial(wish_of, prompt, read, self.model.vocabulary, config)
        self._attempts = Attempts(draw, wish, config.max_attempts)
        return self._attempts.events()

    def run(
        self, prompt: str, config: GenerationConfig | None = None, *, start: BrickStructure | None = None
    ) -> GenerationResult:
        """Generate without looking at the events.

        Raises:
            BrickGPTError: as :meth:`generate`, and whatever ended the run in the middle.
        """
        for event in self.generate(prompt, config, start=start):
            if isinstance(event, Finished):
                return event.result
            if isinstance(event, Failed):
                raise event.error
        raise BrickGPTError("generation ended without a result")

    def grammar(self, world_dim: int) -> LineSyntax:
        """The syntax of the model's lines in a world of this size, made once.

        Raises:
            ModelError: the tokenizer cannot write them.
        """
        if world_dim not in self._grammars:
            fitting = [(h, w) for h, w in FOOTPRINTS if max(h, w) <= world_dim]
            self._grammars[world_dim] = _syntax(self.model, world_dim, fitting)
        return self._grammars[world_dim]


def _syntax(model: LoadedModel, world_dim: int, footprints: Sequence[tuple[int, int]]) -> LineSyntax:
    """That of the format that the model was trained to write."""
    if model.pivot is None:
        return BrickGrammar(model.tokenizer, world_dim, footprints)
    return PivotGrammar(model.tokenizer, world_dim, *model.pivot, footprints)


@dataclass(frozen=True, slots=True)
class _Written:
    """A kept line: the tokens before it, what it says, why it was not placed, and how it was chosen.

    The last is its log-likelihood where there is no other way to know it later.
    """

    start: int
    content: Brick | str
    reason: Rejection | None
    chosen: tuple[Choice, ...] | float | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A finished text with its verdict."""

    structure: BrickStructure
    report: StabilityReport | None
    written: tuple[_Written, ...]

    @property
    def failing(self) -> float:
        """Share of bricks that fail, of which the best of several unstable outcomes has least."""
        if self.report is None or self.report.stable:
            return 0.0
        return max(1, len(self.report.failures)) / len(self.structure)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be made: the prompt, what is read for it, the options, and the seed that was settled."""

    prompt: str
    read: Interpretation
    config: GenerationConfig
    seed: int


class _Run:
    """One run: the structure, the lines behind it and the counts, driven by :meth:`events`."""

    def __init__(
        self,
        model: LoadedModel,
        grammar: LineSyntax,
        order: _Order,
        structure: BrickStructure,
        rng: np.random.Generator,
    ) -> None:
        config = order.config
        self.structure = structure
        self._order, self._config, self._grammar = order, config, grammar
        self._prompt_ids = _prompt_ids(model, grammar, order.read.prompt, config, structure)
        self._judge = _polite(_make_judge(config), model.token_model)
        self._cadence = Cadence(config.check)
        self._escalation = Escalation(len(structure)) if config.rollback == "escalating" else None
        mends = self._escalation is not None and config.max_regenerations > 0
        self._hanging = Hanging(grammar.footprints) if mends else None
        self._end: Line | None = None
        self._ruled = config.rules != LegalRules()
        self._writer = LineWriter(model.token_model, grammar, config, rng)
        self._written: list[_Written] = []
        self._rejections = {reason.value: 0 for reason in Rejection}
        self._regenerations = 0
        self._best: _Outcome | None = None
        self._began = time.perf_counter()

    def events(self) -> Iterator[Event]:
        """The whole run, from Started to Finished or Failed."""
        self._began = time.perf_counter()
        order = self._order
        yield Started(
            order.prompt,
            self._config,
            order.seed,
            self.structure.bricks,
            prompt_used=order.read.prompt,
            notes=order.read.notes,
        )
        try:
            self._read_prompt()
            stop = yield from self._write_and_mend()
        except BrickGPTError as error:
            yield Failed(error, self.structure.copy())
            return
        yield Finished(self._result(stop))

    def _read_prompt(self) -> None:
        """Read prompt and start bricks in one pass, noting where each line begins."""
        ids, said = list(self._prompt_ids), list[tuple[int, Brick]]()
        for number, brick in enumerate(self.structure):
            self._written.append(_Written(len(ids), brick, None))
            said.append((len(ids), brick))
            ids += self._grammar.encode([brick], self.structure[:number])
        self._writer.begin(ids, said)

    def _write_and_mend(self) -> Generator[Event, None, str]:
        """Write to the end, judge, cut, and write again until stable; returns the reason to stop."""
        while True:
            stop = yield from self._write()
            outcome = _Outcome(self.structure, self._verdict(), tuple(self._written))
            report = outcome.report
            if self._best is None or outcome.failing <= self._best.failing:
                self._best = replace(outcome, structure=self.structure.copy())
            if report is not None:
                yield StabilityChecked(report, len(self.structure))
            if report is None or report.stable or self._config.max_regenerations == 0:
                return stop
            if report.first_unstable is None:
                return "unverified"
            if self._regenerations == self._config.max_regenerations:
                return "max_regenerations"
            yield self._roll_back(report, report.first_unstable)

    def _write(self) -> Generator[Event, None, str]:
        """Add bricks until the model ends the text or a limit is reached; returns which."""
        while True:
            if len(self._written) >= self._config.max_bricks:
                return "max_bricks"
            if not self._writer.open_line(self.structure):
                return "context"
            stop = yield from self._place_legal() if self._config.exact else self._place_next()
            if stop is not None:
                return stop
            yield from self._look_early()

    def _look_early(self) -> Iterator[Event]:
        """Where a check is due, go back if something fails already that no later brick can hold."""
        if self._regenerations >= self._config.max_regenerations or not self._cadence.due(self.structure):
            return
        last = self.structure[-1]
        begins_layer = self._cadence is Cadence.LAYER
        done = BrickStructure(self.structure[: len(self.structure) - begins_layer], self.structure.world_dim)
        report = self._judge(done)
        failed = past_help(done, report, (last.z, 0 if begins_layer else last.x))
        if failed is not None:
            yield StabilityChecked(report, len(done))
            yield self._roll_back(report, failed)

    def _place_legal(self) -> Generator[Event, None, str | None]:
        """Draw one of the lines that can be placed; returns a reason to stop, or None."""
        before = self._writer.redraws
        line = self._draw_legal(self._temperature(), self._forbidden())
        if line is None:
            return "max_brick_rejections"
        if line.ended:
            return "end"
        reason = self._add(line)
        if reason is not None or line.brick is None:
            raise InvalidBrickError(f"{line.text} was drawn as legal and is not; report this with the seed")
        self._keep(line, None)
        yield BrickPlaced(line.brick, len(self.structure) - 1, self._writer.redraws - before)
        return None

    def _draw_legal(self, temperature: float, barred: frozenset[Brick]) -> Line | None:
        """Draw a line that can be placed; one that holds what hangs, where it is the last that can."""
        line = self._end or self._draw_resting(temperature, barred)
        if line is None or self._hanging is None:
            return line
        rescuers = [
            brick for brick in self._hanging.rescuers(self.structure, line.brick) if brick not in barred
        ]
        if not rescuers:
            return line
        self._end = line if line.ended else None
        return self._writer.draw_among(self.structure, temperature, rescuers) or line

    def _draw_resting(self, temperature: float, barred: frozenset[Brick]) -> Line | None:
        """Draw a line that can be placed, which rests on something once bricks have hung in the air."""
        line = self._writer.draw_legal(self.structure, temperature, barred)
        if line is None and barred:
            line = self._writer.draw_legal(self.structure, temperature)
        if line is None or line.brick is None or self._escalation is None or not self._escalation.supported:
            return line
        if self._writer.supported(line.brick, self.structure):
            return line
        return self._writer.draw_supported(self.structure, temperature, barred) or line

    def _place_next(self) -> Generator[Event, None, str | None]:
        """Draw lines until one can be placed; returns a reason to stop, or None."""
        config = self._config
        temperature = self._temperature()
        rejected: set[str] = set()
        for failures in range(config.max_brick_rejections + 1):
            line = self._writer.draw(temperature)
            if line.ended:
                return "end"
            reason = Rejection.ALREADY_REJECTED if line.text in rejected else self._add(line)
            if reason is None and line.brick is not None:
                self._keep(line, None)
                yield BrickPlaced(line.brick, len(self.structure) - 1, failures)
                return None
            reason = reason or Rejection.ILL_FORMED
            yield BrickRejected(line.text, line.brick, reason, len(self.structure), temperature)
            if config.max_brick_rejections == 0:
                self._keep(line, reason)
                return None
            self._rejections[reason.value] += 1
            rejected.add(line.text)
            if reason is Rejection.ALREADY_REJECTED:
                temperature = min(config.max_temperature, temperature + config.temperature_increase)
        return "max_brick_rejections"

    def _add(self, line: Line) -> Rejection | None:
        """Place the brick of ``line``, or say why it cannot be placed."""
        if line.brick is None:
            return Rejection.ILL_FORMED
        brick, grown = line.brick, self.structure
        if self._ruled and grown.check(brick) is None and not self._writer.legal(brick, grown):
            return Rejection.AGAINST_RULES
        return grown.add(brick)

    def _keep(self, line: Line, reason: Rejection | None) -> None:
        chosen = line.choices or self._writer.log_likelihood(line)
        self._written.append(_Written(self._writer.line_start, line.brick or line.text, reason, chosen))
        self._writer.accept(line)

    def _verdict(self) -> StabilityReport | None:
        return self._judge(self.structure) if len(self.structure) else None

    def _roll_back(self, report: StabilityReport, failed: int) -> RolledBack:
        """Cut before brick ``failed`` of ``report`` or further back, and stand there."""
        before = self.structure.bricks
        kept = standing_part(self.structure, report, failed, self._judge, strict=self._escalation is None)
        if self._escalation is not None:
            floats = any(found.index == failed and found.kind == "floating" for found in report.failures)
            kept = self._escalation.cut(before, kept, floating=floats)
        self.structure.truncate(kept)
        placed = [number for number, line in enumerate(self._written) if line.reason is None]
        cut = placed[kept]
        self._writer.reopen(self._written[cut].start)
        del self._written[cut:]
        self._regenerations += 1
        if self._hanging is not None:
            self._hanging.forget()
            self._end = None
        return RolledBack(kept, before[kept:], self._regenerations)

    def _temperature(self) -> float:
        """That of the first attempt at the next brick."""
        warmer = self._escalation.warmer(self.structure.bricks) if self._escalation else 0.0
        return min(self._config.max_temperature, self._config.temperature + warmer)

    def _forbidden(self) -> frozenset[Brick]:
        """Bricks that failed right after the same bricks before."""
        return self._escalation.forbidden(self.structure.bricks) if self._escalation else frozenset()

    def _result(self, stop: str) -> GenerationResult:
        best = self._best or _Outcome(self.structure, None, ())
        if best.structure != self.structure:  # let BrickGenerator.current agree with the result
            self.structure.truncate(0)
            for brick in best.structure:
                self.structure.add(brick)
        likelihoods = _log_likelihoods(best.written)
        return GenerationResult(
            structure=best.structure,
            report=best.report,
            prompt=self._order.prompt,
            config=self._config,
            rejections=dict(self._rejections),
            regenerations=self._regenerations,
            seconds=time.perf_counter() - self._began,
            tokens=self._writer.stream.tokens,
            seed=self._order.seed,
            stop_reason=stop,
            prompt_used=self._order.read.prompt,
            notes=self._order.read.notes,
            passes=self._writer.stream.passes,
            log_likelihood=sum(likelihoods) / len(likelihoods) if likelihoods else None,
            redraws=self._writer.redraws,
            drafted=self._writer.stream.drafted,
            accepted=self._writer.stream.accepted,
            raw_bricks=tuple(line.content for line in best.written),
            invalid=tuple((line.content, line.reason) for line in best.written if line.reason is not None),
        )


def _log_likelihoods(lines: Iterable[_Written]) -> list[float]:
    """Those of the lines that the model wrote, natural logarithms at temperature 1."""
    known = [line.chosen for line in lines if isinstance(line.chosen, float)]
    return known + log_shares([line.chosen for line in lines if isinstance(line.chosen, tuple)])


def _polite(judge: Judge, model: TokenModel) -> Judge:
    """``judge``, which lets others go on that share the model's passes."""

    def judge_aside(structure: BrickStructure) -> StabilityReport:
        with aside(model):
            return judge(structure)

    return judge_aside


def _make_judge(config: GenerationConfig) -> Judge:
    """The stability check that ``config`` asks for; it is quick about structures that differ by little."""
    if not config.physics:
        return connectivity_report
    if config.solver == "gurobi":
        gurobi.licence()  # a solver that cannot run is better known before the model has written
    return IncrementalAnalyzer(StabilityAnalyzer(criterion=config.criterion, solver=config.solver)).follow


def _prompt_ids(
    model: LoadedModel,
    grammar: LineSyntax,
    prompt: str,
    config: GenerationConfig,
    start: Sequence[Brick] | BrickStructure,
) -> list[int]:
    """Ids of the prompt, checked against the context with ``start`` and one more line.

    Raises:
        PromptError: they do not fit.
    """
    style = "nano" if model.prompt_style == "nano" else config.instruction_format
    ids = encode_prompt(model.tokenizer, prompt, style)
    context = model.token_model.context_length
    if len(ids) > context // 2:
        raise PromptError(
            f"the prompt is {len(ids)} tokens long; this model takes at most {context // 2}, shorten it"
        )
    if len(ids) + len(grammar.encode(start)) + grammar.max_line_tokens > context:
        raise PromptError(
            f"the structure to continue from ({len(start)} bricks) fills the model's context of {context} "
            "tokens; begin with fewer bricks"
        )
    return ids
