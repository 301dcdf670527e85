"""The evaluation as a whole: what is counted, the tables, held-out prompts, the command."""

import json
from dataclasses import replace

import numpy as np
import pytest

from training.evaluate import main
from training.evaluation.likeness import Neighbours, pack
from training.evaluation.outcomes import FULL, MODES, REFERENCE, Outcome, OutcomeLog
from training.evaluation.prompts import families_of, held_out_prompts
from training.evaluation.report import GOALS, goals_of, machine, markdown
from training.evaluation.settings import claim_folder, settings_of
from training.evaluation.summary import (
    by_category,
    diversity_of,
    interval,
    judge_all,
    novelty_of,
    share,
    statements,
    summarise,
    summary_of,
)
from training.evaluation.voxels import grids_of_texts

LONG = "2x4 (0,0,0)\n"
SHORT = "2x2 (0,0,0)\n"


def outcome(**changes):
    values = {
        "mode": FULL, "index": 0, "sample": 0, "prompt": "a chair", "category": "chair", "seed": 0,
        "valid": True, "stable": True, "finished": True, "stop_reason": "end",
        "mean_score": 0.9, "min_score": 0.8, "bricks": 1, "rejections": 1, "regenerations": 0,
        "tokens": 40, "seconds": 0.5, "cpu_seconds": 0.4, "text": LONG,
    }  # fmt: skip
    return Outcome(**{**values, **changes})


FACTS = {
    "by_family": {"chair": 1.0, "table": 0.0},
    "accuracy": 0.5,
    "accuracy_damaged": 0.25,
    "validated_on": 8,
}


class Oracle:
    """A classifier that calls everything a chair."""

    names = ("chair", "table")
    facts = FACTS

    def predict(self, grids):
        return ["chair"] * len(grids)


def row_of(outcomes, classifier=None):
    return summarise(judge_all(outcomes, classifier), "x")


def test_shares_count_all_prompts_and_scores_only_valid_ones():
    rows = [outcome(), outcome(stable=False, mean_score=0.5, min_score=0.0)]
    rows += [outcome(valid=False, stable=False, mean_score=0.1, min_score=0.0, same_as="rejection")]
    row = row_of(rows)
    assert (row["prompts"], row["valid"]["share"], row["stable"]["share"]) == (3, 2 / 3, 1 / 3)
    assert (row["mean_stability"], row["min_stability"]) == (pytest.approx(0.7), pytest.approx(0.4))
    assert row["taken_from_rejection"] == 1


def test_times_are_the_median_and_the_95th_percentile():
    row = row_of([outcome(seconds=float(n), cpu_seconds=n / 2, tokens=n, bricks=2 * n) for n in range(101)])
    assert (row["seconds_median"], row["seconds_95"], row["cpu_seconds_median"]) == (50.0, 95.0, 25.0)
    assert (row["tokens"], row["bricks"]) == (50.0, 100.0)


def test_wilson_interval_has_the_published_values():
    # Brown, Cai and DasGupta 2001 give the formula; 0 of 10 and 5 of 10 are textbook values.
    assert interval(0, 10) == (pytest.approx(0.0), pytest.approx(0.2775, abs=1e-4))
    assert interval(5, 10) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))
    assert share([])["share"] is None


def test_statements_count_claims_not_captions():
    four_legs = "".join(f"1x1 ({x},{y},{z})\n" for z in range(3) for x in (0, 5) for y in (0, 4))
    stool = four_legs + "".join(f"2x6 ({x},0,3)\n" for x in (0, 2, 4))
    rows = [
        outcome(prompt="a chair with four legs and a back", text=stool),  # the legs hold, the back does not
        outcome(prompt="a table with three legs", text=stool, category="table"),  # and is called a chair
        outcome(prompt="a thing with two horns", text=stool, category="spaceship"),  # nothing can be judged
    ]
    held = statements(judge_all(rows, Oracle()))
    assert (held["counts"]["count"], held["counts"]["of"]) == (1, 2)
    assert (held["parts"]["count"], held["parts"]["of"]) == (0, 1)
    assert (held["category"]["count"], held["category"]["of"]) == (1, 2)
    assert (held["without category"]["count"], held["without category"]["of"]) == (1, 3)
    assert held["all"]["share"] == pytest.approx(2 / 5)


