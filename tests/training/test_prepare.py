"""Conversion to conversations: the wire format, the schema, and folders that are not as they should be."""

import json
import subprocess
import sys

import pytest

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq

from brickgpt_engine.errors import BrickGPTError, ConfigError, FormatError, InputError, OutputError
from training.data.build import build
from training.data.prepare import prepare

BRICKS = "2x4 (0,0,0)\n1x2 (0,0,1)\n"
USER = (
    "Create a LEGO model of the input. Format your response as a list of bricks: <brick dimensions> <brick "
    "position>, where the brick position is (x,y,z).\nAllowed brick dimensions are 2x4, 4x2, 2x6, 6x2, 1x2, "
    "2x1, 1x4, 4x1, 1x6, 6x1, 1x8, 8x1, 1x1, 2x2.\nAll bricks are 1 unit tall.\n\n### Input:\n"
)
"""The wire format, written out here a second time so that a slip in the builder shows."""


def table(rows=2, **columns):
    values = {
        "structure_id": [f"s{i}" for i in range(rows)],
        "captions": [[f"a thing {i}", f" Ünusual “thing”, {i}. "] for i in range(rows)],
        "bricks": [BRICKS] * rows,
    }
    return pa.table({name: value for name, value in (values | columns).items() if value is not None})


def quiet(data, out, **options):
    return prepare(str(data), out, tell=lambda line: None, **options)


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def stable(tmp_path):
    """A folder laid out as StableText2Brick is."""
    folder = tmp_path / "stable" / "data"
    folder.mkdir(parents=True)
    for split, parts in (("train", 2), ("test", 1)):
        for part in range(parts):
            pq.write_table(table(), folder / f"{split}-{part:05d}-of-{parts:05d}.parquet")
    return folder.parent


def test_messages_are_the_wire_format_to_the_letter(stable, tmp_path):
    assert quiet(stable, tmp_path / "out") == {"test": 4, "train": 8}
    rows = read(tmp_path / "out" / "train.jsonl")
    assert rows[1] == {
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": USER + " Ünusual “thing”, 0. "},
            {"role": "assistant", "content": BRICKS},
        ]
    }
    captions = [row["messages"][1]["content"].removeprefix(USER) for row in rows[:4]]
    assert captions == ["a thing 0", " Ünusual “thing”, 0. ", "a thing 1", " Ünusual “thing”, 1. "]


def test_parquet_holds_the_same_as_json_lines(stable, tmp_path):
    quiet(stable, tmp_path / "a")
    quiet(stable, tmp_path / "b", file_format="parquet")
    assert pq.read_table(tmp_path / "b" / "test.parquet").to_pylist() == read(tmp_path / "a" / "test.jsonl")


@pytest.mark.torch
@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_what_was_prepared_is_a_data_set_again(stable, tmp_path, file_format):
    pytest.importorskip("torch")  # the trainers' reader comes with them
    pytest.importorskip("yaml")
    from training.grpo.tasks import read_entries

    other = {"captions": [["one", "two"], ["three"]], "bricks": [BRICKS, "2x2 (0,0,0)\n"]}
    pq.write_table(table(**other), stable / "data" / "train-00000-of-00002.parquet")
    quiet(stable, tmp_path / "out", file_format=file_format)
    for data in (tmp_path / "out", tmp_path / "out" / f"train.{file_format}"):
        found = read_entries(str(data), "train")
        assert [(entry.captions, entry.bricks) for entry in found[:2]] == [
            (("one", "two"), BRICKS),
            (("three",), "2x2 (0,0,0)\n"),
        ]
        assert sum(len(entry.captions) for entry in found) == 7
    assert len(read_entries(str(tmp_path / "out"), "test", 1)) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"messages": [{"role": "user", "content": "Hello"}]}', "lacks a user's or an assistant's"),
        ('{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}]}',
         "is not the instruction of BrickGPT: 'Hi'"),
        ('{"messages": ', "damaged or no file of JSON lines"),
        ("7", "damaged or no file of JSON lines"),
    ],
)  # fmt: skip
def test_other_conversations_are_refused(tmp_path, line, words):
    from training.data.sources import find_sources

    (tmp_path / "train.jsonl").write_text(line + "\n")
    with pytest.raises(FormatError, match=words):
        list(find_sources(str(tmp_path / "train.jsonl"))[0].batches())


def test_the_datasets_library_reads_what_it_gets_and_saves_what_is_read(stable, tmp_path):
    datasets = pytest.importorskip("datasets")
    quiet(stable, tmp_path / "out")
    loaded = datasets.load_dataset(
        "json", data_files=str(tmp_path / "out" / "train.jsonl"), cache_dir=str(tmp_path / "cache")
    )["train"]
    assert loaded.num_rows == 8
    assert [message["role"] for message in loaded[0]["messages"]] == ["system", "user", "assistant"]
    saved = datasets.DatasetDict({"train": datasets.Dataset(table(3))})
    saved.save_to_disk(str(tmp_path / "saved"))
    assert quiet(tmp_path / "saved", tmp_path / "again") == {"train": 6}
    assert read(tmp_path / "again" / "train.jsonl")[:4] == read(tmp_path / "out" / "train.jsonl")[:4]


def test_the_columns_name_of_the_first_release_is_read(tmp_path):
    pq.write_table(table(bricks=None, lego=[BRICKS] * 2), tmp_path / "train.parquet")
    assert quiet(tmp_path / "train.parquet", tmp_path / "out") == {"train": 4}


