"""Statements of size in studs and bricks: "about 12 studs wide", "10 bricks tall"."""

from __future__ import annotations

from brickgpt_engine.statements.spans import Proportions, Voxels, extent
from training.data.captions.wording import Alternatives

_STUDS = ("{} studs {}", "about {} studs {}", "around {} studs {}", "roughly {} studs {}")
_BRICKS = ("{} bricks {}", "about {} bricks {}", "around {} bricks {}")
_WORDS = {"width": ("wide", "across"), "length": ("long", "in length")}


def size_phrases(proportions: Proportions, voxels: Voxels) -> tuple[Alternatives, ...]:
    """Ways to state each extent of the filled cells (bool, indexed (x, y, z)).

    The height is stated for every family; width and length are where the family says, by its
    proportions, along which axis they lie. An extent of one stays unsaid.
    """
    size = extent(voxels)
    phrases = [tuple(form.format(size[2], word) for form in _BRICKS for word in ("tall", "high"))]
    for name, words in _WORDS.items():
        if name in proportions and proportions[name].axis < 2:
            studs = size[proportions[name].axis]
            phrases.append(tuple(form.format(studs, word) for form in _STUDS for word in words if studs > 1))
    return tuple(options for options in phrases if options and size[2] > 1)
