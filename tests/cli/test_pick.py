"""-n K --pick --show-all: one kept, all shown."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image


def written(folder="."):
    return sorted(path.name for path in Path(folder).iterdir() if path.is_file())


def test_of_several_variants_the_picked_one_alone_is_written(run, endless_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ("--max-bricks", "4", "--max-regenerations", "0", "--seed", "5", "--model", endless_model)
    every = run("generate", "a car", "-n", "4", "--out", "all/", "--json", *options)
    models = [json.loads(line) for line in every.out.splitlines()]
    assert len(models) == 4
    picked = run("generate", "a car", "-n", "4", "--pick", "--out", "one/", "--json", *options)
    (kept,) = [json.loads(line) for line in picked.out.splitlines()]
    assert written("one") == ["car.json", "car.ldr", "car.png", "car.txt"]
    twin = next(model for model in models if model["seed"] == kept["seed"])
    assert Path("one/car.txt").read_text() == Path(twin["files"][0]).read_text()
    assert f"kept seed {kept['seed']} of 4 variants" in picked.err
    if any(model["stable"] for model in models):
        assert kept["stable"]


def test_a_sheet_shows_all_variants_and_is_not_overwritten(run, endless_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ("--max-bricks", "3", "--max-regenerations", "0", "--seed", "5", "--model", endless_model)
    ran = run("generate", "a car", "-n", "3", "--pick", "--show-all", "--formats", "txt", *options)
    assert "car-all.png" in ran.err
    assert written() == ["car-all.png", "car.txt"]
    with Image.open("car-all.png") as sheet:
        wide, high = sheet.size
    assert wide > 2 * 420
    assert high > 2 * 420
    run("generate", "a car", "-n", "3", "--show-all", "--formats", "txt", *options)
    assert written() == ["car-2.txt", "car-3.txt", "car-4.txt", "car-all-2.png", "car-all.png", "car.txt"]


@pytest.mark.parametrize("sampling", ["exact", "rejection"])
def test_a_model_that_never_ends_is_saved_where_its_context_is_full(run, endless_model, tmp_path, sampling):
    folder = tmp_path / "short"
    shutil.copytree(endless_model, folder)
    settings = json.loads((folder / "config.json").read_text()) | {"max_position_embeddings": 40}
    (folder / "config.json").write_text(json.dumps(settings))
    options = ("--max-regenerations", "0", "--no-physics", "--sampling", sampling, "--json")
    ran = run("generate", "a car", "--model", folder, *options)
    facts = json.loads(ran.out)
    assert facts["stop_reason"] == "context"
    assert Path("car.txt").read_text().count("\n") == facts["bricks"] > 5


@pytest.mark.parametrize("option", [("--budget", "six"), ("--region", "1,2"), ("--contact", "glue")])
def test_rules_that_cannot_be_read_end_the_command_with_its_code(run, endless_model, option):
    ran = run("generate", "a car", *option, "--model", endless_model)
    assert ran.code == 2
    assert len(ran.err.strip().splitlines()) <= 4
