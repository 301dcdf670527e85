"""The mean of checkpoints: weights, temperature, and what does not fit together."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.numpy_llama import NumpyLlama
from training.merge import main


@pytest.fixture
def models(tmp_path):
    """Three checkpoints of one architecture, with what else lies in a checkpoint's folder."""
    for number in range(3):
        folder = tmp_path / f"checkpoint-{number}"
        folder.mkdir()
        weights = {
            "model.norm.weight": np.full(4, 1.0 + number, dtype=np.float32),
            "lm_head.weight": np.arange(8, dtype=np.float16).reshape(2, 4) * number,
        }
        save_file(weights, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps({"number": number}))
        (folder / "state.pt").write_bytes(b"optimizer")
    return [str(tmp_path / f"checkpoint-{number}") for number in range(3)]


def merged(*arguments):
    main([str(argument) for argument in arguments])


def test_the_mean_goes_with_the_first_models_files(models, tmp_path, capsys):
    out = tmp_path / "out"
    merged(*models, "--out", out)
    weights = load_file(out / "model.safetensors")
    assert weights["model.norm.weight"].tolist() == [2.0] * 4
    assert weights["lm_head.weight"].tolist() == np.arange(8).reshape(2, 4).tolist()
    assert {array.dtype.name for array in weights.values()} == {"float16"}
    assert sorted(path.name for path in out.iterdir()) == ["config.json", "model.safetensors"]
    assert json.loads((out / "config.json").read_text()) == {"number": 0}
    assert "the mean of 3" in capsys.readouterr().err


def test_shares_temperature_and_type(models, tmp_path):
    out = tmp_path / "out"
    merged(*models, "--out", out, "--shares", 3, 0, 1, "--temperature", 2, "--dtype", "float32")
    weights = load_file(out / "model.safetensors")
    assert weights["model.norm.weight"].tolist() == [0.75] * 4
    assert weights["lm_head.weight"][0].tolist() == [0, 0.5, 1, 1.5]
    assert weights["lm_head.weight"].dtype == np.float32


def test_changes_are_added_before_logits_are_divided(models, tmp_path, capsys):
    out = tmp_path / "out"
    change = ("--dtype", "float32", "--add", models[2], models[1], 0.5, "--add", models[0], models[2], 0.125)
    merged(models[0], *change, "--out", out, "--temperature", 2)
    weights = load_file(out / "model.safetensors")
    assert weights["model.norm.weight"].tolist() == [(1 + 0.5 - 0.25) / 2] * 4
    assert weights["lm_head.weight"][0].tolist() == [0, 0.25, 0.5, 0.75]
    assert "the mean of 1 and 2 changes" in capsys.readouterr().err


def test_a_temperature_divides_the_logits_of_the_embedded_model(tmp_path):
    nano = embedded_folder()
    merged("nano", "--out", tmp_path / "out", "--temperature", 1.25, "--dtype", "float32")
    tokens = [1, 300, 301]
    before, after = (NumpyLlama.from_folder(place).prefill(tokens) for place in (nano, tmp_path / "out"))
    np.testing.assert_allclose(np.asarray(after) * 1.25, np.asarray(before), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        ({"lm_head.weight": np.zeros((3, 4), np.float32)}, (), "lm_head.weight has shape"),
        ({"extra": np.zeros(1, np.float32)}, (), "has a tensor extra, which"),
        ({"model.norm.weight": np.full(4, 1e9, np.float32)}, (), "add --dtype float32"),
        ({}, ("--shares", "1", "2"), "3 models and 2 shares"),
        ({}, ("--shares", "0", "0", "0"), "not all 0"),
        ({}, ("--temperature", "0"), "must be above 0"),
        ({}, ("--add", "after", "before", "much"), "two model folders and a number, and 'much' is none"),
        ({}, ("--add", "after", "before", "1"), r"after has no model\.safetensors"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(models, tmp_path, change, arguments, said):
    path = f"{models[2]}/model.safetensors"
    save_file(load_file(path) | change, path)
    with pytest.raises(SystemExit, match=said):
        merged(*models, "--out", tmp_path / "out", *arguments)
    assert not (tmp_path / "out").exists()


def test_an_old_model_is_not_written_over(models, tmp_path):
    with pytest.raises(SystemExit, match="not empty; give a new folder"):
        merged(*models, "--out", models[1])
    with pytest.raises(SystemExit, match=r"has no model\.safetensors"):
        merged(models[0], str(tmp_path), "--out", tmp_path / "out")
