"""The architecture of fresh weights."""

from __future__ import annotations

from typing import Any

from brickgpt_engine.errors import ConfigError
from training.sft.config import SFTSettings


def sized(config: Any, settings: SFTSettings) -> Any:
    """``config`` of a model with as many layers and as wide as ``settings`` say, else as it is.

    Heads keep their size, so there are fewer of them in a narrower model; the feed-forward layers keep
    their ratio to the width, rounded up to a multiple of eight.

    Raises:
        ConfigError: the width is not a multiple of the heads' size.
    """
    fields = config.to_dict()
    if layers := settings.num_hidden_layers:
        fields.pop("layer_types", None)  # as many as there were layers; the architecture knows its own
        fields["num_hidden_layers"] = layers
    if width := settings.hidden_size:
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        if width % head:
            raise ConfigError(
                f"hidden_size is {width}, no multiple of {head}, the size of a head of "
                f"{settings.model_name_or_path}; try {max(width // head, 1) * head}"
            )
        heads = width // head
        shared = max(heads * config.num_key_value_heads // config.num_attention_heads, 1)
        fields["num_key_value_heads"] = next(n for n in range(shared, 0, -1) if heads % n == 0)
        fields["num_attention_heads"] = heads
        fields["intermediate_size"] = -(-width * config.intermediate_size // config.hidden_size // 8) * 8
        fields["hidden_size"] = width
    return type(config).from_dict(fields)
