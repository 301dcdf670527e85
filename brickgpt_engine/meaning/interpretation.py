"""What a prompt was taken to mean."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interpretation:
    """What a prompt means to a model.

    Attributes:
        prompt: what the model reads; the prompt itself, to the letter, where nothing had to be changed.
        notes: one line for each thing that was changed, for people.
        shortened: words were left out.
    """

    prompt: str
    notes: tuple[str, ...] = ()
    shortened: bool = False
