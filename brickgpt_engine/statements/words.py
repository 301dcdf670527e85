"""Words that captions and prompts have for numbers and sizes."""

from __future__ import annotations

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

SIZE_SYNONYMS: dict[str, tuple[str, ...]] = {
    "tall": ("tall", "high"),
    "low": ("low", "squat"),
    "wide": ("wide", "broad"),
    "narrow": ("narrow", "slim", "skinny"),
    "long": ("long", "long", "elongated", "lengthy"),
    "short": ("short",),
    "small": ("small", "small", "tiny", "little", "compact", "mini", "miniature", "petite"),
    "large": ("large", "large", "big", "big", "huge", "massive", "oversized"),
    "deep": ("deep",),
    "shallow": ("shallow",),
}
"""Words for each fact about size."""
