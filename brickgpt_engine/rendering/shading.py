"""From light to colour: tone ramps per brick colour, and the heat scale for stress."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.colours import DEFAULT_COLOUR, Rgb, colour_of_code

TONES = 256
"""Entries of a tone ramp."""
FULL_TONE = 192
"""The entry that shows a colour as it is; below lie its shadows, above its highlights."""

_SHADOW_TINT = np.array([0.30, 0.22, 0.05])  # exponents: red fades first, so that shadows turn cool
_VIVID = 0.74  # catalogue colours are measured dull; sunlit plastic is not
_HEAT = (
    (0.00, (58, 110, 165)),
    (0.25, (96, 178, 172)),
    (0.50, (238, 214, 102)),
    (0.75, (238, 140, 58)),
    (1.00, (190, 28, 36)),
)


def heat_rgb(stress: NDArray[np.float64]) -> NDArray[np.float64]:
    """The heat scale, from blue (0) over yellow to red (1 and above).

    Args:
        stress: share of the breaking load per brick, shape (n,); not-a-number counts as 1.

    Returns:
        red, green, blue 0 … 255, shape (n, 3).
    """
    at = np.clip(np.nan_to_num(stress, nan=1.0, posinf=1.0), 0.0, 1.0)
    stops = [stop for stop, _ in _HEAT]
    channels = [np.interp(at, stops, [rgb[channel] for _, rgb in _HEAT]) for channel in range(3)]
    return np.stack(channels, axis=1)


def brick_rgb(codes: list[int | None], default: int | Rgb | None) -> NDArray[np.float64]:
    """Colours of bricks, shape (n, 3), 0 … 255.

    Args:
        codes: LDraw code per brick; None or an unknown code takes the default.
        default: LDraw code or RGB, None for :data:`DEFAULT_COLOUR`.
    """
    fallback = default if isinstance(default, tuple) else _rgb_of(default)
    known = {code: fallback if code is None else _rgb_of(code, fallback) for code in set(codes)}
    return np.array([known[code] for code in codes], dtype=np.float64).reshape(-1, 3)


def _rgb_of(code: int | None, fallback: Rgb = (252, 172, 0)) -> Rgb:
    colour = colour_of_code(DEFAULT_COLOUR if code is None else code)
    return colour.rgb if colour is not None else fallback


def tone_ramps(rgb: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Ramps from the deepest shadow to the brightest highlight of each colour.

    Args:
        rgb: colours 0 … 255, shape (n, 3).

    Returns:
        shape (n, TONES, 4), red, green, blue and a full alpha.
    """
    colours, which = np.unique(rgb, axis=0, return_inverse=True)
    base = (colours[:, None, :] / 255.0) ** _VIVID * 0.97 + 0.03  # no paint is free of white
    luminance = base @ np.array([0.299, 0.587, 0.114])
    base = base + (0.13 - luminance[..., None]).clip(0) * (1 - base)  # keep form visible on black bricks
    tone = (np.arange(TONES) / FULL_TONE)[None, :, None]
    dark = np.minimum(tone, 1.0)
    shade = base ** (1 + _SHADOW_TINT * (1 - dark)) * dark
    glow = (tone - 1.0).clip(0) * 1.5
    shaded = shade + (1 - shade) * glow.clip(0, 1)
    ramps = np.empty((len(colours), TONES, 4), dtype=np.uint8)
    ramps[..., :3] = np.rint(shaded.clip(0, 1) * 255)
    ramps[..., 3] = 255
    return ramps[which.ravel()]
