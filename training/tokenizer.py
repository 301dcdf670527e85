r"""The embedded model's tokenizer: words by byte-level BPE, bricks by whole-field tokens.

A brick line is four tokens (``2x4 (`` ``12,`` ``3,`` ``0)\n``), so that one decision of
the model is one field of the brick. Caption text is split as GPT-2 splits it and
merged by BPE learnt from captions; every byte has a token, so nothing is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.generation.prompts import NANO_BOS, NANO_EOS, NANO_PAD, NANO_SEPARATOR

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL_TOKENS = (NANO_PAD, NANO_BOS, NANO_EOS, NANO_SEPARATOR)
"""Padding, start of text, end of structure, end of caption; ids 0 to 3."""


def field_tokens(world_dim: int = 20) -> list[str]:
    r"""The whole-field tokens of a world of ``world_dim``³ cells: footprints, ``N,`` and ``N)\n``."""
    dims = [f"{h}x{w} (" for h, w in FOOTPRINTS]
    places = [f"{n}," for n in range(world_dim)]
    ends = [f"{n})\n" for n in range(world_dim)]
    return dims + places + ends


def train_tokenizer(captions: Iterable[str], *, vocab_size: int, world_dim: int = 20) -> Tokenizer:
    """Learn a tokenizer of exactly ``vocab_size`` tokens (fewer when the captions are few).

    Args:
        captions: normalised caption texts.
        vocab_size: number of tokens, specials and brick fields included.
        world_dim: largest world whose coordinates get a token of their own.

    Returns:
        A ``tokenizers.Tokenizer`` ready to be saved as ``tokenizer.json``.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    fields = field_tokens(world_dim)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(fields),
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions, trainer)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in fields])
    return tokenizer
