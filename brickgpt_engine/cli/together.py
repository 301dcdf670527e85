"""Driving many generations at a time, their results in the order of the jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from brickgpt_engine.cli.run import Outcome, Tally, catch_ctrl_c, colour_code
from brickgpt_engine.generation import BrickGenerator, BrickPlaced, Event, Finished
from brickgpt_engine.generation.together import Job, Together, Told, can_share_passes


def shares_passes(generator: BrickGenerator, jobs: int, size: int) -> bool:
    """Whether ``jobs`` structures are made together, ``size`` at a time being what the user allows."""
    return jobs > 1 and size > 1 and can_share_passes(generator.model)


class Team:
    """Generates many structures together.

    Args:
        generator: the loaded model.
        jobs: what to make.
        size: most structures in work at a time.
        colour: what bricks get that have no colour; as for :func:`~brickgpt_engine.cli.run.drive`.

    Attributes:
        bricks: bricks placed so far, in all structures.
        done: structures that are finished.
    """

    def __init__(
        self, generator: BrickGenerator, jobs: Sequence[Job], size: int, colour: int | str | None
    ) -> None:
        self._together = Together(generator.model, jobs, size)
        self._colours = [colour_code(colour, job.prompt) for job in jobs]
        self._tallies = [Tally() for _ in jobs]
        self.bricks = self.done = 0

    def outcomes(self) -> Iterator[Outcome]:
        """Outcomes in the order of the jobs, each as soon as those before it are there.

        A first Ctrl-C ends every run after the brick in hand; what was built then comes as outcomes, too.
        """
        events = self._together.events()
        try:
            for number, tally in enumerate(self._tallies):
                interrupted = not tally.ended and self._follow(events, tally)
                if interrupted:
                    events.close()
                    yield from map(self._outcome, range(number, len(self._tallies)))
                    return
                yield self._outcome(number)
        finally:
            events.close()

    def _follow(self, events: Iterator[Told], until: Tally) -> bool:
        """Read events until one run has ended; True where Ctrl-C came first."""
        with catch_ctrl_c() as ctrl_c:
            for number, event in events:
                self._tallies[number].update(event)
                self._count(event)
                if ctrl_c.pressed or until.ended:
                    break
        return ctrl_c.pressed

    def _count(self, event: Event) -> None:
        self.bricks += isinstance(event, BrickPlaced)
        self.done += isinstance(event, Finished)

    def _outcome(self, number: int) -> Outcome:
        return self._tallies[number].outcome(self._together.current(number), self._colours[number])
