"""The order of variants."""

from dataclasses import replace

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.generation import GenerationConfig, GenerationResult, pick, score
from brickgpt_engine.physics import connectivity_report
from brickgpt_engine.statements.judging import Verdict

STANDS = BrickStructure([Brick(2, 4, 0, 0, 0)])
FLOATS = BrickStructure([Brick(2, 4, 0, 0, 3)])


def result(likely, structure=STANDS, factor=None):
    report = replace(connectivity_report(structure), safety_factor=factor)
    return GenerationResult(
        structure=structure,
        report=report,
        prompt="a thing",
        config=GenerationConfig(),
        rejections={},
        regenerations=0,
        seconds=1.0,
        tokens=1,
        seed=0,
        stop_reason="end",
        log_likelihood=likely,
    )


def test_standing_comes_before_likelihood_and_likelihood_before_strength():
    assert pick([result(-0.1, FLOATS), result(-5.0)]) == 1
    assert pick([result(-2.0, factor=9.0), result(-1.0, factor=2.0)]) == 1
    assert pick([result(-1.001, factor=2.0), result(-1.003, factor=3.0)]) == 1
    assert pick([result(-1.0), result(-1.0)]) == 0


def test_what_has_what_the_prompt_states_comes_before_what_is_likely():
    lacks = replace(result(-0.1), statements=(Verdict("parts", "armrests", True, False),))
    has = replace(result(-5.0), statements=(Verdict("parts", "armrests", True, True),))
    assert pick([lacks, has]) == 1 and pick([has, result(-0.1, FLOATS)]) == 0


def test_a_model_without_bricks_is_last():
    empty = replace(result(None), structure=BrickStructure(), report=None)
    assert score(empty) < score(result(-99.0, FLOATS))
    assert pick([empty, result(-99.0, FLOATS)]) == 1
