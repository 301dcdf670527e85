"""Several models for one prompt: keeping the best, and all of them on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brickgpt_engine.cli.run import Outcome
from brickgpt_engine.cli.targets import Target
from brickgpt_engine.formats import atomic
from brickgpt_engine.generation import GenerationResult, pick

_CELL = 420
_MOST_COLUMNS = 4


def best_of(outcomes: Sequence[Outcome]) -> int:
    """Index of the best outcome: of those that came to their end where there are any, else the last."""
    ended = [number for number, outcome in enumerate(outcomes) if outcome.result is not None]
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    return ended[pick(results)] if results else len(outcomes) - 1


def why_best(result: GenerationResult, rivals: int) -> str:
    """What is said about the variant that is kept."""
    verdict = "it stands" if result.stable else "none stands"
    likely = "" if result.log_likelihood is None else f", {result.log_likelihood:.2f} nats a brick"
    asked = ", not as asked: " + ", ".join(result.missing) if result.missing else ""
    return f"kept seed {result.seed} of {rivals} variants ({verdict}{asked}{likely})"


def write_sheet(
    outcomes: Sequence[Outcome], seeds: Sequence[int], wish: Target, best: int | None
) -> Path | None:
    """Draw all variants with seed, size and verdict into ``NAME-all.png``; None where none has bricks.

    Args:
        outcomes: the variants.
        seeds: the seed of each.
        wish: names folder and stem, and says whether a sheet that is there may be replaced.
        best: the variant that is kept, marked on the sheet.

    Raises:
        OutputError: the sheet cannot be written.
    """
    from brickgpt_engine.rendering import contact_sheet, png_bytes, render_isometric

    cells = [
        (render_isometric(outcome.structure, size=_CELL), _caption(outcome, seed, number == best))
        for number, (outcome, seed) in enumerate(zip(outcomes, seeds, strict=False))
        if len(outcome.structure)
    ]
    if not cells:
        return None
    columns = min(_MOST_COLUMNS, max(1, round(len(cells) ** 0.5)))
    target = Target(wish.folder, f"{wish.stem}-all", ("png",), wish.force).free(set())
    atomic.write_bytes(target.paths[0], png_bytes(contact_sheet(cells, columns=columns, cell=_CELL)))
    return target.paths[0]


def _caption(outcome: Outcome, seed: int, best: bool) -> str:
    result = outcome.result
    verdict = "broken off" if result is None else "stands" if result.stable else "does not stand"
    return f"seed {seed}: {len(outcome.structure)} bricks, {verdict}{', kept' if best else ''}"
