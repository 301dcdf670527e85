"""Rewards: every part against a case worked out by hand, the sum, the fallbacks, and bad samples as data."""

import os
import signal
from dataclasses import dataclass, replace

import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import ConfigError, SolverError
from brickgpt_engine.physics import StabilityAnalyzer
from training import rewards
from training.rewards import (
    PARTS,
    Case,
    Judge,
    Physics,
    Sample,
    Scorer,
    StabilityConfig,
    Task,
    Weights,
    absolute_lines,
    choose_physics,
    groups,
    read_attempt,
)
from training.rewards import physics as reward_physics

PILLAR = "2x2 (4,4,0)\n2x2 (4,4,1)\n"
BRIDGE = "2x2 (4,4,0)\n2x2 (4,8,0)\n2x6 (4,4,1)\n"
FLOATING = "2x2 (4,4,0)\n2x2 (10,10,3)\n"


def case(text, *, ended=True, physics=None, **task):
    attempt = read_attempt(absolute_lines(text), ended=ended)
    judge = physics or Physics(solver="highs")
    return Case(attempt, judge.judge(attempt.structure), Task(**task))


def part(name, text, **options):
    return PARTS[name](case(text, **options))


def sample(text, ended=True, **task):
    return Sample(tuple(absolute_lines(text)), ended, Task(**task))


def test_reading_names_every_line_that_cannot_be_placed():
    attempt = read_attempt(
        absolute_lines("2x2 (0,0,0)\n2x2 (1,1,0)\n3x3 (0,0,1)\n2x4 (19,0,0)\nhello\n2x2 (0")
    )
    assert [(fault.line, fault.reason.value) for fault in attempt.faults] == [
        (1, "collision"), (2, "not_in_library"), (3, "out_of_bounds"), (4, "ill_formed"), (5, "ill_formed"),
    ]  # fmt: skip
    assert attempt.lines == 6 and len(attempt.structure) == 1 and not attempt.valid
    assert attempt.reason == "line 2: 2x2 (1,1,0): it collides with brick 1, 2x2 (0,0,0)"


def test_a_line_must_be_written_as_its_brick_is():
    assert isinstance(absolute_lines("2x2 (00,0,0)\n")[0], str)
    assert absolute_lines("2x2 (0,0,0)\n") == [Brick(2, 2, 0, 0, 0)]


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("stability", "2x2 (4,4,0)\n", 1.0),
        ("stability", FLOATING, 0.5),
        ("stability", "", 0.0),
        ("standing", BRIDGE, 1.0),
        ("standing", FLOATING, 0.0),
        ("standing", "2x2 (4,4,0)\n2x2 (4,4,0)\n", 0.0),
        ("connectivity", FLOATING, 0.5),
        ("connectivity", BRIDGE, 1.0),
        ("quality", "2x2 (4,4,0)\n2x2 (4,4,0)\noops\n2x2 (4,4,1)\n", -0.5),
        ("quality", "", -1.0),
        ("validity", PILLAR, 1.0),
        ("validity", "", 0.0),
        ("interlocking", PILLAR, 0.0),
        ("interlocking", BRIDGE, 1 / 3),
    ],
)
def test_parts_by_hand(name, text, wanted):
    assert part(name, text) == pytest.approx(wanted)


def test_a_text_that_was_cut_off_is_not_valid_and_counts_one_bad_line():
    assert part("validity", PILLAR, ended=False) == 0
    assert part("quality", PILLAR, ended=False) == pytest.approx(-1 / 3)
    assert read_attempt(absolute_lines(PILLAR), ended=False).reason == "the text was cut off at its limit"


def test_the_length_bonus_ends_at_its_target():
    four = replace(case(PILLAR), length_target=4)
    assert PARTS["length"](four) == 0.5
    assert PARTS["length"](replace(four, length_target=1)) == 1
    assert part("length", PILLAR, target=BRIDGE) == pytest.approx(2 / 3)
    assert part("length", PILLAR) == 0


def test_likeness_is_the_overlap_of_cells_wherever_the_target_stands():
    assert part("likeness", PILLAR, target="2x2 (0,0,0)\n2x2 (0,0,1)\n") == 1
    assert part("likeness", PILLAR, target="2x2 (0,0,0)\n") == 0.5
    assert part("likeness", PILLAR) == 0


