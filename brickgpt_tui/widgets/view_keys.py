"""Keys of the model view, live while the picture has the keyboard."""

from __future__ import annotations

from textual.binding import Binding, BindingType

MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}
"""Cells across and up that an arrow key moves the cursor by."""

VIEW_BINDINGS: list[BindingType] = [
    Binding("pageup,plus", "layer(1)", "Layer up", id="view.layer_up", show=False,
            tooltip="Look at the layer above"),
    Binding("pagedown,minus", "layer(-1)", "Layer down", id="view.layer_down", show=False,
            tooltip="Look at the layer below"),
    Binding("z", "zoom", "Zoom", id="view.zoom", show=False, tooltip="Change the size of the cells"),
    Binding("b", "ghost", "Below", id="view.ghost", show=False,
            tooltip="Show or hide the layer below as a ghost"),
    Binding("p", "dots", "Dots", id="view.dots", show=False,
            tooltip="Draw the isometric view with Braille dots, or with blocks"),
    Binding("k,enter", "cursor", "Cursor", id="view.cursor", show=False,
            tooltip="Pick bricks with the arrow keys; Escape ends it"),
    Binding("escape", "cursor(False)", "End cursor", id="view.cursor_off", show=False,
            tooltip="Give the arrow keys back"),
    *(
        Binding(key, f"move('{key}')", f"Cursor {key}", id=f"view.cursor_{key}", show=False,
                tooltip=f"Move the cursor {key} and select the brick there")
        for key in MOVES
    ),
]  # fmt: skip
"""Bindings of :class:`~brickgpt_tui.widgets.model_view.ModelView`, with ids and tooltips."""
