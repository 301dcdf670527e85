"""What can be said about letters and numbers."""

from __future__ import annotations

from training.data.captions.wording import Alternatives, Facts, Wording, counted, size_adjectives

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_HOLES = {1: "ADOPR69", 2: "B8"}


def letter(facts: Facts) -> Wording:
    """Words for a letter or a number."""
    character = str(facts["character"])
    features: list[Alternatives] = [_face(facts), _stand(facts)]
    for count, characters in _HOLES.items():
        if character in characters:
            features.append(counted(count, "hole") + counted(count, "closed loop"))
    if facts.get("strokes") == "thick":
        features.append(("thick strokes", "bold strokes", "deep sides"))
    remarks = ("made for a desk", "for a name sign", "for my desk", "standing upright", "facing the front")
    return Wording(_nouns(character), size_adjectives(facts), tuple(features), remarks)


def _nouns(character: str) -> Alternatives:
    if character.isdigit():
        word = _DIGITS[int(character)]
        return (
            f"number {character}",
            f"number {word}",
            f"number {character}",
            f"digit {character}",
            f"digit {character}",
            f"number {word}",
            f"numeral {character}",
            f"figure {character}",
        )
    return (
        f"letter {character}",
        f"letter {character}",
        f"letter {character}",
        f"letter {character}",
        f"capital {character}",
        f"capital letter {character}",
        f"block letter {character}",
        f"initial {character}",
    )


def _stand(facts: Facts) -> Alternatives:
    if facts["stand"]:
        return ("a stand", "a flat stand", "a base plate", "a base", "a stand below it")
    return ("no stand", "no base plate", "no base")


def _face(facts: Facts) -> Alternatives:
    if str(facts["character"]) in "EFHILT":
        return ("straight strokes", "square strokes", "a flat front", "clean lines")
    return ("blocky strokes", "a flat front", "a plain front", "stepped strokes")
