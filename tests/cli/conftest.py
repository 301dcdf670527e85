"""Model folders whose answers a test writes down, and a way to run the command line."""

import io
import json
import os
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.cli import main

TOWER = "2x4 (4,5,0)\n2x2 (3,6,1)\n4x2 (1,7,2)\n"
"""Stands. Every number occurs once, as a chain of tokens needs it."""
FLOATING = "2x4 (4,5,0)\n2x2 (13,16,3)\n"
"""Its second brick hangs in the air."""
SPECIALS = ["<pad>", "<s>", "<bricks>", "</s>"]


def _tokenizer():
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(SPECIALS)
    fields = [f"{h}x{w} (" for h, w in FOOTPRINTS] + [f"{n}{end}" for n in range(20) for end in (",", ")\n")]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in fields])
    return tokenizer


def _save(folder, tokenizer, head, context):
    """A Llama that sees only its last token: that token's column of ``head`` are the logits."""
    size = len(head)
    config = {
        "architectures": ["LlamaForCausalLM"],
        "vocab_size": size,
        "hidden_size": size,
        "intermediate_size": 2,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "num_key_value_heads": 1,
        "head_dim": 2,
        "max_position_embeddings": context,
        "tie_word_embeddings": False,
    }
    block = {"q_proj": (2, size), "k_proj": (2, size), "v_proj": (2, size), "o_proj": (size, 2)}
    tensors = {f"model.layers.0.self_attn.{name}.weight": np.zeros(shape) for name, shape in block.items()}
    for name, shape in {"gate_proj": (2, size), "up_proj": (2, size), "down_proj": (size, 2)}.items():
        tensors[f"model.layers.0.mlp.{name}.weight"] = np.zeros(shape)
    for name in ("layers.0.input_layernorm", "layers.0.post_attention_layernorm", "norm"):
        tensors[f"model.{name}.weight"] = np.ones(size)
    tensors |= {"model.embed_tokens.weight": np.eye(size), "lm_head.weight": head}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: value.astype(np.float32) for name, value in tensors.items()}, folder / "model.safetensors"
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "brickgpt.json").write_text('{"prompt_style": "nano", "format_version": 1}')
    return folder


@pytest.fixture(scope="session")
def scripted_model(tmp_path_factory):
    """Makes a folder with a model that answers any prompt with ``text``, whose tokens must all differ."""
    tokenizer = _tokenizer()
    made = {}

    def make(text, context=512):
        if (text, context) not in made:
            size = tokenizer.get_vocab_size()
            chain = [tokenizer.token_to_id("<bricks>"), *tokenizer.encode(text).ids]
            assert len(set(chain)) == len(chain), "a token comes twice; the chain would loop"
            head = np.zeros((size, size))
            for token, follower in zip(chain, [*chain[1:], tokenizer.token_to_id("</s>")], strict=True):
                head[follower, token] = 4.0
            made[text, context] = _save(
                tmp_path_factory.mktemp("model") / "scripted", tokenizer, head, context
            )
        return made[text, context]

    return make


@pytest.fixture(scope="session")
def tower_model(scripted_model):
    """Answers with :data:`TOWER`."""
    return str(scripted_model(TOWER))


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory):
    """Draws any brick, each as likely as another, and never ends."""
    tokenizer = _tokenizer()
    head = np.zeros((tokenizer.get_vocab_size(),) * 2)
    head[tokenizer.token_to_id("</s>")] = -4.0
    return str(_save(tmp_path_factory.mktemp("model") / "endless", tokenizer, head, 1_000_000))


@dataclass
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def problem(self):
        """The one line that an error is."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs ``brickgpt`` with arguments in an empty folder, stdin being what ``stdin`` holds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)

    def call(*arguments, stdin=""):
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call


@pytest.fixture
def tower_file(tmp_path):
    """A file with :data:`TOWER`."""
    path = tmp_path / "tower.txt"
    path.write_text(TOWER)
    return path


@pytest.fixture
def environment():
    """The environment for child processes: this tree's package, and a terminal with colours."""
    from pathlib import Path

    import brickgpt_engine

    root = Path(brickgpt_engine.__file__).parent.parent
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    path = os.pathsep.join([str(root), *filter(None, [kept.get("PYTHONPATH")])])
    return kept | {"PYTHONPATH": path, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
