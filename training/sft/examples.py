"""Data sets as token ids with a mask of what is to be learnt, and the padding token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from brickgpt_engine.bricks import Brick
from brickgpt_engine.errors import ConfigError, ModelError
from training.actions import ActionSpace
from training.grpo.tasks import Entry
from training.policies import Policy
from training.rewards.attempt import absolute_lines

_SPARE_PADS = ("<pad>", "<|finetune_right_pad_id|>", "<|pad|>", "[PAD]", "<|reserved_special_token_0|>")
"""Tokens that models carry for padding, or never use."""


def encoded(
    policy: Policy, space: ActionSpace, entries: Sequence[Entry], longest: int
) -> list[dict[str, Any]]:
    """``input_ids`` and ``completion_mask`` of every caption of every structure.

    Only the bricks and the end token are to be learnt. Examples of more than ``longest`` tokens are left out.

    Raises:
        ConfigError: none is left.
    """
    rows: list[dict[str, Any]] = []
    for entry in entries:
        bricks = [line for line in absolute_lines(entry.bricks) if isinstance(line, Brick)]
        answer = [*policy.tokenizer.encode(space.write(bricks)), policy.tokenizer.eos_id]
        for caption in entry.captions:
            prompt = policy.prompt(caption)
            if len(prompt) + len(answer) <= longest:
                mask = [0] * len(prompt) + [1] * len(answer)
                rows.append({"input_ids": [*prompt, *answer], "completion_mask": mask})
    if not rows:
        raise ConfigError(f"no example has at most {longest} tokens; raise max_sample_length")
    return rows


def choose_pad(vocabulary: dict[str, int], eos: str | None, pad: str | None) -> tuple[str, bool]:
    """A padding token that is not the end token, and whether it has to be added.

    A model that pads with its end token is never shown that token as an answer, since padding is not
    learnt, and so does not learn to end.

    Args:
        vocabulary: the tokenizer's.
        eos: its end token.
        pad: its padding token so far.
    """
    if pad is not None and pad != eos:
        return pad, False
    for spare in _SPARE_PADS:
        if spare in vocabulary and spare != eos:
            return spare, False
    return "<pad>", True


def set_pad(tokenizer: Any, model: Any) -> None:
    """Give a tokenizer of ``transformers`` and its model a padding token distinct from the end token.

    Raises:
        ModelError: the tokenizer has no end token.
    """
    if tokenizer.eos_token is None:
        raise ModelError("the tokenizer names no end token; add eos_token to its tokenizer_config.json")
    token, added = choose_pad(tokenizer.get_vocab(), tokenizer.eos_token, tokenizer.pad_token)
    if added:
        tokenizer.add_special_tokens({"pad_token": token})
    tokenizer.pad_token = token
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=8)
    model.config.pad_token_id = tokenizer.pad_token_id
    if model.generation_config is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
