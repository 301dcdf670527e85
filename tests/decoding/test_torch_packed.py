"""Weights in oneDNN's order: the same logits, and the model otherwise as it was."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from brickgpt_engine.decoding import torch_packed
from brickgpt_engine.decoding.torch_llama import TorchModel, load_torch_model, pack_weights

IDS = list(range(3, 40))


@pytest.fixture(scope="module")
def plain():
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=300,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        attention_bias=True,
    )
    return transformers.LlamaForCausalLM(config).to(torch.bfloat16).eval()


def packed_modules(model):
    return [module for module in model.modules() if hasattr(module, "packed_weights")]


def test_packed_weights_give_the_same_logits_for_any_number_of_tokens(plain):
    packed = copy.deepcopy(plain)
    pack_weights(packed)
    if not packed_modules(packed):
        pytest.skip("this PyTorch cannot pack weights")
    assert len(packed_modules(packed)) == 14  # seven a layer; the output matrix is read by rows
    one, other = TorchModel(plain, "cpu"), TorchModel(packed, "cpu")
    assert one.parameters == other.parameters and one.dtype == other.dtype == "bfloat16"
    np.testing.assert_allclose(one.prefill(IDS), other.prefill(IDS), atol=0.02)
    for count in (1, 2, 4, 9):
        ids = list(range(7, 7 + count))
        np.testing.assert_allclose(one.extend_each(ids, count), other.extend_each(ids, count), atol=0.02)


def test_where_packing_fails_or_is_wrong_the_model_stays_as_it_is(plain, monkeypatch):
    def refuse(linear):
        raise RuntimeError("not on this processor")

    for broken in (refuse, lambda linear: lambda x: torch.zeros(1, 3, 32, dtype=torch.bfloat16)):
        monkeypatch.setattr(torch_packed, "packed", broken)
        model = copy.deepcopy(plain)
        pack_weights(model)
        assert model.model.layers[0].mlp.up_proj.weight is not None
        assert not packed_modules(model)


def test_a_loaded_bfloat16_folder_is_packed_and_one_in_float32_is_not(plain, tmp_path):
    plain.save_pretrained(tmp_path / "half")
    copy.deepcopy(plain).to(torch.float32).save_pretrained(tmp_path / "whole")
    half, whole = (load_torch_model(str(tmp_path / name), "cpu") for name in ("half", "whole"))
    assert not packed_modules(whole._model)
    if half.dtype == "bfloat16":  # elsewhere it is widened
        assert bool(packed_modules(half._model)) == torch_packed._can_pack()
    np.testing.assert_allclose(half.prefill(IDS), whole.prefill(IDS), atol=0.1)
