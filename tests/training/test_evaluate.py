"""Evaluation: what counts as valid and stable, the table, the intervals, held-out prompts."""

import pytest

from training.evaluate import MODES, Outcome, held_out_prompts, interval, main, markdown, summarise


def outcome(**changes):
    values = {
        "mode": "rejection", "prompt": "a chair", "seed": 0,
        "valid": True, "stable": True, "finished": True,
        "mean_score": 0.9, "min_score": 0.8, "bricks": 10,
        "rejections": 1, "regenerations": 0, "seconds": 0.5,
    }  # fmt: skip
    return Outcome(**{**values, **changes})


def test_shares_count_all_prompts_and_scores_only_valid_ones():
    rows = [outcome(), outcome(stable=False, mean_score=0.5, min_score=0.0)]
    rows += [
        outcome(valid=False, stable=False, mean_score=0.0, min_score=0.0),
        outcome(mode="raw", valid=False),
    ]
    row = summarise(rows, "rejection")
    assert (row["prompts"], row["valid"], row["stable"]) == (3, 2 / 3, 1 / 3)
    assert (row["mean_stability"], row["min_stability"]) == (pytest.approx(0.7), pytest.approx(0.4))


def test_wilson_interval_has_the_published_values():
    # Brown, Cai and DasGupta 2001 give the formula; 0 of 10 and 5 of 10 are textbook values.
    assert interval(0, 10) == (pytest.approx(0.0), pytest.approx(0.2775, abs=1e-4))
    assert interval(5, 10) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))


def test_table_has_a_row_for_each_mode():
    lines = markdown([summarise([outcome()], "rejection")]).splitlines()
    assert lines[0].count("|") == lines[2].count("|") == 10
    assert lines[2].startswith("| rejection | 100.0 (20.7–100.0) |")


def test_modes_switch_off_what_they_say():
    assert MODES["raw"]["use_logit_masking"] is False
    assert MODES["syntax masks"] == {"max_brick_rejections": 0, "max_regenerations": 0}
    assert MODES["rejection"] == {"max_regenerations": 0}


def test_held_out_prompts_repeat_and_vary_with_the_seed():
    assert held_out_prompts(4, data=None, seed=1) == held_out_prompts(4, data=None, seed=1)
    assert held_out_prompts(4, data=None, seed=1) != held_out_prompts(4, data=None, seed=2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--prompts", "0"], "--prompts is 0; it must be at least 1"),
        (["--temperature", "0"], "temperature is 0"),
        (["--model", "./nowhere"], "nowhere"),
        (["--data", "./nowhere"], "holds no test-"),
    ],
)
def test_bad_input_ends_with_one_line(options, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(options)
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert ended.value.code not in (0, None)
