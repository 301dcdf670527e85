"""The NumPy backend against a plain float64 reading of the published formulas, and against transformers."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from brickgpt_engine.decoding import numpy_llama
from brickgpt_engine.decoding.linear import Blocked, Plain
from brickgpt_engine.decoding.llama_config import read_llama_config
from brickgpt_engine.decoding.numpy_llama import NumpyLlama
from brickgpt_engine.errors import ModelError

LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
SHAPES = {
    "plain": {},
    "heads alone": {"num_key_value_heads": 4},
    "one kv head, own lm_head": {"num_key_value_heads": 1, "tie_word_embeddings": False},
    "biases": {"attention_bias": True, "mlp_bias": True},
    "wide heads": {"head_dim": 16, "rope_theta": 1e6},
    "llama3 rope": {"rope_scaling": LLAMA3_ROPE},
    "linear rope": {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}},
}


def rms(x, weight, eps):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weight


def oracle(config, tensors, ids, frequencies):
    """Logits (n, vocab) of all positions: one head at a time, no cache, float64."""
    t = {name: value.astype(np.float64) for name, value in tensors.items()}
    width, group = config["head_dim"], config["num_attention_heads"] // config["num_key_value_heads"]
    angles = np.outer(np.arange(len(ids)), frequencies)
    cos, sin = np.cos(angles), np.sin(angles)

    def linear(x, name):
        return x @ t[f"{name}.weight"].T + t.get(f"{name}.bias", 0.0)

    def rotate(x):
        a, b = x[:, : width // 2], x[:, width // 2 :]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=1)

    x = t["model.embed_tokens.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        h = rms(x, t[p + "input_layernorm.weight"], config["rms_norm_eps"])
        q, k, v = (linear(h, f"{p}self_attn.{name}_proj") for name in "qkv")
        heads = []
        for head in range(config["num_attention_heads"]):
            own, shared = slice(head * width, (head + 1) * width), head // group
            part = slice(shared * width, (shared + 1) * width)
            scores = rotate(q[:, own]) @ rotate(k[:, part]).T / np.sqrt(width)
            scores[np.triu_indices(len(ids), 1)] = -np.inf
            weights = np.exp(scores - scores.max(1, keepdims=True))
            heads.append(weights / weights.sum(1, keepdims=True) @ v[:, part])
        x = x + linear(np.concatenate(heads, axis=1), p + "self_attn.o_proj")
        h = rms(x, t[p + "post_attention_layernorm.weight"], config["rms_norm_eps"])
        gate = linear(h, p + "mlp.gate_proj")
        x = x + linear(gate / (1 + np.exp(-gate)) * linear(h, p + "mlp.up_proj"), p + "mlp.down_proj")
    head = "model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"
    return rms(x, t["model.norm.weight"], config["rms_norm_eps"]) @ t[head].T


def llama3_frequencies(width):
    """Llama 3.1's rule, wavelength by wavelength."""
    rope, found = LLAMA3_ROPE, []
    for i in range(0, width, 2):
        f = rope["rope_theta"] ** (-i / width)
        wavelength = 2 * np.pi / f
        original, low, high = (rope["original_max_position_embeddings"], 1.0, 4.0)
        if wavelength > original / low:
            f /= rope["factor"]
        elif wavelength >= original / high:
            smooth = (original / wavelength - low) / (high - low)
            f = (1 - smooth) * f / rope["factor"] + smooth * f
        found.append(f)
    return np.array(found)


