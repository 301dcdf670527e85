"""The data set: schema, determinism, resuming, and a split that leaks nothing."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow")
import pyarrow.parquet as pq

from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.formats import text
from brickgpt_engine.formats.atomic import write_bytes
from brickgpt_engine.physics import StabilityAnalyzer
from training.data.build import _Task, build, object_id, run_task, split_of
from training.data.card import card_text
from training.data.folder import Recipe, is_complete, shard_stats
from training.data.sampling import build_shard
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
    assert summary["kept"] == 30
    assert summary["built"] == 6
    assert (folder / "train-00000.parquet").stat().st_mtime_ns == before
    assert "train-00000.parquet: already there" in capsys.readouterr().out


def small(folder, **changes):
    """A build of nine structures, each shape with up to three layouts."""
    options = {"seed": 5, "test_size": 3, "workers": 1, "families": ["table"], "layouts": 3} | changes
    return build(6, folder, **options)


@pytest.fixture(scope="module")
def layered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layered")
    small(folder)
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_layouts_of_a_shape_fill_the_same_cells_in_different_bricks(layered):
    by_shape = {}
    for row in rows(layered, "train"):
        by_shape.setdefault(row["object_id"], []).append(row)
    assert max(map(len, by_shape.values())) > 1
    for group in by_shape.values():
        assert len({row["bricks"] for row in group}) == len(group)
        cells = [text.loads(row["bricks"]).occupancy for row in group]
        assert all((other == cells[0]).all() for other in cells)
    assert not set(by_shape) & {row["object_id"] for row in rows(layered, "test")}


def test_one_layout_builds_what_the_first_layouts_are(layered, tmp_path):
    small(tmp_path, layouts=1)
    first = rows(tmp_path, "train")[0]
    assert first == rows(layered, "train")[0]


def test_the_number_of_workers_changes_no_byte(layered, tmp_path):
    small(tmp_path, workers=2)
    assert contents(tmp_path) == contents(layered)


@pytest.mark.parametrize("damage", ["cut", "empty"])
def test_damaged_shards_are_built_again_and_said(layered, tmp_path, capsys, damage):
    for name, data in contents(layered).items():
        (tmp_path / name).write_bytes(data)
    good = (layered / "train-00000.parquet").read_bytes()
    middle = len(good) // 3
    bad = {"cut": good[:middle], "empty": b""}
    (tmp_path / "train-00000.parquet").write_bytes(bad[damage])
    summary = small(tmp_path)
    assert contents(tmp_path) == contents(layered)
    assert summary["built"] == 6
    said = capsys.readouterr().out
    assert "train-00000.parquet: was damaged, built again" in said
    assert "test-00000.parquet: already there" in said


def test_a_flipped_byte_is_noticed_wherever_it_changes_a_row(layered, tmp_path):
    good, path = layered / "train-00000.parquet", tmp_path / "train-00000.parquet"
    data, recipe = good.read_bytes(), Recipe(5, 6, 3, ("table",), 3)
    noticed = 0
    for place in range(4, len(data), len(data) // 60):
        path.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
        try:
            stats = shard_stats(path, recipe)
        except ConfigError:
            stats = None
        noticed += stats is None
        assert stats is None or pq.read_table(path).equals(pq.read_table(good))
    assert noticed > 20
    assert shard_stats(good, recipe).kept == 6


def test_a_lost_or_broken_note_is_written_anew(layered, tmp_path):
    for name, data in contents(layered).items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "build.json").write_text('{"seed": ')
    assert small(tmp_path)["built"] == 0
    assert (tmp_path / "build.json").read_bytes() == (layered / "build.json").read_bytes()
    (tmp_path / "build.json").unlink()
    with pytest.raises(ConfigError, match="is of a build with seed 5; move it away"):
        small(tmp_path, seed=6)
    assert contents(tmp_path) == contents(layered)


def test_foreign_files_are_left_alone_unless_training_would_read_them(layered, tmp_path):
    for name, data in contents(layered).items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "notes.txt").write_text("mine")
    assert small(tmp_path)["built"] == 0
    (tmp_path / "train-mine.parquet").write_bytes(b"x")
    with pytest.raises(ConfigError, match=r"train-mine\.parquet, which is no part of this build"):
        small(tmp_path)
    assert (tmp_path / "train-mine.parquet").read_bytes() == b"x"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_a_killed_build_had_half_written_goes(layered, tmp_path):
    for name, data in contents(layered).items():
        (tmp_path / name).write_bytes(data)
    half = tmp_path / ".train-00000.parquet.abcd.tmp"
    half.write_bytes(b"half")
    small(tmp_path)
    assert half.exists()
    os.utime(half, (0, 0))
    small(tmp_path)
    assert not half.exists()


def test_a_full_disk_is_said_in_one_line_and_loses_nothing(layered, tmp_path, monkeypatch):
    (tmp_path / "test-00000.parquet").write_bytes(contents(layered)["test-00000.parquet"])

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("training.data.build.build_shard", lambda path, *_: write_bytes(path, b"x"))
        patch.setattr("os.fsync", full)
        with pytest.raises(OutputError, match="the disk is full; free some space"):
            run_task(_Task(tmp_path, Recipe(5, 6, 3, ("table",), 3), ("train", 0, 6)))
    assert [path.name for path in tmp_path.iterdir()] == ["test-00000.parquet"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 0}, "--size is 0; it must be from 1 to 100,000,000"),
        ({"size": -3}, "--size is -3"),
        ({"test_size": -1}, "--test-size is -1"),
        ({"seed": -1}, "--seed is -1"),
        ({"workers": 1000}, "--workers is 1000; it must be from 0 to 256"),
        ({"layouts": 0}, "--layouts is 0; it must be from 1 to 16"),
        ({"families": ["dragon"]}, "no shape family 'dragon'"),
        ({"meshes": ["nowhere.sh3f"]}, "--meshes nowhere.sh3f: no such file"),
    ],
)
def test_impossible_options_are_refused_before_anything_is_written(tmp_path, changes, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        build(**{"size": 4, "out": tmp_path / "out"} | changes)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_folders_place_is_said(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match=r"cannot make the folder .*: a file is in its way"):
        build(4, tmp_path / "out")


def running(process):
    """Whether a process of ``/proc`` is there and not just waiting to be reaped."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_build_that_is_killed_goes_on_and_ends_as_any_other(tmp_path):
    command = [sys.executable, "-m", "training.data", "build", "--size", "1000", "--test-size", "3"]
    command += ["--seed", "5", "--families", "table", "--workers", "2", "--out", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    first = process.stdout.readline()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    workers = [Path("/proc", pid) for pid in children.read_text().split()] if children.exists() else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 30
    while any(map(running, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [worker for worker in workers if running(worker)]
    process.stdout.close()
    assert first.startswith("test-00000.parquet: 3 structures")
    before = (tmp_path / "test-00000.parquet").stat().st_mtime_ns
    with pytest.raises(ConfigError, match="holds a build with size 1000"):
        build(6, tmp_path, seed=5, test_size=3, workers=1, families=["table"], layouts=2)
    assert (tmp_path / "test-00000.parquet").stat().st_mtime_ns == before


def test_a_family_with_few_shapes_ends_with_those_it_has(tmp_path, monkeypatch):
    one = sample_shape(np.random.default_rng(2), "table")
    monkeypatch.setattr("training.data.sampling.sample_shape", lambda rng, families: one)
    monkeypatch.setattr("training.data.sampling.MAX_BARREN", 5)
    recipe = Recipe(0, 10, 0, ("table",), 1)
    split = split_of(one)
    stats = build_shard(tmp_path / "x.parquet", recipe, (split, 0, 10))
    assert stats.kept == 1
    other = "test" if split == "train" else "train"
    assert build_shard(tmp_path / "y.parquet", recipe, (other, 0, 10)).kept == 0
    assert pq.read_table(tmp_path / "y.parquet").num_rows == 0


def test_a_build_of_format_version_1_goes_on(layered, tmp_path):
    table = pq.read_table(layered / "train-00000.parquet").replace_schema_metadata({})
    pq.write_table(table, tmp_path / "train-00000.parquet")
    note = {"format_version": 1, "seed": 5, "size": 6, "test_size": 3, "families": ["table"]}
    (tmp_path / "build.json").write_text(json.dumps(note))
    assert small(tmp_path, layouts=1)["built"] == 3
    (tmp_path / "build.json").unlink()
    with pytest.raises(ConfigError, match="is not known to be of this build"):
        small(tmp_path, layouts=1)


def test_builds_are_not_mixed(built):
    with pytest.raises(
        ConfigError, match="holds a build with seed 3; give the same options or another folder"
    ):
        build(24, built[0], seed=9, test_size=6, workers=1)
    assert json.loads((built[0] / "build.json").read_text())["seed"] == 3


def test_the_card_counts_what_the_shards_hold_and_can_be_written_again(layered):
    card = (layered / "README.md").read_text()
    assert card == card_text(layered)
    train, test = rows(layered, "train"), rows(layered, "test")
    shapes = {split: len({row["object_id"] for row in of}) for split, of in (("a", train), ("b", test))}
    assert f"| train | 6 | {shapes['a']} |" in card
    assert f"| test | 3 | {shapes['b']} |" in card
    mean = np.mean([row["bricks"].count("\n") for row in train + test])
    assert f"| table | 6 | 3 | {shapes['a'] + shapes['b']} | {mean:.1f} |" in card
    assert "Shapes that are in both splits: 0." in card
    assert "--size 6 --test-size 3 --seed 5 --layouts 3 --families table --out DIR" in card
    assert "{{" not in card
    assert json.loads((layered / "build.json").read_text())["complete"] == {"train": 6, "test": 3}
    assert is_complete(layered)
    assert not is_complete(layered / "nowhere")


def test_the_datasets_library_reads_a_build_by_its_card(layered, tmp_path):
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(layered), cache_dir=str(tmp_path / "cache"))
    assert {split: table.num_rows for split, table in loaded.items()} == {"train": 6, "test": 3}
    assert loaded["train"][0] == rows(layered, "train")[0]


def test_meshes_are_split_by_model_and_named_in_the_card(tmp_path, monkeypatch):
    from training.data import catalogue

    made = [f"maker#{number}" for number in range(40)]

    def shapes_of(model):
        for side in (1, 2):
            shape = sample_shape(np.random.default_rng([made.index(model), side]), "table")
            params = {"model": model, "name": f"Desk {model}", "creator": "A. Maker"}
            params |= {"licence": "CC BY 3.0", "source": "a-package", "side": side}
            yield replace(shape, params=params)

    monkeypatch.setattr(catalogue, "models", lambda sources, tell: made)
    monkeypatch.setattr(catalogue, "shapes_of", shapes_of)
    monkeypatch.setattr(catalogue, "catalogue_captions", lambda shape, rng: [shape.params["name"]] * 5)
    monkeypatch.setattr("training.data.sampling.TEST_SHARE", 0.3)
    recipe = Recipe(0, 1, 0, ("table",), 2, ("desks.sh3f",))
    split_of_model = {}
    for part in range(2):
        done = run_task(_Task(tmp_path, recipe, part=part, sources=(tmp_path / "desks.sh3f",)))
        assert [name for name, _, _ in done] == [f"{of}-mesh-{part:05d}.parquet" for of in ("test", "train")]
        again = run_task(_Task(tmp_path, recipe, part=part, sources=(tmp_path / "desks.sh3f",)))
        assert [how for _, how, _ in again] == ["there", "there"]
    for split in ("train", "test"):
        found = rows(tmp_path, split)
        assert found
        for row in found:
            split_of_model.setdefault(row["captions"][0], set()).add(split)
    assert all(len(splits) == 1 for splits in split_of_model.values())
    card = card_text(tmp_path)
    assert "- mit\n- cc-by-3.0\n" in card
    assert "| Desk maker#0 | A. Maker | CC BY 3.0 | a-package |" in card
    assert f"come from {len(split_of_model)} meshes" in " ".join(card.split())
    assert "--meshes desks.sh3f" in card
