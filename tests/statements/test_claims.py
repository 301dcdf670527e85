"""What ordinary people's words state, and what they leave open."""

import pytest

from brickgpt_engine.statements.claims import claims_in


@pytest.mark.parametrize(
    ("text", "category", "claims"),
    [
        ("a chair without back or armrests", "chair", {"back": False, "armrests": False}),
        ("a bed with no headboard or footboard", "bed", {"headboard": False, "footboard": False}),
        ("a bed with no headboard and footboard", "bed", {"headboard": False}),
        ("a chair with no arms and a back", "chair", {"armrests": False, "back": True}),
        ("a chair with legs but no arms or back", "chair", {"back": False, "armrests": False}),
        ("a chair with neither back nor arms", "chair", {"back": False, "armrests": False}),
        ("a chair with its back to the wall", "chair", {}),
        ("a 10 stud long boat", "vessel", {"studs_long": 10}),
        ("a tower ten bricks tall", "tower", {"bricks_tall": 10}),
        ("a boat about 8 studs wide", "vessel", {"about studs_wide": 8}),
        ("a 12 studs tall tower", "tower", {}),
        ("a six foot tall bookshelf", "bookshelf", {}),
        ("a car 8 long and 4 wide", "car", {}),
        ("a table longer than it is wide", "table", {}),
        ("a tower up to 8 bricks high", "tower", {}),
        ("a tower between 8 and 12 bricks high", "tower", {}),
        ("a tower 8 to 12 bricks high", "tower", {}),
        ("a bookshelf with at least four shelves", "bookshelf", {}),
        ("a bookshelf with 3 or 4 shelves", "bookshelf", {}),
        ("a bookshelf with more than three shelves", "bookshelf", {}),
        ("a bookshelf with four shelves", "bookshelf", {"tiers": 4}),
        ("a 3-tier bookshelf with three boards", "bookshelf", {"tiers": 3}),
        ("a chair with two back legs and two front legs", "chair", {}),
        ("a car with 3 wheels on each side", "car", {}),
        ("a table for six with legs", "table", {}),
        ("a jar three feet high", "jar", {}),
        ("a castle with four towers and a keep", "castle", {"keep": True}),
        ("a castle to keep my toys", "castle", {}),
        ("a bottle with a cap and a handle", "bottle", {"handle": True}),
        ("a boat with two masts and two funnels", "vessel", {"masts": 2, "funnels": 2}),
        ("a boat with two masts and one funnel", "vessel", {"masts": 2}),
        ("a steam engine with two carriages", "train", {}),
        ("a high speed train", "train", {}),
        ("a high back chair", "chair", {"back": True}),
        ("a low bed", "bed", {"height": "low"}),
        ("a long necked giraffe", "animal", {}),
        ("a chair in a big room", "chair", {}),
        ("a tower with round windows", "tower", {}),
        ("a round tower", "tower", {"round": True}),
        ("a letter w/ a stand", "letter", {"stand": True}),
        ("a letter I can put on my desk", "letter", {}),
        ("the letter I", "letter", {"character": "I"}),
    ],
)
def test_what_words_state(text, category, claims):
    assert claims_in(text, category) == claims
