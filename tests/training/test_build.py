"""The data set: schema, determinism, resuming, and a split that leaks nothing."""

import json

import numpy as np
import pytest

pytest.importorskip("pyarrow")
import pyarrow.parquet as pq

from brickgpt_engine.errors import ConfigError
from brickgpt_engine.formats import text
from brickgpt_engine.physics import StabilityAnalyzer
from training.data.build import build, object_id, split_of
from training.data.shapes import sample_shape


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    summary = build(24, folder, seed=3, test_size=6, workers=1)
    return folder, summary


def rows(folder, split):
    return [
        row for path in sorted(folder.glob(f"{split}-*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


def test_columns_are_those_of_stabletext2brick(built):
    folder, summary = built
    table = pq.read_table(folder / "train-00000.parquet")
    assert table.column_names == [
        "structure_id", "object_id", "category_id", "captions", "bricks", "stability_scores",
    ]  # fmt: skip
    assert table.num_rows == 24
    assert summary["kept"] == 30
    row = table.to_pylist()[0]
    assert len(row["captions"]) == 5
    assert np.array(row["stability_scores"]).shape == (20, 20, 20)


def test_every_structure_is_valid_and_stable_with_the_scores_it_says(built):
    for row in rows(built[0], "train")[:8]:
        structure = text.loads(row["bricks"])
        report = StabilityAnalyzer(criterion="paper", solver="highs").analyze(structure)
        assert report.stable
        scores = np.array(row["stability_scores"])
        assert scores.min() == pytest.approx(report.min_score, abs=1e-6)
        assert (scores[~structure.occupancy] == 1).all()


def test_splits_share_no_structure(built):
    train, test = rows(built[0], "train"), rows(built[0], "test")
    assert not {row["object_id"] for row in train} & {row["object_id"] for row in test}
    assert not {row["structure_id"] for row in train} & {row["structure_id"] for row in test}


def test_split_depends_on_the_cells_alone():
    shape = sample_shape(np.random.default_rng(1), "chair")
    twin = type(shape)(
        **{**{f: getattr(shape, f) for f in shape.__dataclass_fields__}, "params": {"other": 1}}
    )
    assert object_id(shape) == object_id(twin)
    assert split_of(shape) == split_of(twin)
    shares = [split_of(sample_shape(np.random.default_rng(seed))) for seed in range(2000)]
    assert 0.01 < shares.count("test") / 2000 < 0.06


def test_same_seed_builds_the_same_rows_and_another_seed_others(built, tmp_path):
    build(24, tmp_path / "same", seed=3, test_size=6, workers=1)
    build(24, tmp_path / "other", seed=4, test_size=6, workers=1)
    assert rows(tmp_path / "same", "train") == rows(built[0], "train")
    assert rows(tmp_path / "other", "train") != rows(built[0], "train")


def test_a_second_build_resumes_and_keeps_what_is_there(built, capsys):
    folder, _ = built
    before = (folder / "train-00000.parquet").stat().st_mtime_ns
    (folder / "test-00000.parquet").unlink()
    summary = build(24, folder, seed=3, test_size=6, workers=1)
    assert summary["kept"] == 6
    assert (folder / "train-00000.parquet").stat().st_mtime_ns == before
    assert "train-00000.parquet: already there" in capsys.readouterr().out


def test_builds_are_not_mixed(built):
    with pytest.raises(
        ConfigError, match="holds a build with seed 3; give the same options or another folder"
    ):
        build(24, built[0], seed=9, test_size=6, workers=1)
    assert json.loads((built[0] / "build.json").read_text())["seed"] == 3
