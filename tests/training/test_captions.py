"""Captions: five per shape, true, varied in words and length, and partly as people type them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from training.data.captions import CAPTIONS_PER_SHAPE, WORDINGS, captions_for
from training.data.captions.grammar import Speaker
from training.data.captions.wording import Wording, article, counted, joined
from training.data.claims import check_claims, claims_in
from training.data.shapes import FAMILIES

SEEDS = range(40)
CATEGORIES = sorted(FAMILIES)


def shape_of(category: str, seed: int):
    return FAMILIES[category](np.random.default_rng(seed))


def all_captions(category: str) -> list[list[str]]:
    return [captions_for(shape_of(category, seed), np.random.default_rng(seed)) for seed in SEEDS]


def test_every_family_has_its_words():
    assert set(WORDINGS) == set(FAMILIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_captions_say_only_what_is_true(category, monkeypatch):
    monkeypatch.setattr(Speaker, "slip", lambda self, text: text)
    judged = 0
    for seed in SEEDS:
        shape = shape_of(category, seed)
        for caption in captions_for(shape, np.random.default_rng(1000 + seed)):
            verdicts = check_claims(category, shape.voxels, claims_in(caption, category))
            assert all(verdicts.values()), (seed, caption, verdicts, shape.facts)
            judged += len(verdicts)
    assert judged >= len(SEEDS)


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
    assert max(len(text) for five in captions for text in five) < 320


def test_same_seed_same_captions():
    shape = shape_of("sofa", 3)
    assert captions_for(shape, np.random.default_rng(9)) == captions_for(shape, np.random.default_rng(9))
    assert captions_for(shape, np.random.default_rng(9)) != captions_for(shape, np.random.default_rng(10))


def test_the_vocabulary_is_wide_and_captions_rarely_repeat():
    texts = [text for category in CATEGORIES for five in all_captions(category) for text in five]
    words = {word for text in texts for word in re.findall(r"[a-zé0-9-]+", text.lower())}
    assert len(words) > 350
    assert len(set(texts)) > 0.8 * len(texts)


def test_a_share_is_casual():
    texts = [text for category in CATEGORIES for five in all_captions(category) for text in five[3:]]
    casual = np.mean([text[0].islower() and not text.endswith(".") for text in texts])
    assert 0.2 < casual < 0.45
    everything = [text for category in CATEGORIES for five in all_captions(category) for text in five]
    requests = np.mean(
        [bool(re.match(r"(make|build|i want|can you|create|please|give)", t)) for t in everything]
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
