"""What the sampler knows of a language model: token ids go in, logits come out, and it can go back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import ModelError

Logits: TypeAlias = NDArray[np.float32]
"""Unnormalised log-probabilities of the next token, shape (vocab_size,)."""


class TokenModel(Protocol):
    """A causal language model with a cache that can be shortened.

    Backends keep one sequence. The logits they return may be a view that the next
    call overwrites; a caller that needs them longer copies them.
    """

    @property
    def length(self) -> int:
        """Tokens in the cache."""

    @property
    def vocab_size(self) -> int:
        """Length of a logits vector."""

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""

    def prefill(self, ids: Sequence[int]) -> Logits:
        """Forget everything, read ``ids``, and return the logits after the last of them."""

    def extend(self, ids: Sequence[int]) -> Logits:
        """Read ``ids`` after what is cached, in one pass; return the logits after the last of them.

        Raises:
            ModelError: ``ids`` is empty or unknown, or the context is full.
        """

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens. Costs nothing: no cache is copied."""


def check_room(ids: Sequence[int], length: int, model: TokenModel) -> None:
    """Refuse token ids that ``model`` cannot take when it holds ``length`` tokens.

    Raises:
        ModelError: no ids, an id outside the vocabulary, or more than the context holds.
    """
    if not ids:
        raise ModelError("the model was given no tokens; a pass needs at least one")
    if min(ids) < 0 or max(ids) >= model.vocab_size:
        raise ModelError(
            f"token id {min(ids) if min(ids) < 0 else max(ids)} is outside the model's vocabulary of "
            f"{model.vocab_size}; the tokenizer belongs to another model"
        )
    if length + len(ids) > model.context_length:
        raise ModelError(
            f"the model's context is full: {length + len(ids)} tokens, and it holds {model.context_length}; "
            "use a shorter prompt or fewer bricks"
        )


class TokenStream:
    """A model's sequence with its ids, and a count of the work done.

    Adds three things to a :class:`TokenModel`: it remembers the ids, so that it can go
    back to any earlier position *with* that position's logits; it refuses logits that
    are not numbers; and it counts passes and tokens.

    Attributes:
        model: the model that is driven.
        ids: every id in the model's cache, in order.
        passes: forward passes so far.
        tokens: tokens read so far, prompt included.
    """

    def __init__(self, model: TokenModel) -> None:
        self.model = model
        self.ids: list[int] = []
        self.passes = 0
        self.tokens = 0

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return len(self.ids)

    @property
    def room(self) -> int:
        """Tokens that still fit into the context."""
        return self.model.context_length - len(self.ids)

    def start(self, ids: Sequence[int]) -> Logits:
        """Begin a new sequence; returns the logits after ``ids``."""
        self.ids = []
        return self._take(ids, self.model.prefill(ids))

    def push(self, ids: Sequence[int]) -> Logits:
        """Read ``ids`` in one pass; returns the logits after the last."""
        return self._take(ids, self.model.extend(ids))

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens."""
        self.model.rewind(length)
        del self.ids[length:]

    def return_to(self, length: int) -> Logits:
        """Rewind to ``length`` tokens (at least 1) and return the logits there, at the cost of one token."""
        last = self.ids[length - 1]
        self.rewind(length - 1)
        return self.push([last])

    def _take(self, ids: Sequence[int], logits: Logits) -> Logits:
        self.ids.extend(ids)
        self.passes += 1
        self.tokens += len(ids)
        top = float(logits.max())
        if not -np.inf < top < np.inf:  # also false for NaN, which max() passes on
            raise ModelError(
                "the model's output is not a number (NaN or infinite logits); "
                "its weights are damaged or overflow in this precision"
            )
        return logits