def test_nothing_is_not_recognised_and_no_classifier_judges_no_category():
    empty = outcome(text="", bricks=0)
    (with_judge,), (without,) = judge_all([empty], Oracle()), judge_all([empty], None)
    assert (with_judge.recognised, without.recognised) == (False, None)


def test_categories_are_counted_apart():
    rows = [outcome(), outcome(stable=False), outcome(category="table", stable=False)]
    found = by_category(judge_all(rows, Oracle()))
    assert {name: row["stable"]["share"] for name, row in found.items()} == {"chair": 0.5, "table": 0.0}
    assert found["table"]["statements"]["category"]["share"] == 0.0


def test_diversity_is_within_a_prompt_and_of_the_full_mode():
    rows = [outcome(sample=n, text=text) for n, text in enumerate([LONG, SHORT, LONG])]
    rows += [outcome(index=1), outcome(index=1, sample=1), outcome(index=2), outcome(mode="raw", text=SHORT)]
    found = diversity_of(rows)
    assert found["prompts"] == 2
    assert found["mean"] == pytest.approx((1 / 3 + 0) / 2)  # pairs of prompt 0: 1/2, 1/2, 0
    assert found["least"] == 0.0
    assert found["repeated_texts"] == pytest.approx(2 / 5)
    assert diversity_of([outcome()]) is None


def test_novelty_tells_copies_from_new_structures():
    training = Neighbours(pack(grids_of_texts([LONG])))
    rows = [outcome(), outcome(text="2x4 (7,7,0)\n"), outcome(text=SHORT), outcome(text="", bricks=0)]
    found = novelty_of(judge_all(rows, None), training)
    assert (found["structures"], found["training_structures"]) == (3, 1)
    assert found["mean_nearest"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert found["exact_copies"]["count"] == 2
    assert found["new"]["count"] == 1


def a_summary():
    rows = [outcome(mode=mode, index=n) for mode in (*MODES, REFERENCE) for n in range(2)]
    rows[0] = replace(rows[0], valid=False, stable=False)  # raw
    rows.append(outcome(sample=1, text=SHORT))
    training = Neighbours(pack(grids_of_texts([LONG])))
    found = summary_of(rows, [*MODES, REFERENCE], classifier=Oracle(), training=training)
    settings = {"model": "m", "temperature": 0.6, "seed": 0}
    return {
        "date": "2026-01-02",
        "machine": "a machine",
        "settings": settings,
        **found,
        "classifier": Oracle.facts,
    }


def test_goals_stand_beside_what_was_published_and_measured():
    lines = {line["name"]: line for line in goals_of(a_summary())}
    raw = lines["raw sampling: valid"]
    assert (raw["published"], raw["goal"], raw["measured"], raw["met"]) == (0.372, 0.95, 0.5, False)
    assert lines["full: stable"] == {
        "name": "full: stable", "published": 0.988, "goal": 0.998, "measured": 1.0, "met": True,
    }  # fmt: skip
    assert lines["full: minimum stability"]["met"] is False
    nothing = goals_of({"modes": []})
    assert len(nothing) == len(GOALS)
    assert all(line["measured"] is None and line["met"] is None for line in nothing)


def test_tables_have_a_row_for_each_mode_and_as_many_cells_as_titles():
    text = markdown(a_summary())
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]
    assert len(tables) == 4
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
    assert [line.split(" | ")[0] for line in tables[1][2:]] == [f"| {mode}" for mode in (*MODES, REFERENCE)]
    assert "| raw | 50.0 (9.5–90.5) |" in text
    assert "| raw sampling: valid | 37.2 % | 95.0 % | 50.0 % | no |" in text
    assert "Diversity: 0.500" in text
    assert "100.0 % exact copies" in text
    assert "2026-01-02, a machine" in text
    assert "names 50.0 % of 8 held-out shapes" in text


