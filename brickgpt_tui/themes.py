"""The studio's two themes: one for dark rooms, one for bright ones."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="brickgpt-dark",
    primary="#F2A900",
    secondary="#3E7CC4",
    accent="#F2A900",
    warning="#E07B2E",
    error="#E0524A",
    success="#5DB761",
    foreground="#E4E3DF",
    background="#16181C",
    surface="#1D2026",
    panel="#262A32",
    dark=True,
)
"""Warm bricks on dark grey."""

LIGHT = Theme(
    name="brickgpt-light",
    primary="#1E5AA8",
    secondary="#A05A00",
    accent="#1E5AA8",
    warning="#A85400",
    error="#B3261E",
    success="#1F7A33",
    foreground="#23262B",
    background="#F7F6F2",
    surface="#EEECE6",
    panel="#E2DFD6",
    dark=False,
)
"""Blue on paper."""

THEMES = (DARK, LIGHT)


def other(theme: Theme) -> str:
    """Name of the theme to switch to from ``theme``: light for dark and the other way."""
    return LIGHT.name if theme.dark else DARK.name
