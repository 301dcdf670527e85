"""A whole model folder, random but real, from loading to a finished structure."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from brickgpt_engine.decoding import LoadedModel, load_model
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.torch_llama import load_torch_model
from brickgpt_engine.generation import BrickGenerator, GenerationConfig


@pytest.fixture(scope="module")
def folder(tmp_path_factory, nano_tokenizer):
    """A one-layer Llama of 16 numbers per token."""
    path = tmp_path_factory.mktemp("tiny")
    width, vocab = 16, nano_tokenizer.get_vocab_size()
    rng = np.random.default_rng(0)
    shapes = {f"model.layers.0.self_attn.{n}_proj.weight": (width, width) for n in "qkvo"}
    shapes |= {f"model.layers.0.mlp.{n}_proj.weight": (32, width) for n in ("gate", "up")}
    shapes |= {
        "model.layers.0.mlp.down_proj.weight": (width, 32),
        "model.embed_tokens.weight": (vocab, width),
    }
    norms = ("layers.0.input_layernorm", "layers.0.post_attention_layernorm", "norm")
    tensors = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    tensors |= {f"model.{name}.weight": np.ones(width, dtype=np.float32) for name in norms}
    save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocab,
        "hidden_size": width,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "rms_norm_eps": 1e-5,
    }
    (path / "config.json").write_text(json.dumps(config))
    (path / "brickgpt.json").write_text('{"prompt_style": "nano"}')
    nano_tokenizer.save(str(path / "tokenizer.json"))
    return path


OPTIONS = GenerationConfig(seed=4, max_bricks=12, max_regenerations=3, temperature=1.0)


def test_a_random_model_gives_valid_bricks_and_the_same_ones_again(folder):
    model = load_model(str(folder))
    first = BrickGenerator(model).run("a chair", OPTIONS)
    again = BrickGenerator(load_model(str(folder))).run("a chair", OPTIONS)
    assert first.structure == again.structure
    assert len(first.structure)
    assert first.valid
    assert first.structure.world_dim == 20
    assert model.token_model.length <= 512


@pytest.mark.torch
def test_numpy_and_torch_build_the_same_model(folder):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    on_numpy = load_model(str(folder))
    on_torch = LoadedModel(load_torch_model(str(folder), "cpu"), on_numpy.tokenizer, "nano", {})
    runs = [BrickGenerator(model).run("a sofa", OPTIONS) for model in (on_numpy, on_torch)]
    assert runs[0].structure == runs[1].structure
    assert runs[0].rejections == runs[1].rejections


@pytest.mark.skipif(
    not (embedded_folder() / "model.safetensors").is_file(), reason="no embedded weights here"
)
def test_the_embedded_model_builds_something_that_stands():
    result = BrickGenerator(load_model()).run("a chair with a high back", GenerationConfig(seed=1))
    assert result.stop_reason == "end"
    assert len(result.structure) > 5
    assert result.stable
    assert result.valid
