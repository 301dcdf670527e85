"""A language model of Llama-3.2-1B's shape with random weights, made to write given bricks.

The work is that of the real model: the same matrices, and a tokenizer that splits a line as Llama 3's does,
into ten tokens. Random weights would write nothing worth drawing, so whatever the network answers, the next
token of a script is raised above all others, for us and for the rival alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.decoding import LoadedModel, as_tokenizer
from brickgpt_engine.decoding.tokens import Logits, Rows, TokenIds, TokenModel
from brickgpt_engine.decoding.torch_llama import TorchModel
from brickgpt_engine.generation.prompts import encode_prompt

PROMPT = "a stack of shelves"
VOCABULARY = 128_256
RAISED = 1e4
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def random_model(device: str) -> Any:
    """A transformers Llama with the sizes of Llama-3.2-1B in bfloat16, the type of the public weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=2048,
        intermediate_size=8192,
        num_hidden_layers=16,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=64,
        max_position_embeddings=131_072,
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model = model.to(torch.bfloat16).to_empty(device=device)
    noise = (torch.randn(1 << 20, device=device) * 0.02).to(
        torch.bfloat16
    )  # repeated: drawing a billion numbers takes longer
    for tensor in model.parameters():
        flat = tensor.data.view(-1)
        copies = -(-flat.numel() // noise.numel())
        flat.copy_(noise.repeat(copies)[: flat.numel()] if tensor.ndim > 1 else torch.ones_like(flat))
    model.tie_weights()
    rotary = model.model.rotary_emb
    fresh = type(rotary)(config).to(device)
    rotary.inv_freq, rotary.original_inv_freq = fresh.inv_freq, fresh.original_inv_freq
    return model.eval()


def tokenizer() -> Any:
    """Splits as Llama 3 does: numbers whole, ``)`` and the line end together."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    extra = ["Ġ(", ")Ċ", *(str(number) for number in range(10, 1000))]
    vocab = {token: number for number, token in enumerate([*letters, *extra])}
    made = Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))
    made.decoder = decoders.ByteLevel()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.add_special_tokens(["<pad>", "<s>", "<bricks>", "</s>"])
    return as_tokenizer(made)


def repetitive(count: int) -> list[Brick]:
    """Bricks of a shelf: every layer like the one below."""
    layer = [(2, 4, x, y) for x in (2, 4) for y in (2, 6, 10)]
    return [Brick(*brick, number // len(layer)) for number, brick in enumerate(layer * count)][:count]


def scattered(count: int) -> list[Brick]:
    """Bricks anywhere, of any kind, that do not collide: nothing to guess from."""
    rng = np.random.default_rng(3)
    structure = BrickStructure()
    while len(structure) < count:
        h, w = FOOTPRINTS[int(rng.integers(len(FOOTPRINTS)))]
        brick = Brick(h, w, *rng.integers(0, 20, 3).tolist())
        if brick.in_bounds(20):
            structure.add(brick)
    return list(structure)


class Script:
    """Raises the next token of a text above all others."""

    def __init__(self, bricks: Sequence[Brick]) -> None:
        self.tokenizer = tokenizer()
        self.start = len(encode_prompt(self.tokenizer, PROMPT, "nano"))
        self.ids = self.tokenizer.encode("".join(f"{brick}\n" for brick in bricks))
        self.ids.append(self.tokenizer.eos_id)

    def raise_next(self, logits: Any, length: int) -> None:
        """Change ``logits`` (..., vocabulary) of the token after the first ``length``."""
        place = length - self.start
        if 0 <= place < len(self.ids):
            logits[..., self.ids[place]] += RAISED


class Scripted:
    """A model that does its work and answers by a script."""

    def __init__(self, model: TorchModel, script: Script) -> None:
        self._model, self._script = model, script

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self._model.length

    @property
    def vocab_size(self) -> int:
        """Length of a logits vector."""
        return self._model.vocab_size

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self._model.context_length

    @property
    def draft_cost(self) -> float:
        """What one more token makes a short pass longer."""
        return self._model.draft_cost

    @property
    def draft_step(self) -> int:
        """Tokens that a pass reads in the time of one."""
        return self._model.draft_step

    def prefill(self, ids: Sequence[int]) -> Logits:
        """Forget everything and read ``ids``."""
        self._model.rewind(0)
        return self.extend(ids)

    def extend(self, ids: Sequence[int]) -> Logits:
        """Read ``ids``; the logits after the last."""
        return np.asarray(self.extend_each(ids, 1)[0])

    def extend_each(self, ids: Sequence[int], keep: int, only: TokenIds | None = None) -> Rows:
        """Read ``ids``; the logits after each of the last ``keep``, as the script wants them."""
        rows = self._model.extend_each(ids, keep, only)
        for place, row in enumerate(rows):
            self._script.raise_next(row, self.length - keep + 1 + place)
        return rows

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens."""
        self._model.rewind(length)


def loaded(model: TokenModel, script: Script) -> LoadedModel:
    """``model`` with the script's tokenizer."""
    return LoadedModel(model, script.tokenizer, "nano", {"name": "random 1B"})


def bandwidth(device: str) -> float:
    """Bytes per second that the device's memory gives, measured by copying a gigabyte."""
    import torch

    source = torch.empty(1 << 30, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    target.copy_(source)
    begin.record()
    for _ in range(10):
        target.copy_(source)
    end.record()
    torch.cuda.synchronize()
    return 10 * 2 * source.numel() / (begin.elapsed_time(end) / 1e3)
