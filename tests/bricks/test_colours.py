"""Brick colours: the facts against LDConfig.ldr where it is at hand, and what prompts ask for."""

import os
import re
from pathlib import Path

import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.colours import (
    COLOURS,
    DEFAULT_COLOUR,
    choose_colour,
    colour_by_name,
    colour_for_prompt,
    colour_of_code,
    paint,
)

SHARED = Path(os.environ.get("BRICKGPT_SHARED") or Path(__file__).resolve().parents[3] / "shared")
LDCONFIG = SHARED / "ldraw-mini" / "LDConfig.ldr"


@pytest.mark.skipif(not LDCONFIG.exists(), reason="needs the LDraw colour configuration")
def test_codes_names_and_values_are_those_of_ldraw():
    pattern = r"0 !COLOUR (\S+)\s+CODE\s+(\d+)\s+VALUE #(\w{6})\s+EDGE #\w{6}\s*$"  # solid: nothing follows
    text = LDCONFIG.read_text(encoding="utf-8")
    facts = {int(code): (name, value) for name, code, value in re.findall(pattern, text, re.MULTILINE)}
    for colour in COLOURS:
        name, value = facts[colour.code]
        assert colour.name == name.lower().replace("_", " ")
        assert "{:02X}{:02X}{:02X}".format(*colour.rgb) == value


def test_a_few_known_colours():
    assert colour_of_code(4).rgb == (0xB4, 0x00, 0x00)
    assert colour_of_code(DEFAULT_COLOUR) is not None
    assert colour_of_code(16) is None  # "the colour of whoever uses the part": not one to build with
    assert len({colour.code for colour in COLOURS}) == len(COLOURS) == len({c.name for c in COLOURS})


@pytest.mark.parametrize("colour", COLOURS, ids=lambda colour: colour.name)
def test_every_name_is_understood(colour):
    assert colour_by_name(colour.name) == colour.code
    assert colour_by_name(colour.name.replace(" ", "_").upper()) == colour.code
    assert colour_for_prompt(f"a tall {colour.name.replace('grey', 'gray')} tower") == colour.code


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a red sports car", "red"),
        ("A DARK-BLUE sofa", "dark blue"),
        ("a gray table", "light bluish grey"),
        ("an orange and white bus", "orange"),
        ("a wooden bookshelf with four tiers", "medium nougat"),
        ("a wooden red chair", "red"),
        ("a wooden table with blue legs", "medium nougat"),
        ("a golden throne", "bright light orange"),
        ("a castle", "light bluish grey"),
        ("a red castle", "red"),
        ("a school bus", "yellow"),
        ("a navy bench", "dark blue"),
    ],
)
def test_prompts_choose_their_colour(prompt, name):
    assert colour_for_prompt(prompt) == colour_by_name(name) == choose_colour(prompt)


@pytest.mark.parametrize(
    "prompt", ["", "a high-backed chair with four legs", "a bored reddit", "a tank", "ein Stuhl"]
)
def test_other_prompts_name_none(prompt):
    assert colour_for_prompt(prompt) is None
    assert choose_colour(prompt) == choose_colour(prompt.upper()) in {colour.code for colour in COLOURS}


def test_unknown_names_are_none():
    assert colour_by_name("blurple") is None
    assert colour_by_name("") is None


def test_painting_leaves_the_original_alone():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(2, 2, 0, 0, 1, 1)], world_dim=9)
    red = paint(structure, 4)
    assert [brick.colour for brick in red] == [4, 4]
    assert [brick.colour for brick in structure] == [None, 1]
    assert red == structure
    assert [brick.colour for brick in paint(red, [None, 7])] == [None, 7]
    assert [brick.colour for brick in paint(red, None)] == [None, None]
    with pytest.raises(ValueError, match="zip"):
        paint(structure, [4])