def test_what_is_done_is_kept_and_what_changed_is_not_overwritten(stable, tmp_path):
    out = tmp_path / "out"
    quiet(stable, out, splits=["train"])
    before = (out / "train.jsonl").stat().st_mtime_ns
    said = []
    prepare(str(stable), out, tell=said.append)
    assert (out / "train.jsonl").stat().st_mtime_ns == before
    assert any("train.jsonl: already there, 8 rows" in line for line in said)
    pq.write_table(table(1), stable / "data" / "train-00001-of-00002.parquet")
    with pytest.raises(OutputError, match="exists and was not made from this data as it is now; add"):
        quiet(stable, out)
    assert (out / "train.jsonl").stat().st_mtime_ns == before
    assert quiet(stable, out, overwrite=True)["train"] == 6


def test_a_cut_off_result_is_made_again_only_when_asked(stable, tmp_path):
    out = tmp_path / "out"
    quiet(stable, out)
    whole = (out / "test.jsonl").read_bytes()
    (out / "test.jsonl").write_bytes(whole[:100])
    with pytest.raises(OutputError, match="add --overwrite"):
        quiet(stable, out)
    quiet(stable, out, overwrite=True)
    assert (out / "test.jsonl").read_bytes() == whole


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"captions": None}, "it has the columns structure_id, bricks; it needs captions and bricks"),
        ({"bricks": None}, "it has the columns structure_id, captions; it needs captions and bricks"),
        ({"captions": [["ok"], []]}, "structure 1: captions must be a list of texts, none empty"),
        ({"captions": [["ok"], [" "]]}, "structure 1: captions must be"),
        ({"captions": ["one text", "another"]}, "structure 0: captions must be"),
        ({"captions": [["ok"], None]}, "structure 1: captions must be"),
        ({"bricks": [BRICKS, ""]}, "structure 1: bricks must be lines like 2x4"),
        ({"bricks": [BRICKS, "a chair"]}, "structure 1: bricks must be"),
        ({"bricks": [1, 2]}, "structure 0: bricks must be"),
    ],
)
def test_another_schema_is_refused_and_leaves_nothing(tmp_path, columns, message):
    pq.write_table(table(**columns), tmp_path / "train.parquet")
    with pytest.raises(FormatError, match=message):
        quiet(tmp_path / "train.parquet", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_folders_that_are_empty_missing_or_cut_off(stable, tmp_path):
    (tmp_path / "empty").mkdir()
    cases = {
        tmp_path / "empty": "holds no Parquet files and no saved data set",
        tmp_path / "nowhere": "no such folder or file",
    }
    for data, message in cases.items():
        with pytest.raises(InputError, match=message):
            quiet(data, tmp_path / "out")
    (stable / "data" / "train-00001-of-00002.parquet").unlink()
    with pytest.raises(InputError, match="has 1 of the 2 files of split train; complete the download"):
        quiet(stable, tmp_path / "out")
    file = stable / "data" / "test-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(FormatError, match="it is damaged or no Parquet file"):
        quiet(file, tmp_path / "out")
    pq.write_table(table(0, captions=pa.array([], pa.list_(pa.string()))), file)
    with pytest.raises(InputError, match="has no structures"):
        quiet(file, tmp_path / "out")


def test_unknown_splits_and_formats(stable, tmp_path):
    with pytest.raises(ConfigError, match="has no split 'val'; it has test, train"):
        quiet(stable, tmp_path / "out", splits=["val"])
    with pytest.raises(ConfigError, match="--format is 'csv'; it must be jsonl or parquet"):
        quiet(stable, tmp_path / "out", file_format="csv")


def test_our_own_build_is_converted_once_it_is_finished(tmp_path):
    folder = tmp_path / "data"
    build(6, folder, seed=5, test_size=2, workers=1, families=["table"], layouts=2)
    assert quiet(folder, tmp_path / "out") == {"test": 10, "train": 30}
    first = pq.read_table(folder / "train-00000.parquet").to_pylist()[0]
    row = read(tmp_path / "out" / "train.jsonl")[4]["messages"]
    assert row[1]["content"] == USER + first["captions"][4]
    assert row[2]["content"] == first["bricks"]
    (folder / "train-00000.parquet").unlink()
    with pytest.raises(InputError, match="unfinished build: rows of split train are missing; run the same"):
        quiet(folder, tmp_path / "out2")
    note = json.loads((folder / "build.json").read_text())
    del note["complete"]
    (folder / "build.json").write_text(json.dumps(note))
    with pytest.raises(InputError, match="unfinished build: 1 of 2 shards are missing; run the same build"):
        quiet(folder, tmp_path / "out2")


def test_a_full_disk_leaves_no_half_file(stable, tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.data.prepare.os.fsync", full)
    with pytest.raises(OutputError, match="No space left on device; free some space"):
        quiet(stable, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("options", [("--data", "--out"), ("--input_path", "--output_path")])
def test_the_command_and_the_option_names_of_the_original(stable, tmp_path, options):
    command = [sys.executable, "-m", "training", "prepare", options[0], str(stable)]
    command += [options[1], str(tmp_path / "out"), "--split", "test"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"4 conversations in {tmp_path / 'out'}"
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == ["prepare.json", "test.jsonl"]


def test_a_name_that_the_hub_does_not_give_is_one_line(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")

    def offline(name):
        raise ConnectionError(f"Couldn't reach\n'{name}' on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", offline)
    with pytest.raises(BrickGPTError, match="the Hugging Face Hub did not give it: Couldn't reach") as caught:
        quiet("someone/bricks", tmp_path / "out")
    assert "\n" not in str(caught.value)
