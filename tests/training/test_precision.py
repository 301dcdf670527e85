"""Which type a run calculates in, and Muon where that is float32."""

import logging
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytest.importorskip("yaml")

from brickgpt_engine.errors import ModelError
from training import precision
from training.muon import WideMuon, make_muon, orthogonal
from training.options import read_settings
from training.precision import autocast_type, processor_type
from training.sft import SFTSettings

pytestmark = pytest.mark.torch

CONFIGS = Path(precision.__file__).parent / "configs"


@pytest.mark.parametrize("able", [True, False])
def test_auto_takes_bfloat16_only_where_the_processor_calculates_in_it(able, monkeypatch):
    monkeypatch.setattr(precision, "calculates_in_bfloat16", lambda: able)
    assert autocast_type("auto", "cpu") is (torch.bfloat16 if able else None)
    assert processor_type() is (torch.bfloat16 if able else torch.float32)
    matrix = torch.nn.Parameter(torch.zeros(4, 8))
    assert isinstance(make_muon([matrix], 1e-2, 0.1), WideMuon) != able
    assert autocast_type("auto", "mps") is None and autocast_type("no", "cpu") is None


@pytest.mark.parametrize("able", [True, False])
def test_bfloat16_that_was_asked_for_is_taken_and_called_slow_where_it_is(able, monkeypatch, caplog):
    monkeypatch.setattr(precision, "calculates_in_bfloat16", lambda: able)
    with caplog.at_level(logging.WARNING):
        assert autocast_type("bf16", "cpu") is torch.bfloat16
        assert autocast_type("bf16", "cuda") is torch.bfloat16
    assert len(caplog.messages) == (0 if able else 1)
    assert all("no instructions" in line and "auto" in line for line in caplog.messages)
    with pytest.raises(ModelError, match="fp16 needs a CUDA device"):
        autocast_type("fp16", "cpu")


@pytest.mark.parametrize("name", ["sft-small", "sft-nano"])
def test_configurations_for_laptops_leave_the_type_to_the_processor(name):
    settings = read_settings(SFTSettings, "sft", "", ["--config", str(CONFIGS / f"{name}.yaml")])
    assert settings.mixed_precision == "auto"


@pytest.mark.parametrize("shape", [(24, 40), (40, 24)])
def test_muon_in_float32_steps_as_in_bfloat16(shape):
    torch.manual_seed(0)
    start = torch.randn(shape)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    options = {"lr": 0.1, "weight_decay": 0.1, "adjust_lr_fn": "match_rms_adamw"}
    each = [WideMuon([ours], **options), torch.optim.Muon([theirs], **options)]
    for _ in range(3):
        ours.grad = torch.randn(shape)
        theirs.grad = ours.grad.clone()
        for one in each:
            one.step()
    moved = (theirs - start).norm()
    assert 0 < (ours - theirs).norm() < 0.02 * moved  # bfloat16 keeps 8 bits
    states = [one.state_dict()["state"][0] for one in each]
    assert states[0].keys() == states[1].keys()
    assert torch.equal(states[0]["momentum_buffer"], states[1]["momentum_buffer"])


def test_updates_are_made_nearly_orthogonal():
    torch.manual_seed(1)
    matrix = torch.randn(16, 48)
    values = torch.linalg.svdvals(orthogonal(matrix, (3.4445, -4.7750, 2.0315), 5, 1e-7))
    assert values.min() > 0.6 and values.max() < 1.3
    assert torch.linalg.svdvals(matrix).max() > 2 * torch.linalg.svdvals(matrix).min()
