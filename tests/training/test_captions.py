"""Captions: five per shape, true, varied in words and length, and partly as people type them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from brickgpt_engine.statements.claims import claims_in
from brickgpt_engine.statements.measuring import check_claims
from brickgpt_engine.statements.proportions import PROPORTIONS
from training.data.captions import CAPTIONS_PER_SHAPE, WORDINGS, captions_for
from training.data.captions.grammar import MOST_WORDS, Speaker
from training.data.captions.measures import size_phrases
from training.data.captions.wording import Wording, article, counted, joined
from training.data.shapes import FAMILIES

SEEDS = range(20)
CATEGORIES = sorted(FAMILIES)


def shape_of(category: str, seed: int):
    return FAMILIES[category](np.random.default_rng(seed))


@cache
def all_captions(category: str) -> list[list[str]]:
    return [captions_for(shape_of(category, seed), np.random.default_rng(seed)) for seed in SEEDS]


def test_every_family_has_its_words():
    assert set(WORDINGS) == set(FAMILIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_captions_say_only_what_is_true(category):
    judged = 0
    for seed, captions in zip(SEEDS, all_captions(category), strict=True):
        shape = shape_of(category, seed)
        for caption in captions:
            verdicts = check_claims(category, shape.voxels, claims_in(caption, category))
            assert all(verdicts.values()), (seed, caption, verdicts, shape.facts)
            judged += len(verdicts)
    assert judged >= len(SEEDS)


def test_most_captions_say_something_that_can_be_checked():
    claims = [
        bool(claims_in(text, category))
        for category in CATEGORIES
        for five in all_captions(category)
        for text in five[1:]
    ]
    assert np.mean(claims) >= 0.6


@pytest.mark.parametrize(
    ("caption", "claims"),
    [
        ("four legs and a high back: a chair", {"legs": 4, "back": True}),
        ("with three legs and no back, a tall chair", {"legs": 3, "back": False, "height": "tall"}),
        ("chair, tall, four legs", {"legs": 4, "height": "tall"}),
        ("hi, can you make a tiny chair w/ high back", {"size": "small", "back": True}),
        ("The chair is tall and has armrests.", {"height": "tall", "armrests": True}),
        ("A stool that is narrow and has 3 legs.", {"width": "narrow", "legs": 3}),
        ("A chair, about 12 bricks tall, with a back.", {"about bricks_tall": 12, "back": True}),
        ("a stool, 6 studs wide, with no back", {"studs_wide": 6, "back": False}),
    ],
)
def test_every_word_order_is_read(caption, claims):
    assert claims_in(caption, "chair") == claims


def test_sizes_are_stated_and_wrong_ones_caught():
    shape = shape_of("car", 0)
    length, width, height = (int(np.ptp(axis)) + 1 for axis in np.nonzero(shape.voxels))
    stated = {text for ways in size_phrases(PROPORTIONS["car"], shape.voxels) for text in ways}
    assert {f"{length} studs long", f"{width} studs wide", f"about {height} bricks tall"} <= stated
    for text in stated:
        claims = claims_in(f"a car, {text}, with a roof", "car")
        assert len(claims) >= 1 and all(check_claims("car", shape.voxels, claims).values()), text
    for wrong in (f"{length + 1} studs long", f"{height + 1} bricks tall", f"about {width + 2} studs wide"):
        assert False in check_claims("car", shape.voxels, claims_in(f"a car, {wrong}", "car")).values()


def test_a_false_caption_is_caught():
    shape = next(
        s for s in (shape_of("chair", seed) for seed in SEEDS) if s.facts["back"] and s.facts["legs"] == 4
    )
    liar = replace(shape, facts={**shape.facts, "legs": 3})
    verdicts = [
        check_claims("chair", shape.voxels, claims_in(caption, "chair")).get("legs")
        for seed in range(10)
        for caption in captions_for(liar, np.random.default_rng(seed))
    ]
    assert False in verdicts and True not in verdicts


@pytest.mark.parametrize("category", CATEGORIES)
def test_five_captions_that_grow(category):
    captions = all_captions(category)
    assert all(len(five) == CAPTIONS_PER_SHAPE == 5 and all(five) for five in captions)
    means = np.mean([[len(text.split()) for text in five] for five in captions], axis=0)
    assert means[0] < 4.5 < means[2] < means[4]
    assert (np.diff(means) > -1).all()
    assert max(len(text.split()) for five in captions for text in five) <= MOST_WORDS + 6


def test_same_seed_same_captions():
    shape = shape_of("sofa", 3)
    assert captions_for(shape, np.random.default_rng(9)) == captions_for(shape, np.random.default_rng(9))
    assert captions_for(shape, np.random.default_rng(9)) != captions_for(shape, np.random.default_rng(10))


def test_the_vocabulary_is_wide_and_captions_rarely_repeat():
    texts = [text for category in CATEGORIES for five in all_captions(category) for text in five]
    assert (
        len({five[0] for category in CATEGORIES for five in all_captions(category)}) >= 0.7 * len(texts) / 5
    )
    words = {word for text in texts for word in re.findall(r"[a-zé0-9-]+", text.lower())}
    assert len(words) > 350
    assert len(set(texts)) > 0.8 * len(texts)


def test_a_share_is_casual():
    texts = [text for category in CATEGORIES for five in all_captions(category) for text in five[3:]]
    casual = np.mean([text[0].islower() and not text.endswith(".") for text in texts])
    assert 0.25 < casual < 0.5
    everything = [text for category in CATEGORIES for five in all_captions(category) for text in five]
    requests = np.mean(
        [bool(re.match(r"(make|build|i want|i'd|can |could|create|please|give)", t)) for t in everything]
    )
    assert requests > 0.04


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_category_is_always_named(category):
    for seed in SEEDS:
        shape = shape_of(category, seed)
        nouns = WORDINGS[category](shape.facts).nouns
        speaker = Speaker(WORDINGS[category](shape.facts), np.random.default_rng(seed))
        for text in (speaker.terse(), speaker.short(), speaker.medium(), speaker.long(), speaker.detailed()):
            assert any(noun.lower() in text.lower() for noun in nouns), text


def test_no_template_shows_through():
    for category in CATEGORIES:
        for five in all_captions(category):
            for text in five:
                assert not re.search(
                    r"[{}_]|  |\b(a [aeio]\w|an [bcdfgjklmnpqrstvwz]\w)|with\.|with$", text
                ), text


def test_numbers_articles_and_lists():
    assert "four legs" in counted(4, "leg") and "4 legs" in counted(4, "leg")
    assert "one pillow" in counted(1, "pillow")
    assert "three horizontal shelves" in counted(3, "shelf", "horizontal")
    assert (article("oak chair"), article("chair"), article("L-shaped sofa")) == (
        "an oak chair",
        "a chair",
        "an L-shaped sofa",
    )
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"


def test_a_slip_changes_one_word_only():
    speaker = Speaker(Wording(("chair",)), np.random.default_rng(0))
    text = "make me a wooden chair with armrests"
    for _ in range(50):
        slipped = speaker.slip(text).split()
        assert len(slipped) == 7
        assert sum(a != b for a, b in zip(slipped, text.split(), strict=True)) <= 1
    assert speaker.slip("a red car") == "a red car"
