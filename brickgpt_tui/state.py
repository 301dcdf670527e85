"""What the studio holds: the model, how it came about, what is shown of it, and what was before."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from brickgpt_tui.snapshot import WORLD_DIM, ModelSnapshot

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick
    from brickgpt_engine.physics import StabilityReport

UNDO_STEPS = 200
"""Steps that are remembered; bricks are shared between them, so a step costs little memory."""
_revisions = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Document:
    """A model and how it came about.

    Attributes:
        bricks: all bricks, in build order.
        world_dim: side of the world in cells.
        prompt: the sentence it was made from; empty for a file.
        seed: the seed of its run, or None.
        title: what to call it: the prompt, or the file's name.
        step: what made it out of the document before, for undo and redo ("delete brick 5").
        report: the verdict on exactly these bricks, or None.
        safety: its safety factor (see ``StabilityReport.safety_factor``), or None while unknown.
        revision: unlike that of any other document of this program run.
    """

    bricks: tuple[Brick, ...] = ()
    world_dim: int = WORLD_DIM
    prompt: str = ""
    seed: int | None = None
    title: str = ""
    step: str = ""
    report: StabilityReport | None = None
    safety: float | None = None
    revision: int = field(default_factory=lambda: next(_revisions))

    def having(self, bricks: Iterable[Brick], step: str) -> Document:
        """The document that ``step`` made of this one: other bricks, not judged yet."""
        return replace(
            self, bricks=tuple(bricks), step=step, report=None, safety=None, revision=next(_revisions)
        )


class StudioState:
    """The document on screen with its past and future; every change goes through one of its methods.

    Attributes:
        document: the model on screen.
        shown: how many of its bricks are visible, in build order.
        selected: build-order position of the selected brick, or None.
    """

    def __init__(self) -> None:
        self.document = Document()
        self.shown = 0
        self.selected: int | None = None
        self._past: list[Document] = []
        self._future: list[Document] = []

    @property
    def snapshot(self) -> ModelSnapshot:
        """The model as widgets get it."""
        document = self.document
        return ModelSnapshot(
            bricks=document.bricks,
            world_dim=document.world_dim,
            shown=self.shown,
            report=document.report,
            selected=self.selected,
            revision=document.revision,
        )

    @property
    def following(self) -> bool:
        """Whether all bricks are visible, so that new ones should be too."""
        return self.shown >= len(self.document.bricks)

    @property
    def undoable(self) -> str | None:
        """The step that undo would take back, or None."""
        return self.document.step if self._past else None

    @property
    def redoable(self) -> str | None:
        """The step that redo would make again, or None."""
        return self._future[-1].step if self._future else None

    def put(self, document: Document) -> None:
        """Show another document; the one before can be had back with undo."""
        self._past.append(self.document)
        del self._past[:-UNDO_STEPS]
        self._future.clear()
        self._show(document)

    def grow(self, bricks: tuple[Brick, ...], report: StabilityReport | None, seed: int | None) -> None:
        """Replace the bricks of the run in progress; no step of its own.

        What is visible follows the end, unless the user has scrubbed back from it.
        """
        following = self.following
        self.document = replace(
            self.document, bricks=bricks, report=report, safety=None, seed=seed, revision=next(_revisions)
        )
        self.shown = len(bricks) if following else min(self.shown, len(bricks))
        self._check_selection()

    def abandon(self) -> None:
        """Take the last step back as if it had never been, because nothing came of it."""
        if self._past:
            self._show(self._past.pop())

    def undo(self) -> str | None:
        """Go a step back; answers its name, or None when there is none."""
        if not self._past:
            return None
        undone = self.document
        self._future.append(undone)
        self._show(self._past.pop())
        return undone.step

    def redo(self) -> str | None:
        """Go a step forward again; answers its name, or None when there is none."""
        if not self._future:
            return None
        self._past.append(self.document)
        self._show(self._future.pop())
        return self.document.step

    def delete(self, index: int) -> None:
        """Take one brick away."""
        bricks = self.document.bricks
        brick = bricks[index]
        step = f"delete {brick.h}x{brick.w} at ({brick.x},{brick.y},{brick.z})"
        self.put(self.document.having((*bricks[:index], *bricks[index + 1 :]), step))

    def delete_above(self, layer: int) -> int:
        """Take away every brick above ``layer``; answers how many."""
        kept = tuple(brick for brick in self.document.bricks if brick.z <= layer)
        removed = len(self.document.bricks) - len(kept)
        if removed:
            self.put(self.document.having(kept, f"delete everything above layer {layer}"))
        return removed

    def judge(self, revision: int, report: StabilityReport | None, safety: float | None) -> bool:
        """Note a verdict, here or in a document of the past; answers whether the one on screen is meant."""
        if self.document.revision == revision:
            self.document = replace(self.document, report=report, safety=safety)
            return True
        for pile in (self._past, self._future):
            for place, document in enumerate(pile):
                if document.revision == revision:
                    pile[place] = replace(document, report=report, safety=safety)
        return False

    def scrub(self, count: int) -> None:
        """Show the first ``count`` bricks, kept within bounds."""
        self.shown = max(0, min(count, len(self.document.bricks)))

    def select(self, index: int | None) -> None:
        """Select a brick, or none."""
        self.selected = index
        self._check_selection()

    def _show(self, document: Document) -> None:
        self.document = document
        self.shown = len(document.bricks)
        self._check_selection()

    def _check_selection(self) -> None:
        if self.selected is not None and not 0 <= self.selected < len(self.document.bricks):
            self.selected = None
