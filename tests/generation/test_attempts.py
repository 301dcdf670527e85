"""Structures that lack what the prompt states are drawn again, and the best is kept."""

from dataclasses import replace

import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding import load_model
from brickgpt_engine.errors import ModelError
from brickgpt_engine.generation import (
    BrickGenerator,
    BrickPlaced,
    Failed,
    Finished,
    GenerationConfig,
    RolledBack,
    Started,
    StartedOver,
)
from brickgpt_engine.meaning import Vocabulary

END = "</s>"
LEGS = ["1x1 (0,0,0)", "1x1 (0,3,0)", "1x1 (5,0,0)", "1x1 (5,3,0)"]
TOP = ["2x4 (0,0,1)", "2x4 (2,0,1)", "2x4 (4,0,1)", "2x6 (0,0,2)", "6x2 (0,0,2)", "6x2 (0,2,2)"]
TABLE = [*LEGS, *TOP[:3], *TOP[4:]]
THREE = ["1x1 (5,0,0)", *LEGS[:2], *TOP[:3], *TOP[4:]]
BLOCK = ["2x4 (4,0,0)"]


def table_model(scripted, odds):
    """Draws one of the texts that begin differently: the table, one with three legs, a block."""
    texts = {TABLE[0]: TABLE, THREE[0]: THREE, BLOCK[0]: BLOCK}

    def script(done):
        if not done:
            return {text[0]: odds.get(text[0], 0.0) for text in texts.values() if odds.get(text[0])}
        text = [*texts[done[0]], END]
        return {text[len(done)]: 1.0}

    return replace(scripted(script), vocabulary=Vocabulary(("table",)))


def events_of(model, prompt="a table with four legs", start=None, **options):
    config = GenerationConfig(**({"seed": 3, "temperature": 1.0, "physics": False} | options))
    return list(BrickGenerator(model).generate(prompt, config, start=start))


def test_what_lacks_legs_is_drawn_again_until_they_are_there(scripted):
    model = table_model(scripted, {TABLE[0]: 0.2, BLOCK[0]: 0.8})
    drawn = set()
    for seed in range(12):
        events = events_of(model, seed=seed, max_attempts=200)
        result = events[-1].result
        again = [event for event in events if isinstance(event, StartedOver)]
        assert [brick.text for brick in result.structure] == TABLE
        assert [(v.words, v.holds) for v in result.statements] == [("4 legs", True)]
        assert result.attempts == 1 + len(again) and not result.missing
        assert [event.attempt for event in again] == list(range(2, result.attempts + 1))
        assert all(event.missing == ("4 legs",) and event.bricks == () for event in again)
        assert sum(isinstance(event, Started) for event in events) == 1
        drawn.add(result.attempts)
    assert len(drawn) > 2


def test_the_first_is_taken_where_the_prompt_states_nothing_or_one_attempt_is_allowed(scripted):
    model = table_model(scripted, {BLOCK[0]: 1.0})
    for prompt, options in (
        ("a table", {}),
        ("a table with four legs", {"max_attempts": 1}),
        ("a table with four legs", {"literal": True}),
    ):
        events = events_of(model, prompt, **options)
        assert events[-1].result.attempts == 1
        assert not any(isinstance(event, StartedOver) for event in events)
    nothing_known = replace(model, vocabulary=None)
    assert events_of(nothing_known)[-1].result.attempts == 1
    assert events_of(model, max_attempts=1)[-1].result.missing == ("4 legs",)
    assert events_of(nothing_known)[-1].result.statements == ()


def test_the_best_is_kept_where_all_lack_something(scripted):
    model = table_model(scripted, {THREE[0]: 0.3, BLOCK[0]: 0.7})
    events = events_of(model, "a table with three legs, 6 studs long", max_attempts=6, seed=1)
    result = events[-1].result
    assert [brick.text for brick in result.structure] == THREE and result.attempts < 6
    events = events_of(model, "a table with four legs, 6 studs long", max_attempts=6, seed=1)
    generator = BrickGenerator(model)
    result = events[-1].result
    assert result.attempts == 6
    assert [brick.text for brick in result.structure] == THREE
    assert result.missing == ("4 legs",)
    kept = generator.run("a table with four legs, 6 studs long", replace(result.config, seed=1))
    assert generator.current == kept.structure == result.structure


def test_counts_are_those_of_all_attempts(scripted):
    model = table_model(scripted, {BLOCK[0]: 1.0})
    once = events_of(model, max_attempts=1)[-1].result
    thrice = events_of(model, max_attempts=3)[-1].result
    assert thrice.tokens == 3 * once.tokens and thrice.passes == 3 * once.passes
    assert thrice.attempts == 3 and thrice.structure == once.structure


