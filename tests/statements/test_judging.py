"""What texts state, on cells whose answer is known by hand."""

import numpy as np
import pytest

from brickgpt_engine.meaning import Vocabulary, category_in
from brickgpt_engine.statements.judging import Verdict, judge, statements_in


def table(legs=4):
    """A top of 6 x 4 cells on so many legs."""
    cells = np.zeros((20, 20, 20), dtype=bool)
    for x, y in [(0, 0), (5, 0), (0, 3), (5, 3)][:legs]:
        cells[3 + x, 5 + y, :4] = True
    cells[3:9, 5:9, 4] = True
    return cells


@pytest.mark.parametrize(
    ("text", "category", "words", "holds"),
    [
        ("a table with four legs", "table", "4 legs", True),
        ("a table with 3 legs", "table", "3 legs", False),
        ("a table, 6 studs long", "table", "6 studs long", True),
        ("a table about 7 studs long", "table", "about 7 studs long", True),
        ("a table about 9 studs long", "table", "about 9 studs long", False),
        ("a table 5 bricks tall", "table", "5 bricks tall", True),
        ("a low table", "table", "low", True),
        ("a high table", "table", "tall", False),
    ],
)
def test_statements_about_a_table(text, category, words, holds):
    verdicts = {verdict.words: verdict.holds for verdict in judge(text, category, table())}
    assert verdicts[words] is holds
    assert statements_in(text, category)


def test_an_empty_grid_bears_nothing_out():
    verdicts = judge("a table with four legs", "table", np.zeros((20, 20, 20), dtype=bool))
    assert [(verdict.name, verdict.holds) for verdict in verdicts] == [("legs", False)]


def test_nothing_is_stated_by_a_name_alone_or_of_a_thing_without_a_reading():
    assert not statements_in("a table", "table") and judge("a table", "table", table()) == []
    assert not statements_in("a dragon with four legs", "dragon")
    assert judge("a dragon with four legs", "dragon", table()) == []


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict("parts", "armrests", True, True), "armrests"),
        (Verdict("parts", "armrests", False, True), "no armrests"),
        (Verdict("parts", "round", False, True), "not round"),
        (Verdict("parts", "sound_hole", True, True), "sound hole"),
        (Verdict("counts", "masts", 1, True), "1 mast"),
        (Verdict("parts", "character", "B", True), "the character B"),
        (Verdict("counts", "studs_long", 1, True), "1 stud long"),
        (Verdict("proportions", "height", "tall", True), "tall"),
    ],
)
def test_words_for_people(verdict, words):
    assert verdict.words == words


KNOWN = Vocabulary(("table", "chair", "letter", "tree", "vessel"))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("a high-backed chair with armrests", "chair"),
        ("with four legs, a table", "table"),
        ("four legs and a round top: a table", "table"),
        ("the letter B", "letter"),
        ("a sailing boat with two masts", "vessel"),
        ("a table with no chair", "table"),
        ("round and tall", None),
        ("", None),
    ],
)
def test_the_category_that_a_text_is_about(text, category):
    assert category_in(text, KNOWN) == category