@pytest.mark.parametrize("blocked", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_logits_match_the_formulas_however_tokens_and_matrices_are_cut(
    llama_folder, shape, blocked, monkeypatch
):
    monkeypatch.setattr(numpy_llama, "small_products_are_fast", lambda: blocked)
    folder, tensors = llama_folder(**SHAPES[shape])
    config = json.loads((folder / "config.json").read_text())
    theta = config["rope_theta"]
    frequencies = theta ** (-np.arange(0, config["head_dim"], 2) / config["head_dim"])
    if shape == "llama3 rope":
        frequencies = llama3_frequencies(config["head_dim"])
    if shape == "linear rope":
        frequencies = frequencies / 4
    ids = np.random.default_rng(3).integers(0, config["vocab_size"], 60).tolist()
    expected = oracle(config, tensors, ids, frequencies)
    model = NumpyLlama.from_folder(folder)
    for cuts in ([60], [1] * 60, [20, 1, 1, 5, 1, 32], [30, 30]):
        at = 0
        for count in cuts:
            chunk = ids[at : at + count]
            logits = model.prefill(chunk) if at == 0 else model.extend(chunk)
            at += count
            np.testing.assert_allclose(logits, expected[at - 1], atol=2e-4)
        assert model.length == 60


@pytest.mark.parametrize("kind", [Plain, Blocked])
@pytest.mark.parametrize(("out", "inner"), [(128, 24), (96, 7), (86, 24), (37, 64)])
@pytest.mark.parametrize("rows", [1, 2, 4, 7, 8, 9, 70])
def test_products_of_few_and_many_rows(kind, out, inner, rows):
    rng = np.random.default_rng(out + rows)
    matrix, x = rng.standard_normal((out, inner)), rng.standard_normal((rows, inner))
    for bias in (None, rng.standard_normal(out)):
        linear = kind(matrix.astype(np.float32), None if bias is None else bias.astype(np.float32))
        buffer = np.full((rows, out), np.nan, dtype=np.float32)
        linear(x.astype(np.float32), linear.target(buffer))
        np.testing.assert_allclose(buffer, x @ matrix.T + (0.0 if bias is None else bias), atol=1e-4)


def test_rewind_equals_a_fresh_prefill(llama_folder):
    folder, _ = llama_folder()
    model, fresh = NumpyLlama.from_folder(folder), NumpyLlama.from_folder(folder)
    ids = np.random.default_rng(0).integers(0, model.vocab_size, 50).tolist()
    model.prefill(ids[:40])
    model.extend(ids[5:9])  # a wrong turn
    model.rewind(33)
    assert model.length == 33
    cache = model._keys
    for next_ids in (ids[33:34], ids[34:38], ids[38:39]):
        logits = model.extend(next_ids)
    assert model._keys is cache  # nothing was copied
    np.testing.assert_allclose(logits, fresh.prefill(ids[:39]), atol=1e-5)
    with pytest.raises(ModelError, match="cannot rewind to 40"):
        model.rewind(40)


def test_the_cache_grows_past_its_first_size_and_past_one_chunk(llama_folder):
    folder, _ = llama_folder()
    model, stepwise = NumpyLlama.from_folder(folder), NumpyLlama.from_folder(folder)
    ids = np.random.default_rng(0).integers(0, model.vocab_size, 900).tolist()
    whole = model.prefill(ids).copy()
    stepwise.prefill(ids[:500])
    for token in ids[500:530]:  # crosses the first capacity one by one
        stepwise.extend([token])
    np.testing.assert_allclose(stepwise.extend(ids[530:]), whole, atol=1e-4)


def test_context_and_vocabulary_limits(llama_folder):
    folder, _ = llama_folder(max_position_embeddings=16)
    model = NumpyLlama.from_folder(folder)
    model.prefill([1] * 16)
    with pytest.raises(ModelError, match="context is full: 17 tokens, and it holds 16"):
        model.extend([1])
    with pytest.raises(ModelError, match="vocabulary"):
        model.prefill([model.vocab_size])
    with pytest.raises(ModelError, match="vocabulary"):
        model.prefill([-1])
    with pytest.raises(ModelError, match="no tokens"):
        model.prefill([])


@pytest.mark.parametrize(("dtype", "tolerance"), [("F16", 1e-3), ("BF16", 1e-2), ("F64", 1e-6)])
def test_weight_types(llama_folder, dtype, tolerance):
    folder, tensors = llama_folder()
    expected = NumpyLlama.from_folder(folder)._embedding
    if dtype == "BF16":
        write_bfloat16(folder / "model.safetensors", tensors)
    else:
        kind = {"F16": np.float16, "F64": np.float64}[dtype]
        save_file({name: value.astype(kind) for name, value in tensors.items()}, folder / "model.safetensors")
    found = NumpyLlama.from_folder(folder)._embedding
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-6)