def test_statements_are_those_of_the_caption():
    table = (
        "".join(f"1x1 ({x},{y},0)\n" for x in (2, 7) for y in (2, 5))
        + "2x4 (2,2,1)\n2x4 (4,2,1)\n2x4 (6,2,1)\n"
    )
    assert part("statements", table, caption="a table with four legs", category="table") == 1
    assert part("statements", table, caption="a table with three legs", category="table") == 0
    assert part("statements", table, caption="a thing", category="unknown") == 1
    assert part("statements", "", caption="a table", category="table") == 0


def test_the_total_is_the_published_sum_and_records_its_parts():
    judge = Judge(Weights(), Physics(solver="highs"), length_target=4)
    found = judge.score(sample(PILLAR + "2x2 (4,4,0)\n2x2 (4,4,2)\n"))
    assert found.parts == pytest.approx({"stability": 1.0, "length": 0.75, "quality": -0.25})
    assert found.total == pytest.approx(1.0 * 1.0 + 0.1 * 0.75 + 0.5 * -0.25)
    assert (found.valid, found.stable, found.fault, found.bricks, found.lines) == (False, False, 2, 3, 4)
    assert found.faults == {"collision": 1}


def test_connectivity_counts_only_where_stability_has_no_verdict():
    weights = Weights(length=0, quality=0)
    forces = Judge(weights, Physics(solver="highs")).score(sample(FLOATING))
    without = Judge(weights, Physics("connectivity")).score(sample(FLOATING))
    assert (forces.parts, without.parts) == ({"stability": 0.5}, {"connectivity": 0.5})
    assert without.total == 0.25


def test_both_criteria_are_averaged_and_both_must_hold():
    found = case(BRIDGE, physics=Physics("both", "highs"))
    assert [report.criterion for report in found.reports] == ["paper", "equilibrium"]
    assert PARTS["stability"](found) == pytest.approx(sum(r.mean_score for r in found.reports) / 2)


CANTILEVER = "2x2 (4,4,0)\n1x8 (4,4,1)\n"


def test_gravity_and_studs_scale_the_stress_exactly():
    structure = read_attempt(absolute_lines("2x2 (4,4,0)\n1x6 (4,4,1)\n1x6 (4,5,2)\n")).structure
    plain = StabilityAnalyzer(solver="highs").analyze(structure)
    assert 0.01 < plain.max_stress < 0.5
    double = Physics(solver="highs", constants=StabilityConfig(g=19.6)).judge(structure)[0]
    assert double.max_stress == pytest.approx(2 * plain.max_stress, rel=1e-6)
    weak = Physics(solver="highs", constants=StabilityConfig(T=100 * plain.max_stress * 0.99)).judge(
        structure
    )[0]
    assert not weak.stable and weak.failures[0].kind == "overloaded"
    strong = Physics("equilibrium", "highs", StabilityConfig(T=1000)).judge(structure)[0]
    usual = StabilityAnalyzer("equilibrium", solver="highs").analyze(structure)
    assert strong.safety_factor == pytest.approx(10 * usual.safety_factor)


def test_constants_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="three must be the same"):
        StabilityConfig(world_dimension=(20, 20, 10))
    with pytest.raises(ConfigError, match="above 0"):
        StabilityConfig(T=0)
    with pytest.raises(ConfigError, match="criterion is 'papper'"):
        Physics("papper")


def test_print_log_says_what_the_analysis_found(caplog):
    with caplog.at_level("INFO"):
        case(FLOATING, physics=Physics(solver="highs", constants=StabilityConfig(print_log=True)))
    assert "paper" in caplog.text and "floats" in caplog.text


class _Refusing:
    @staticmethod
    def version():
        return "1"

    @staticmethod
    def licence():
        raise SolverError("no licence was found")


def test_gurobi_gives_way_to_highs_and_highs_to_connectivity(monkeypatch):
    monkeypatch.setattr(reward_physics, "gurobi", _Refusing)
    chosen, words = choose_physics("paper", True, StabilityConfig())
    assert chosen.solver == "highs"
    assert words == "use_gurobi: no licence was found; HiGHS solves instead"
    assert choose_physics("paper", False, StabilityConfig()) == (Physics("paper", "highs"), "")
    monkeypatch.setattr(reward_physics, "highs", _Refusing)
    chosen, words = choose_physics("paper", True, StabilityConfig())
    assert chosen.criterion == "connectivity" and words.endswith("connectivity is rewarded instead")


@pytest.mark.gurobi
def test_gurobi_and_highs_reward_alike():
    texts = [PILLAR, BRIDGE, FLOATING, CANTILEVER, CANTILEVER + "2x6 (4,8,2)\n"]
    asked, words = choose_physics("paper", True, StabilityConfig())
    assert asked.solver == "gurobi" and not words
    for text in texts:
        assert part("stability", text, physics=asked) == pytest.approx(part("stability", text), abs=1e-6)


