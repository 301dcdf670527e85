"""Everything that can be done in the studio, once: keys, names, tooltips, and what each needs.

Key bindings, footer, command palette and help screen are all made from this table.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from textual.binding import Binding

REASONS = {
    "idle": "a model is being built; stop it first (s)",
    "running": "nothing is being built",
    "bricks": "there is no model yet; type what to build, or open a file (o)",
    "selected": "no brick is selected; click one, or press n",
    "past": "there is nothing to undo",
    "future": "there is nothing to redo",
    "prompt": "this model has no prompt; type one (/), or continue with a new one (G)",
}
"""What each need means, said where it is not met."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    Attributes:
        id: its name, as key bindings and the user's keymap know it.
        keys: keys, separated by commas; the first is shown.
        label: one or two words for the footer.
        title: a short sentence for the palette and the help.
        help: what it does, in full: the tooltip.
        group: heading in the help.
        call: Textual action; by default that of the same name.
        needs: keys of :data:`REASONS`.
        footer: whether the footer shows it.
    """

    id: str
    keys: str
    label: str
    title: str
    help: str
    group: str
    call: str = ""
    needs: tuple[str, ...] = ()
    footer: bool = True

    @property
    def action(self) -> str:
        """The Textual action, such as ``view('iso')``."""
        return self.call or self.id.replace("-", "_")

    @property
    def binding(self) -> Binding:
        """The key binding."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=self.footer,
            tooltip=self.help,
            id=f"studio.{self.id}",
        )


GROUPS = ("Build", "Time", "Look", "Change", "Files", "Studio")
"""Headings of the help, in order."""


def _read() -> tuple[Action, ...]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(
        Action(id=name, **(fields | {"needs": tuple(fields.get("needs", ()))}))
        for name, fields in table.items()
    )


ACTIONS = _read()
"""All actions, those first that the footer shows first."""

BY_CALL = {action.action.partition("(")[0]: action for action in ACTIONS}
"""Actions by the name of the Textual action, without arguments."""
