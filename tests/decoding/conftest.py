"""Tokenizers of four kinds, and tiny random Llama folders, built on the spot."""

import base64
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from brickgpt_engine.bricks import FOOTPRINTS

LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _byte_vocab(extra=()):
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    return {token: number for number, token in enumerate([*letters, *extra])}


def _bpe(merges=(), extra=(), **options):
    made = [a + b for a, b in merges]
    tokenizer = Tokenizer(models.BPE(vocab=_byte_vocab([*made, *extra]), merges=list(merges), **options))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def _split_as_llama3(tokenizer):
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


@pytest.fixture(scope="session")
def nano_tokenizer():
    """A brick line is four tokens."""
    tokenizer = _bpe()
    tokenizer.add_special_tokens(["<pad>", "<s>", "<bricks>", "</s>"])
    fields = [f"{h}x{w} (" for h, w in FOOTPRINTS] + [f"{n}{end}" for n in range(20) for end in (",", ")\n")]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in fields])
    return tokenizer


@pytest.fixture(scope="session")
def llama3_tokenizer():
    """Splits as Llama 3 does: numbers of up to three digits, ``)\\n`` in one."""
    numbers = [str(n) for n in range(10, 1000)]
    tokenizer = _bpe(extra=["Ġ(", ")Ċ", *numbers], ignore_merges=True)
    _split_as_llama3(tokenizer)
    marks = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    tokenizer.add_special_tokens(marks)
    return tokenizer


@pytest.fixture(scope="session")
def real_llama3_tokenizer():
    """Llama 3's own, from the file of byte strings and ranks in the package ``llama-models``."""
    found = importlib.util.find_spec("llama_models")
    if found is None or not found.submodule_search_locations:
        pytest.skip("needs llama-models, which carries Llama 3's tokenizer")
    path = Path(found.submodule_search_locations[0]) / "llama3" / "tokenizer.model"
    pairs = (line.split() for line in path.read_bytes().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    spell = _byte_speller()
    merges = sorted(
        (rank, ranks[token[:cut]], ranks[token[cut:]], spell(token[:cut]), spell(token[cut:]))
        for token, rank in ranks.items()
        for cut in range(1, len(token))
        if token[:cut] in ranks and token[cut:] in ranks
    )
    vocab = {spell(token): rank for token, rank in ranks.items()}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[m[3:] for m in merges], ignore_merges=True))
    _split_as_llama3(tokenizer)
    reserved = iter(range(256))
    named = {0: "begin_of_text", 1: "end_of_text", 6: "start_header_id", 7: "end_header_id", 9: "eot_id"}
    marks = [named.get(n) or f"reserved_special_token_{next(reserved)}" for n in range(256)]
    tokenizer.add_special_tokens([f"<|{mark}|>" for mark in marks])
    return tokenizer


def _byte_speller():
    """Bytes to the letters that byte-level tokenizers write for them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain} | {byte: chr(256 + n) for n, byte in enumerate(others)}
    return lambda data: "".join(map(letters.__getitem__, data))


@pytest.fixture(scope="session")
def gpt2_tokenizer():
    """Merges some numbers only, and never across GPT-2's splits."""
    merges = [("Ġ", "("), ("1", "0"), ("1", "2"), ("1", "7"), (",", "Ġ")]
    tokenizer = _bpe(merges=merges)
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


@pytest.fixture(scope="session")
def digit_tokenizer():
    """Every digit is a token."""
    tokenizer = _bpe(merges=[("Ġ", "("), (")", "Ċ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.add_special_tokens(["</s>"])
    return tokenizer


@pytest.fixture(scope="session")
def merging_tokenizer():
    """Makes tokens of given merges, without any splitting before: fields may run together."""

    def make(*merges):
        tokenizer = _bpe(merges=merges)
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.add_special_tokens(["</s>"])
        return tokenizer

    return make


def _tensors(config, rng):
    hidden, middle, width = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    q, kv = config["num_attention_heads"] * width, config["num_key_value_heads"] * width
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], hidden), "model.norm.weight": (hidden,)}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (config["vocab_size"], hidden)
    linear = {
        "self_attn.q_proj": (q, hidden),
        "self_attn.k_proj": (kv, hidden),
        "self_attn.v_proj": (kv, hidden),
        "self_attn.o_proj": (hidden, q),
        "mlp.gate_proj": (middle, hidden),
        "mlp.up_proj": (middle, hidden),
        "mlp.down_proj": (hidden, middle),
    }
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        shapes |= {f"{prefix}{norm}_layernorm.weight": (hidden,) for norm in ("input", "post_attention")}
        for name, shape in linear.items():
            shapes[f"{prefix}{name}.weight"] = shape
            if config["attention_bias" if "attn" in name else "mlp_bias"]:
                shapes[f"{prefix}{name}.bias"] = shape[:1]
    return {name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def llama_folder(tmp_path, nano_tokenizer):
    """Makes a folder with a tiny random Llama, its tokenizer and prompt style; answers (path, tensors)."""

    def make(name="llama", seed=0, **changes):
        config = {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": nano_tokenizer.get_vocab_size(),
            "hidden_size": 24,
            "intermediate_size": 40,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 8,
            "max_position_embeddings": 1024,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
            "tie_word_embeddings": True,
            "attention_bias": False,
            "mlp_bias": False,
            "hidden_act": "silu",
        } | changes
        folder = tmp_path / name
        folder.mkdir()
        tensors = _tensors(config, np.random.default_rng(seed))
        (folder / "config.json").write_text(json.dumps(config))
        save_file(tensors, folder / "model.safetensors")
        nano_tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "brickgpt.json").write_text('{"prompt_style": "nano", "format_version": 1}')
        return folder, tensors

    return make