@dataclass(frozen=True)
class _Fatal(Physics):
    """Kills its process at a structure of one brick, and fails at one of two."""

    def judge(self, structure):
        if len(structure) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(structure) == 2:
            raise ValueError("two bricks")
        return super().judge(structure)


def test_a_bad_sample_is_data():
    found = Judge(physics=_Fatal(solver="highs")).score(sample(PILLAR))
    assert (found.total, found.reason) == (0.0, "ValueError: two bricks")


def test_processes_score_as_one_does_and_survive_a_sample_that_kills_one():
    texts = [BRIDGE, PILLAR, FLOATING, BRIDGE + PILLAR, ""] * 2
    samples = [sample(text, ended=number % 2 == 0) for number, text in enumerate(texts)]
    judge = Judge(Weights(interlocking=0.3), Physics(solver="highs"))
    with Scorer(judge, 2) as scorer:
        several = scorer.score(samples)
        alone = Scorer(judge).score(samples)
        assert [(s.total, s.parts, s.reason) for s in several] == [
            (s.total, s.parts, s.reason) for s in alone
        ]
    with Scorer(Judge(physics=_Fatal(solver="highs")), 2) as scorer:
        mixed = scorer.score([sample("2x2 (0,0,0)\n"), *samples[:1], *samples[3:4]] + [sample(BRIDGE)] * 4)
        assert mixed[0].reason == "its analysis killed the process"
        assert [each.stable for each in mixed[1:]] == [True, False, True, True, True, True]


def test_parts_and_weights_have_the_same_names():
    from dataclasses import fields

    assert {item.name for item in fields(Weights)} == {*PARTS, "diversity"}  # which a group earns
    assert set(rewards.__all__) <= set(dir(rewards))
    assert BrickStructure(absolute_lines(BRIDGE)) == read_attempt(absolute_lines(BRIDGE)).structure


def test_the_first_brick_that_fails_is_named_where_all_were_placed():
    judge = Judge(Weights(standing=1.0), Physics(solver="highs"))
    texts = (FLOATING, PILLAR, FLOATING + "2x2 (10,10,3)\n")
    found = [judge.score(sample(text)) for text in texts]
    assert [score.weak for score in found] == [1, None, None]
    assert [score.fault for score in found] == [None, None, 2]


def test_diversity_is_paid_to_structures_of_a_group_that_stand_and_differ():
    weights = Weights(stability=0, connectivity=0, length=0, quality=0, standing=1.0, diversity=0.5)
    judge = Judge(weights, Physics(solver="highs"))
    other = PILLAR + "2x2 (4,4,2)\n2x2 (4,4,3)\n"  # twice as tall: half alike
    group = [
        sample(text, caption="a pillar") for text in (PILLAR, PILLAR.replace("4,4", "9,2"), other, FLOATING)
    ]
    stranger = sample(BRIDGE, caption="a bridge")
    scores = Scorer(judge).score([*group, stranger])
    # the two pillars are the same but for their place: each is (1 + 1/2) / 2 alike to the others
    assert [score.parts["diversity"] for score in scores] == pytest.approx([0.25, 0.25, 0.5, 0.0, 0.0])
    assert [score.total for score in scores] == pytest.approx([1.125, 1.125, 1.25, 0.0, 1.0])
    plain = Scorer(replace(judge, weights=replace(weights, diversity=0.0))).score(group)
    assert [score.total for score in plain] == [1, 1, 1, 0] and "diversity" not in plain[0].parts
    assert not any(score.cells for score in plain)


def test_diversity_reads_no_structure_again_and_comes_from_other_processes_alike(monkeypatch):
    judge = Judge(Weights(diversity=1.0), Physics(solver="highs"))
    texts = [PILLAR, BRIDGE, FLOATING, PILLAR + "2x2 (4,4,2)\n"] * 2
    group = [sample(text, caption="a thing") for text in texts]
    read = []
    monkeypatch.setattr(
        "training.rewards.scoring.read_attempt",
        lambda lines, **options: read.append(lines) or read_attempt(lines, **options),
    )
    alone = Scorer(judge).score(group)
    assert read == [each.lines for each in group]
    assert not hasattr(groups, "read_attempt")
    # 1,000 bytes go with what stands, and nothing with what does not
    assert [len(score.cells) for score in alone] == [1000, 1000, 0, 1000] * 2
    with Scorer(judge, workers=2) as scorer:
        assert [each.total for each in scorer.score(group)] == [each.total for each in alone]
