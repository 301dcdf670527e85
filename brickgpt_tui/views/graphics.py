"""Whether the terminal shows colours and true images; the latter is asked before the studio takes it over.

Textual reads all that the terminal says, so the question (Sixel? Kitty's protocol? how large is a
character?) has to be put before the application starts. textual-image puts it when it is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TERMINALS = ("kitty", "ghostty", "wezterm", "iterm", "foot", "mlterm", "contour", "sixel", "konsole", "rio")
_HINTS = ("KITTY_WINDOW_ID", "WEZTERM_PANE", "ITERM_SESSION_ID", "KONSOLE_VERSION", "WT_SESSION")

_UNKNOWN = "no true image: this terminal is not known to show any (Kitty, iTerm2 and Sixel terminals do)"
_MISSING = "no true image: install the extra 'images', that is, pip install textual-image"


@dataclass
class _Answer:
    """What the terminal said: the widget class for images, or why there are none."""

    widget: type[Any] | None = None
    reason: str = _UNKNOWN


_answer = _Answer()


def colour_wanted() -> bool:
    """Whether the terminal's owner wants colour: ``NO_COLOR`` is unset and the terminal is not dumb."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def may_show_images(environment: Mapping[str, str]) -> bool:
    """Whether it is worth asking the terminal, judging by its environment; loads nothing.

    ``BRICKGPT_IMAGES`` set to ``off`` says no, set to anything else yes.
    """
    wish = environment.get("BRICKGPT_IMAGES", "").lower()
    if wish:
        return wish not in ("0", "no", "off")
    names = (environment.get("TERM", "") + " " + environment.get("TERM_PROGRAM", "")).lower()
    return any(name in names for name in _TERMINALS) or any(hint in environment for hint in _HINTS)


def ask_terminal() -> str:
    """Find out what the terminal can show; call it before the application starts.

    Costs nothing where the environment gives no hint of a terminal with images. Returns why there
    will be no images, "" when there will be.
    """
    if not may_show_images(os.environ) or sys.__stdout__ is None or not sys.__stdout__.isatty():
        return _answer.reason
    try:
        from textual_image import renderable, widget  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        _answer.reason = _MISSING
        return _MISSING
    except Exception as error:  # noqa: BLE001 - raised by another's package over a strange terminal
        _answer.reason = f"no true image: this terminal cannot be asked ({type(error).__name__})"
        return _answer.reason
    if renderable.Image in (renderable.SixelImage, renderable.TGPImage):
        _answer.widget, _answer.reason = widget.Image, ""
    return _answer.reason


def image_widget() -> tuple[type[Any] | None, str]:
    """The widget class that shows a Pillow image, or None and one line that says why there is none."""
    return _answer.widget, _answer.reason
