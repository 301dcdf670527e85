"""A model folder for evaluation: tiny, fast, and often wrong."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SIDES = ("1x2 (", "2x1 (", "2x2 (", "2x4 (", "4x2 (")
REACH = 5
"""Coordinates run from 0 to this, so bricks often collide and often hang in the air."""


def _tokenizer():
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["<pad>", "<s>", "<bricks>", "</s>"])
    fields = [f"{h}x{w} (" for h in range(1, 9) for w in range(1, 9)]
    fields += [f"{n}{end}" for n in range(20) for end in (",", ")\n")]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in fields])
    return tokenizer


def _head(tokenizer):
    """Logits of the next token by the last one: lines in the lowest layers, and an end now and then."""
    size = tokenizer.get_vocab_size()
    weight = np.zeros((size, size))

    def follow(before, after):
        for first in before:
            for then, share in after.items():
                weight[tokenizer.token_to_id(then), tokenizer.token_to_id(first)] = share

    numbers = [f"{n}," for n in range(REACH + 1)]
    layers = {"0)\n": 6, "1)\n": 3, "2)\n": 1}
    follow(["<bricks>", *layers], {**dict.fromkeys(SIDES, 1), "</s>": 2})
    follow(SIDES, dict.fromkeys(numbers, 1))
    follow(numbers, {**dict.fromkeys(numbers, 1), **layers})
    return np.log(weight + 1e-12) / np.sqrt(size)  # the last norm makes a one-hot of length sqrt(size)


@pytest.fixture(scope="session")
def guessing_model(tmp_path_factory):
    """A Llama that sees only its last token and guesses the next: every kind of failure, in milliseconds."""
    folder, tokenizer = tmp_path_factory.mktemp("guessing"), _tokenizer()
    head = _head(tokenizer)
    size = len(head)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": size, "hidden_size": size,
        "intermediate_size": 2, "num_hidden_layers": 1, "num_attention_heads": 1,
        "num_key_value_heads": 1, "head_dim": 2, "max_position_embeddings": 400,
        "tie_word_embeddings": False, "eos_token_id": tokenizer.token_to_id("</s>"),
    }  # fmt: skip
    layer = "model.layers.0."
    tensors = {f"{layer}self_attn.{name}_proj.weight": np.zeros((2, size)) for name in "qkv"}
    tensors[f"{layer}self_attn.o_proj.weight"] = np.zeros((size, 2))
    tensors |= {f"{layer}mlp.{name}_proj.weight": np.zeros((2, size)) for name in ("gate", "up")}
    tensors[f"{layer}mlp.down_proj.weight"] = np.zeros((size, 2))
    for name in ("layers.0.input_layernorm", "layers.0.post_attention_layernorm", "norm"):
        tensors[f"model.{name}.weight"] = np.ones(size)
    tensors |= {"model.embed_tokens.weight": np.eye(size), "lm_head.weight": head}
    save_file({key: value.astype(np.float32) for key, value in tensors.items()}, folder / "model.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(config))
    marker = {"prompt_style": "nano", "format_version": 1, "families": ["table", "chair"]}
    (folder / "brickgpt.json").write_text(json.dumps(marker))
    return folder
