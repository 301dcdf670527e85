"""Drawing again until what the prompt states is there: "with armrests", "six legs", "8 studs wide".

A language model follows most words most of the time. Whether a structure has what the prompt names can
be measured, and drawing is cheap, so a structure that lacks something is drawn anew, with other random
numbers; if all lack something, the best is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Protocol

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_engine.generation.events import (
    Event,
    Failed,
    Finished,
    GenerationResult,
    RolledBack,
    Started,
    StartedOver,
)

if TYPE_CHECKING:
    from brickgpt_engine.meaning import Vocabulary
    from brickgpt_engine.meaning.interpretation import Interpretation
    from brickgpt_engine.statements.judging import Verdict
    from brickgpt_engine.statements.spans import Value


class Run(Protocol):
    """One way from the prompt to a structure."""

    structure: BrickStructure
    """What stands now."""

    def events(self) -> Iterator[Event]:
        """From Started to Finished or Failed."""


@dataclass(frozen=True)
class Wish:
    """What a prompt states of the parts, counts and sizes of its thing, as far as it can be measured.

    Attributes:
        claims: by name, as :func:`brickgpt_engine.statements.judging.statements_in` gives them.
        category: of the thing; "" where it is not known, and then nothing is stated.
    """

    claims: Mapping[str, Value] = field(default_factory=dict)
    category: str = ""

    def judge(self, structure: BrickStructure) -> tuple[Verdict, ...]:
        """Every statement, and whether ``structure`` bears it out."""
        if not self.claims:
            return ()
        from brickgpt_engine.statements.judging import judge_claims

        return tuple(judge_claims(self.claims, self.category, structure.occupancy))


def wish_of(
    prompt: str, read: Interpretation, vocabulary: Vocabulary | None, config: GenerationConfig
) -> Wish:
    """The wish behind ``prompt``, for models that say what they know and prompts that are not ``literal``.

    What counts is what the model reads. But words are replaced and left out for the model, and where that
    changes what is stated ("neither arms nor back", less two words) nothing is taken to be stated.

    Args:
        prompt: as a person wrote it.
        read: what the model reads.
        vocabulary: what the model knows.
        config: the options.
    """
    if vocabulary is None or config.literal:
        return Wish()
    from brickgpt_engine.meaning import category_in
    from brickgpt_engine.statements.judging import statements_in

    category = category_in(read.prompt, vocabulary)
    if category is None:
        return Wish()
    claims = statements_in(read.prompt, category)
    if read.prompt != prompt:
        whole = statements_in(prompt, category)
        known = whole if read.shortened else claims | whole
        claims = {name: said for name, said in claims.items() if known.get(name) == said}
    return Wish(claims, category)


class Attempts:
    """Several runs as one stream of events.

    Args:
        make: begins run number n, counted from 0.
        wish: gives what to look for; asked when the first run has ended, as nobody waits for a brick then.
        most: most runs.

    Attributes:
        structure: what stands now; at the end the structure of the result.
    """

    def __init__(self, make: Callable[[int], Run], wish: Callable[[], Wish], most: int) -> None:
        self._make, self._wish, self._most = make, cache(wish), most
        self._run = make(0)
        self._done: list[GenerationResult] = []
        self.structure = self._run.structure

    def events(self) -> Iterator[Event]:
        """From the first run's Started to the Finished of the best one, or to Failed."""
        while True:
            again, earlier = bool(self._done), sum(run.regenerations for run in self._done)
            for event in self._run.events():
                if isinstance(event, Finished):
                    over = self._end_of_run(event.result)
                    if over is None:
                        best = self._result()
                        self.structure = best.structure.copy()
                        yield Finished(best)
                        return
                    yield over
                elif isinstance(event, Failed):
                    yield self._failed(event)
                    return
                elif isinstance(event, RolledBack):
                    yield replace(event, regeneration=earlier + event.regeneration)
                elif not (again and isinstance(event, Started)):
                    yield event

    def _end_of_run(self, result: GenerationResult) -> StartedOver | None:
        """Take a run into account; says that another begins, or nothing where none does.

        None does after a run that the model did not end itself: limits and contexts that are full
        would end the next one, too.
        """
        last = replace(result, statements=self._wish().judge(result.structure))
        self._done.append(last)
        if not last.missing or len(self._done) >= self._most or last.stop_reason != "end":
            return None
        best = self._result()
        self._run = self._make(len(self._done))
        self.structure = self._run.structure
        return StartedOver(self._run.structure.bricks, len(self._done) + 1, last.missing, best)

    def _best(self) -> GenerationResult:
        """The first that has most of what is stated, among those that stand if any does."""
        return max(self._done, key=lambda result: (result.stable, sum(v.holds for v in result.statements)))

    def _result(self) -> GenerationResult:
        """That of the best run so far, with the counts of all."""
        best, runs = self._best(), self._done
        return replace(
            best,
            attempts=len(runs),
            rejections={reason: sum(run.rejections[reason] for run in runs) for reason in best.rejections},
            regenerations=sum(run.regenerations for run in runs),
            seconds=sum(run.seconds for run in runs),
            tokens=sum(run.tokens for run in runs),
            passes=sum(run.passes for run in runs),
            redraws=sum(run.redraws for run in runs),
            drafted=sum(run.drafted for run in runs),
            accepted=sum(run.accepted for run in runs),
        )

    def _failed(self, event: Failed) -> Failed:
        """The failure, with the best whole structure where there was one."""
        if not self._done:
            return event
        self.structure = self._best().structure.copy()
        return Failed(event.error, self.structure)
