"""The studio's part of the command palette."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from brickgpt_tui.actions import ACTIONS, Action

if TYPE_CHECKING:
    from brickgpt_tui.screens.base import StudioBase


class StudioCommands(Provider):
    """Finds every action of the studio by its title."""

    async def discover(self) -> Hits:
        """All actions, before anything is typed."""
        for action in ACTIONS:
            yield DiscoveryHit(self._title(action), self._runner(action), help=action.help)

    async def search(self, query: str) -> Hits:
        """Actions whose title is like ``query``."""
        matcher = self.matcher(query)
        for action in ACTIONS:
            title = self._title(action)
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._runner(action), help=action.help)

    def _title(self, action: Action) -> str:
        key = self.app.get_key_display(action.binding.with_key(action.keys.split(",")[0]))
        return f"{action.title}  ({key})"

    def _runner(self, action: Action) -> partial[None]:
        screen: StudioBase = self.screen  # type: ignore[assignment]
        return partial(screen.perform, action)
