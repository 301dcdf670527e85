"""Two evaluations side by side: pairs, differences worked out by hand, intervals, refusals."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from brickgpt_engine.errors import ConfigError
from training.evaluate import main
from training.evaluation.compare import differences, paired, table
from training.evaluation.outcomes import Outcome

CHAIR = "2x2 (0,0,0)\n"


def outcome(index, *, valid=True, seed=0, bricks=10, prompt="a tall table"):
    return Outcome(
        "raw", index, 0, f"{prompt} {index}", "table", seed + index, valid, valid, True, "end",
        1.0, 1.0, bricks, 0, 0, 100, 1.0, 1.0, CHAIR,
    )  # fmt: skip


def written(folder, outcomes):
    folder.mkdir()
    lines = "".join(json.dumps(asdict(each)) + "\n" for each in outcomes)
    (folder / "outcomes.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_pairs_are_of_one_prompt_and_seed_over_several_folders(tmp_path):
    before = [written(tmp_path / f"b{seed}", [outcome(n, seed=seed) for n in range(3)]) for seed in (0, 50)]
    after = [written(tmp_path / "a", [outcome(n, seed=50, bricks=7) for n in range(2)])]
    one, other = paired(before, after, "raw")
    assert [o.seed for o in one] == [o.seed for o in other] == [50, 51]
    assert [o.bricks for o in one] == [10, 10]
    assert [o.bricks for o in other] == [7, 7]


def test_differences_and_intervals_worked_out_by_hand():
    before = [outcome(n, valid=n >= 10) for n in range(100)]  # 90 %
    after = [outcome(n, valid=n >= 4, bricks=12) for n in range(100)]  # 96 %, the ten of before among them
    found = {each.name: each for each in differences(before, after, None)}
    valid = found["valid"]
    assert (valid.before, valid.after) == (0.90, 0.96)
    # six of a hundred pairs moved, none of them back: a standard error of sqrt(0.06 * 0.94 / 100) = 0.024
    assert valid.low == pytest.approx(0.06 - 1.96 * 0.0237, abs=0.011)
    assert valid.high == pytest.approx(0.06 + 1.96 * 0.0237, abs=0.011)
    assert (found["bricks"].low, found["bricks"].high) == (2.0, 2.0)
    assert found["statements"].before == found["statements"].after  # the same cells
    assert not {"category", "rollbacks"} & set(found)  # nothing was measured of them
    assert "| valid | 90.0 % | 96.0 % | +6.0 points (" in table(list(found.values()), 100, "raw")


def test_an_interval_of_no_difference_holds_zero_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(40):
        pair = [[outcome(n, valid=bool(rng.random() < 0.8)) for n in range(60)] for _ in range(2)]
        valid = differences(*pair, None, seed=seed)[0]
        held += valid.low <= 0 <= valid.high
    assert held >= 34


def test_other_prompts_or_none_are_refused_in_one_line(tmp_path):
    one = written(tmp_path / "one", [outcome(0)])
    other = written(tmp_path / "other", [replace(outcome(0), prompt="a chair")])
    with pytest.raises(ConfigError, match="'a tall table 0' before and 'a chair' after; evaluate both"):
        paired([one], [other], "raw")
    with pytest.raises(ConfigError, match="same --data, --seed"):
        paired([one], [written(tmp_path / "late", [outcome(5)])], "raw")
    with pytest.raises(ConfigError, match="in mode 'rejection'"):
        paired([one], [one], "rejection")


def test_the_command_prints_a_table(tmp_path, capsys):
    one = written(tmp_path / "one", [outcome(n) for n in range(4)])
    main(["compare", "--before", str(one), "--after", str(one / "outcomes.jsonl"), "--mode", "raw"])
    said = capsys.readouterr().out
    assert said.startswith("4 pairs, mode raw;")
    assert "| valid | 100.0 % | 100.0 % | +0.0 points (0.0 to 0.0) |" in said
    assert "| category |" in said
    with pytest.raises(SystemExit) as stopped:
        main(["compare", "--before", str(tmp_path / "none"), "--after", str(one)])
    assert stopped.value.code == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_diversity_is_compared_prompt_by_prompt():
    wide = "2x2 (0,0,0)\n2x2 (2,0,0)\n"  # twice the cells of CHAIR and all of its own: half alike
    before = [replace(outcome(n), sample=k, text=wide if k else CHAIR) for n in range(6) for k in range(2)]
    after = [replace(outcome(n), sample=k) for n in range(6) for k in range(2)]
    found = {each.name: each for each in differences(before, after, None)}
    diversity = found["diversity"]
    assert (diversity.before, diversity.after) == (0.5, 0.0)
    assert (diversity.low, diversity.high) == (-0.5, -0.5)
    one_each = differences([outcome(n) for n in range(6)], [outcome(n) for n in range(6)], None)
    assert "diversity" not in {each.name for each in one_each}
