"""Letters and numbers: the font holds together, is unmistakable, and is read back from shapes and words."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.claims import claims_in
from brickgpt_engine.statements.font import CHARACTERS, glyph
from brickgpt_engine.statements.measuring import check_claims, measured
from brickgpt_engine.statements.readings.signs import character_of
from training.data.shapes import FAMILIES
from training.data.shapes.base import box, centred, empty


def test_the_font_has_all_capitals_and_digits_and_no_two_alike():
    assert sorted(CHARACTERS) == list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert len({glyph(character).tobytes() for character in CHARACTERS}) == 36


def test_strokes_are_joined_through_rows_above_or_below():
    for character in CHARACTERS:
        cells = {(int(x), int(z)) for x, z in np.argwhere(glyph(character))}
        runs = {}
        for x, z in sorted(cells):
            start = x
            while (start - 1, z) in cells:
                start -= 1
            runs.setdefault((start, z), set()).add(x)
        reached = {run for run in runs if run[1] == 0}
        while True:
            more = {
                run
                for run in runs
                for seen in reached
                if abs(run[1] - seen[1]) == 1 and runs[run] & runs[seen]
            }
            if more <= reached:
                break
            reached |= more
        assert reached == set(runs), character


def test_a_letter_made_by_hand_is_read_with_and_without_a_stand():
    voxels = empty()
    box(voxels, 1, 3, 1, 3, 2, 16)
    box(voxels, 1, 11, 1, 3, 2, 4)
    assert measured("letter", centred(voxels))["character"] == "L"
    assert measured("letter", centred(voxels))["stand"] is False
    box(voxels, 0, 12, 0, 4, 0, 2)
    found = measured("letter", centred(voxels))
    assert (found["character"], found["stand"], found["holes"]) == ("L", True, 0)
    assert character_of(np.ones((10, 14), dtype=bool)) == ""


def test_another_character_is_a_false_claim():
    shape = FAMILIES["letter"](np.random.default_rng(3))
    other = "K" if shape.facts["character"] != "K" else "T"
    assert not check_claims("letter", shape.voxels, claims_in(f"a letter {other}", "letter"))["character"]


def test_characters_are_found_in_words():
    assert claims_in("a letter k on a stand", "letter") == {"character": "K", "stand": True}
    assert claims_in("the digit 7", "letter") == {"character": "7"}
    assert claims_in("a plain number seven", "letter") == {"character": "7"}
    assert claims_in("an initial B for my desk", "letter") == {"character": "B"}