def test_the_first_attempt_is_what_one_attempt_gives(scripted):
    model = table_model(scripted, {TABLE[0]: 0.5, BLOCK[0]: 0.5})
    for seed in range(6):
        first = events_of(model, seed=seed, max_attempts=1)[-1].result
        several = events_of(model, seed=seed)[-1].result
        assert (several.attempts == 1) == (not first.missing)
        if several.attempts == 1:
            assert several.structure == first.structure and several.tokens == first.tokens


def test_a_start_stays_at_each_attempt(scripted):
    start = BrickStructure([Brick(1, 1, 19, 19, 0)])

    def script(done):
        assert done[0] == "1x1 (19,19,0)"
        return {"1x2 (19,18,1)": 1.0} if len(done) == 1 else {END: 1.0}

    model = replace(scripted(script), vocabulary=Vocabulary(("table",)))
    events = events_of(model, start=start, max_attempts=3)
    again = [event for event in events if isinstance(event, StartedOver)]
    assert [event.bricks for event in again] == [start.bricks] * 2
    assert [len(event.best.structure) for event in again] == [2, 2]
    assert [event.best.attempts for event in again] == [1, 2]
    assert events[-1].result.structure.bricks[:1] == start.bricks


def test_a_failure_in_a_later_attempt_keeps_the_best_whole_structure(scripted):
    calls = []

    def script(done):
        calls.append(done)
        if len(calls) > 2:
            raise ModelError("the model broke down")
        return {END: 1.0} if done else {BLOCK[0]: 1.0}

    model = replace(scripted(script), vocabulary=Vocabulary(("table",)))
    events = events_of(model)
    assert isinstance(events[-1], Failed) and not any(isinstance(event, Finished) for event in events)
    assert [brick.text for brick in events[-1].structure] == BLOCK


def test_one_that_stands_is_better_than_one_that_has_more(scripted):
    """A block that stands lacks the legs; the table of which a part hangs in the air has them."""
    afloat = [*TABLE, "1x1 (12,12,9)"]

    def script(done):
        if not done:
            return {TABLE[0]: 0.5, BLOCK[0]: 0.5}
        text = [*(afloat if done[0] == TABLE[0] else BLOCK), END]
        return {text[len(done)]: 1.0}

    model = replace(scripted(script), vocabulary=Vocabulary(("table",)))
    events = events_of(model, "a table with four legs, 9 studs long", max_regenerations=0, max_attempts=8)
    assert not any(isinstance(event, RolledBack) for event in events)
    result = events[-1].result
    assert any(isinstance(event, BrickPlaced) and event.brick.text == afloat[-1] for event in events)
    assert result.stable and [brick.text for brick in result.structure] == BLOCK


def test_rollbacks_are_counted_on_over_all_attempts(scripted):
    """Each draw hangs a brick in the air first, which escalating rollback forbids the second time."""

    def script(done):
        if not done:
            return {BLOCK[0]: 1.0}
        return {"1x1 (12,12,9)": 0.9, END: 0.1} if len(done) == 1 else {END: 1.0}

    model = replace(scripted(script), vocabulary=Vocabulary(("table",)))
    events = events_of(model, max_attempts=4, seed=2)
    numbers = [event.regeneration for event in events if isinstance(event, RolledBack)]
    assert len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))
    assert events[-1].result.regenerations == len(numbers)


def test_a_run_that_a_limit_ended_is_not_drawn_again(scripted):
    model = table_model(scripted, {TABLE[0]: 1.0})
    result = events_of(model, max_bricks=2)[-1].result
    assert result.stop_reason == "max_bricks" and result.attempts == 1 and result.missing == ("4 legs",)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a table with four legs", ["4 legs"]),
        ("a chair with armrsets", ["armrests"]),
        ("a table with at least four legs", []),
        ("a chair with neither back nor arms", []),
        ("a table with four legs and a garage", ["4 legs"]),
    ],
)
def test_what_is_said_only_after_words_were_left_out_is_not_looked_for(prompt, words):
    result = BrickGenerator(load_model("nano")).run(prompt, GenerationConfig(seed=1, max_attempts=1))
    assert [verdict.words for verdict in result.statements] == words


@pytest.mark.parametrize("attempts", [0, 1001, True, 1.5])
def test_impossible_numbers_of_attempts(attempts):
    with pytest.raises(ValueError, match="max_attempts"):
        GenerationConfig(max_attempts=attempts)
