"""Begin a training run with the weights of another model, whose tokenizer may be another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from brickgpt_engine.decoding.tokenizer import TextTokenizer, load_tokenizer
from brickgpt_engine.decoding.weights import Weights

EMBEDDING = "model.embed_tokens.weight"


def warm_start(model: Any, tokenizer: TextTokenizer, folder: Path) -> None:
    """Overwrite the weights of ``model`` with those of a model folder of the same architecture and sizes.

    A token that both tokenizers know keeps its embedding. A new one begins with the mean over
    the old tokens that spell it, so that a new word starts as what it was read as before.

    Args:
        model: a ``LlamaForCausalLM`` with tied embeddings; changed in place.
        tokenizer: of ``model``.
        folder: the other model.

    Raises:
        ModelError: the folder holds no model that can be read, or one of other sizes.
    """
    weights, old = Weights(folder), load_tokenizer(folder)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name != EMBEDDING:
                parameter.copy_(torch.from_numpy(weights.array(name, tuple(parameter.shape))))
        table = model.get_parameter(EMBEDDING)
        rows = weights[EMBEDDING].shape[0] if EMBEDDING in weights else 0
        before = torch.from_numpy(weights.array(EMBEDDING, (rows, table.shape[1])))
        for token, place in tokenizer.backend.get_vocab().items():
            known = old.token_id(token)
            ids = [known] if known is not None else old.encode(tokenizer.decode([place]))
            if ids:
                table[place] = before[ids].mean(dim=0)
