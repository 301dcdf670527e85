"""Drawing again until what the prompt states is there: "with armrests", "six legs", "8 studs wide".

A language model follows most words most of the time. Whether a structure has what the prompt names can
be measured, and drawing is cheap, so a structure that lacks something is drawn anew, with other random
numbers; if all lack something, the best is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_engine.generation.events import (
    Event,
    Failed,
    Finished,
    GenerationResult,
    Started,
    StartedOver,
)

if TYPE_CHECKING:
    from brickgpt_engine.meaning import Vocabulary
    from brickgpt_engine.statements.judging import Verdict


class Run(Protocol):
    """One way from the prompt to a structure."""

    structure: BrickStructure
    """What stands now."""

    def events(self) -> Iterator[Event]:
        """From Started to Finished or Failed."""


class Wish:
    """What a prompt states of the parts, counts and sizes of its thing, as far as it can be measured.

    Args:
        text: what the model reads.
        category: of the thing that it names; None where that is not known, and then nothing is stated.
    """

    def __init__(self, text: str, category: str | None) -> None:
        self._text, self._category = text, category

    @property
    def states_anything(self) -> bool:
        """Whether there is anything to look for."""
        if self._category is None:
            return False
        from brickgpt_engine.statements.judging import states_anything

        return states_anything(self._text, self._category)

    def judge(self, structure: BrickStructure) -> tuple[Verdict, ...]:
        """Every statement, and whether ``structure`` bears it out."""
        if self._category is None:
            return ()
        from brickgpt_engine.statements.judging import judge

        return tuple(judge(self._text, self._category, structure.occupancy))


def wish_of(text: str, vocabulary: Vocabulary | None, config: GenerationConfig) -> Wish:
    """The wish behind ``text``, for models that say what they know and prompts that are not ``literal``."""
    if vocabulary is None or config.literal:
        return Wish(text, None)
    from brickgpt_engine.meaning import category_in

    return Wish(text, category_in(text, vocabulary))


class Attempts:
    """Several runs as one stream of events.

    Args:
        make: begins run number n, counted from 0.
        wish: what to look for.
        most: most runs.

    Attributes:
        structure: what stands now; at the end the structure of the result.
    """

    def __init__(self, make: Callable[[int], Run], wish: Wish, most: int) -> None:
        self._make, self._wish = make, wish
        self._most = most if wish.states_anything else 1
        self._run = make(0)
        self._done: list[GenerationResult] = []
        self.structure = self._run.structure

    def events(self) -> Iterator[Event]:
        """From the first run's Started to the Finished of the best one, or to Failed."""
        while True:
            begins = len(self._done)
            for event in self._run.events():
                if isinstance(event, Finished):
                    again = self._end_of_run(event.result)
                    if again is None:
                        yield Finished(self._result())
                        return
                    yield again
                elif isinstance(event, Failed):
                    yield self._failed(event)
                    return
                elif not (begins and isinstance(event, Started)):
                    yield event

    def _end_of_run(self, result: GenerationResult) -> StartedOver | None:
        """Take a run into account; says that another begins, or nothing where none does."""
        statements = self._wish.judge(result.structure)
        self._done.append(replace(result, statements=statements))
        missing = tuple(verdict.words for verdict in statements if not verdict.holds)
        if not missing or len(self._done) >= self._most:
            return None
        self._run = self._make(len(self._done))
        self.structure = self._run.structure
        best = self._best().structure
        return StartedOver(self._run.structure.bricks, len(self._done) + 1, missing, best)

    def _best(self) -> GenerationResult:
        """The first that has most of what is stated, among those that stand if any does."""
        return max(self._done, key=lambda result: (result.stable, sum(v.holds for v in result.statements)))

    def _result(self) -> GenerationResult:
        """That of the best run, with the counts of all."""
        best, runs = self._best(), self._done
        self.structure = best.structure.copy()
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