def test_modes_switch_off_what_they_say():
    assert MODES["raw"]["use_logit_masking"] is False
    assert MODES["syntax masks"] == {"max_brick_rejections": 0, "max_regenerations": 0, "max_attempts": 1}
    assert MODES["rejection"] == {"max_regenerations": 0, "max_attempts": 1}
    assert MODES["rejection + rollback"] == {"max_attempts": 1} and MODES["drawn again"] == {}


def test_held_out_prompts_repeat_and_vary_with_the_seed():
    five = held_out_prompts(5, data=None, seed=1, families=["chair", "table"])
    assert held_out_prompts(3, data=None, seed=1, families=["chair", "table"]) == five[:3]
    assert held_out_prompts(5, data=None, seed=2, families=["chair", "table"]) != five
    assert [p.index for p in five] == list(range(5))
    assert {p.category for p in five} <= {"chair", "table"}
    assert all(p.bricks for p in five)


def test_prompts_of_a_data_set_keep_to_the_families_and_go_with_their_structures(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    names = ["chair", "table", "spaceship"] * 5
    columns = {
        "captions": [[f"a {name} {n}", f"one {name} {n}"] for n, name in enumerate(names)],
        "category_id": names,
        "bricks": [f"1x1 ({n},0,0)\n" for n in range(15)],
    }
    pq.write_table(pa.table(columns), tmp_path / "test-00000.parquet")
    found = held_out_prompts(10, data=tmp_path, seed=0, families=["chair", "table"])
    assert {p.category for p in found} == {"chair", "table"}
    for prompt in found:
        number = int(prompt.text.split()[-1])
        assert (prompt.category, prompt.bricks) == (names[number], f"1x1 ({number},0,0)\n")
    assert held_out_prompts(4, data=tmp_path, seed=0, families=["chair", "table"]) == found[:4]
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path), "--prompts", "11", "--out", str(tmp_path / "o")])


def test_the_model_says_what_it_was_trained_on(guessing_model, tmp_path):
    assert families_of(str(guessing_model)) == ["table", "chair"]
    assert families_of(str(tmp_path)) is None


def test_outcomes_of_other_models_or_prompts_are_never_mixed(guessing_model, tmp_path, capsys):
    first = settings_of(str(guessing_model), None, seed=0, temperature=0.6)
    assert str(guessing_model) not in json.dumps(first)  # an absolute path says where, not what
    claim_folder(tmp_path / "o", first)
    claim_folder(tmp_path / "o", first)
    weights = guessing_model / "model.safetensors"
    other = tmp_path / "other" / guessing_model.name
    other.mkdir(parents=True)
    (other / "model.safetensors").write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ValueError, match=r"holds an evaluation with weights .*another --out"):
        claim_folder(tmp_path / "o", settings_of(str(other), None, seed=0, temperature=0.6))
    OutcomeLog(tmp_path / "o" / "outcomes.jsonl").append([outcome(prompt="something else")])
    with pytest.raises(SystemExit):
        main(["--model", str(guessing_model), "--prompts", "1", "--out", str(tmp_path / "o")])
    assert "answers other prompts (number 0 differs)" in capsys.readouterr().err


def test_kept_outcomes_are_judged_again_without_generating(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("training.evaluate.generate", None)
    OutcomeLog(tmp_path / "outcomes.jsonl").append([outcome(), outcome(index=1, stable=False)])
    main(["--from", str(tmp_path / "outcomes.jsonl"), "--no-classifier"])
    assert "| rejection + rollback | 100.0 (34.2–100.0) | 50.0 (9.5–90.5) |" in capsys.readouterr().out
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["machine"] == machine()
    assert (tmp_path / "report.md").read_text().startswith("2 held-out prompts, model nano")
    assert np.isclose(summary["modes"][0]["stable"]["share"], 0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--prompts", "0"], "--prompts is 0; it must be at least 1"),
        (["--samples", "0"], "--samples is 0; it must be at least 1"),
        (["--temperature", "0"], "temperature is 0"),
        (["--model", "./nowhere"], "nowhere"),
        (["--data", "./nowhere"], "holds no test-"),
        (["--from", "./nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["classifier", "--per-family", "2"], "--per-family is 2; it must be at least 5"),
    ],
)
def test_bad_input_ends_with_one_line(options, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(options)
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert ended.value.code not in (0, None)