def write_bfloat16(path, tensors):
    """A file by the format's description, with each number cut to its upper 16 bits."""
    header, data = {}, b""
    for name, value in tensors.items():
        raw = (value.view(np.uint32) >> 16).astype(np.uint16).tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": "BF16", "shape": list(value.shape), "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_shards(llama_folder):
    folder, tensors = llama_folder()
    expected = NumpyLlama.from_folder(folder).prefill([1, 2, 3]).copy()
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, inside in parts.items():
        save_file({name: tensors[name] for name in inside}, folder / file)
    index = {"weight_map": {name: file for file, inside in parts.items() for name in inside}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    np.testing.assert_array_equal(NumpyLlama.from_folder(folder).prefill([1, 2, 3]), expected)
    (folder / "b.safetensors").unlink()
    with pytest.raises(ModelError, match=r"lacks the shard b\.safetensors"):
        NumpyLlama.from_folder(folder)


def test_damaged_weights_are_named(llama_folder):
    folder, tensors = llama_folder()
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    for content, message in [
        (whole[: len(whole) // 2], "ends before tensor"),
        (whole[:5], "impossible length"),
        (b"\xff" * 64, "impossible length"),
        (whole[:8] + b"?" * 200 + whole[208:], "not JSON"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ModelError, match=message) as caught:
            NumpyLlama.from_folder(folder)
        assert "\n" not in str(caught.value)
    path.unlink()
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        NumpyLlama.from_folder(folder)
    save_file({name: value for name, value in tensors.items() if "down_proj" not in name}, path)
    with pytest.raises(ModelError, match=r"no tensor 'model\.layers\.0\.mlp\.down_proj\.weight'"):
        NumpyLlama.from_folder(folder)
    tensors["model.norm.weight"] = np.zeros(3, dtype=np.float32)
    save_file(tensors, path)
    with pytest.raises(ModelError, match=r"shape \[3\].*asks for \[24\]"):
        NumpyLlama.from_folder(folder)
    save_file({"model.embed_tokens.weight": np.zeros((4, 4), dtype=np.int8)}, path)
    with pytest.raises(ModelError, match="of type I8"):
        NumpyLlama.from_folder(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, "GPT2LMHeadModel"),
        ({"hidden_act": "gelu"}, "gelu"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 2.0}}, "yarn"),
        ({"num_attention_heads": 3}, "3 heads on 2"),
        ({"head_dim": 7}, "width 7"),
        ({"vocab_size": "many"}, "vocab_size = 'many'"),
        ({"num_hidden_layers": 0}, "num_hidden_layers = 0"),
        ({"rope_scaling": LLAMA3_ROPE | {"high_freq_factor": 1.0}}, "high_freq_factor"),
    ],
)
def test_impossible_configurations_are_named(llama_folder, changes, message):
    folder, _ = llama_folder()
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=message):
        read_llama_config(folder)


@pytest.mark.torch
@pytest.mark.parametrize("shape", ["one kv head, own lm_head", "biases", "llama3 rope"])
def test_parity_with_transformers(llama_folder, shape):
    pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    from transformers import AutoModelForCausalLM

    changes = dict(SHAPES[shape])
    if shape == "llama3 rope":  # transformers wants the base beside the scaling
        changes["rope_theta"] = LLAMA3_ROPE["rope_theta"]
    folder, _ = llama_folder(**changes)
    save_file(
        load_file(folder / "model.safetensors"), folder / "model.safetensors", metadata={"format": "pt"}
    )
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    model = NumpyLlama.from_folder(folder)
    ids = np.random.default_rng(3).integers(0, model.vocab_size, 80).tolist()
    with torch.inference_mode():
        expected = reference(torch.tensor([ids])).logits[0].numpy()
    np.testing.assert_allclose(model.prefill(ids[:70]), expected[69], atol=1e-4)
    for position in range(70, 80):
        np.testing.assert_allclose(model.extend([ids[position]]), expected[position], atol=1e-4)
