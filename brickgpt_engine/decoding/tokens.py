"""What the sampler knows of a language model: token ids go in, logits come out, and it can go back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import ModelError

Logits: TypeAlias = NDArray[np.float32]
"""Unnormalised log-probabilities of the next token, shape (vocab_size,)."""
Rows: TypeAlias = NDArray[np.float32]
"""Logits of several positions, shape (n, vocab_size)."""
TokenIds: TypeAlias = NDArray[np.int64]


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


@runtime_checkable
class DraftModel(TokenModel, Protocol):
    """A token model that answers for several positions of one pass, so that it can check drafts."""

    @property
    def draft_cost(self) -> float:
        """What one more token makes a short pass longer, as a share of a pass of one token."""

    def extend_each(self, ids: Sequence[int], keep: int, only: TokenIds | None = None) -> Rows:
        """Read ``ids`` in one pass; the logits after each of the last ``keep``, shape (keep, vocab_size).

        Args:
            ids: tokens after what is cached.
            keep: at least 1, at most as many as ``ids``.
            only: the tokens that matter, ascending; others may get minus infinity, which is cheaper.

        Raises:
            ModelError: as :meth:`extend`.
        """


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

    Adds to a :class:`TokenModel` that one asks for the logits after a *text*, whatever
    the model holds: what it holds alike is kept, the rest is forgotten or read, and a
    draft of what may follow is read in the same pass. Logits that are no numbers are refused.

    Args:
        model: the model that is driven.
        only: the tokens that matter; None for all.

    Attributes:
        ids: every id in the model's cache, in order.
        passes: forward passes so far.
        tokens: tokens read so far, prompt and drafts included.
        drafted: tokens read as drafts.
        accepted: those of them that the text then took.
    """

    def __init__(self, model: TokenModel, only: TokenIds | None = None) -> None:
        self.model = model
        self.ids: list[int] = []
        self.passes = 0
        self.tokens = 0
        self.drafted = 0
        self.accepted = 0
        self._only = only
        self._checker = model if isinstance(model, DraftModel) else None
        self._known: dict[int, tuple[Logits, bool]] = {}  # by tokens before; whether they are numbers
        self._sure = 0  # tokens that are no draft, or an accepted one

    def start(self, ids: Sequence[int]) -> Logits:
        """Begin a new sequence; returns the logits after ``ids``."""
        self.ids, self._known = [], {}
        logits = self.model.prefill(ids)
        self._book(ids)
        self._sure = len(ids)
        self._known[len(ids)] = logits.copy(), bool(np.isfinite(logits.max()))
        return self._numbers(len(ids))

    def cut(self, length: int) -> None:
        """Forget all but the first ``length`` tokens, and all logits: the next question costs a pass."""
        self.model.rewind(length)
        del self.ids[length:]
        self._known = {}

    def after(
        self, base: int, tokens: Sequence[int], draft: Callable[[int], list[int]] | None = None
    ) -> Logits:
        """Logits after the first ``base`` tokens (at least 1) of what is held and ``tokens``.

        Args:
            base: tokens at the beginning that stay as they are.
            tokens: what follows them, be it held already or not.
            draft: gives what probably follows, should a pass be needed, from the tokens that it reads anyway.
        """
        held = base + _alike(self.ids[base:], tokens)
        wanted = base + len(tokens)
        self._credit(held)
        if held == wanted and held in self._known:
            return self._numbers(held)
        if held == wanted:  # read once, but its logits were not kept
            held -= 1
            tokens, base = [*self.ids[base - 1 : base], *tokens], base - 1
        if held < len(self.ids):
            self.model.rewind(held)
            del self.ids[held:]
        self._known = {place: logits for place, logits in self._known.items() if base <= place <= held}
        drafted = draft(wanted - held) if draft is not None and self._checker is not None else []
        del drafted[max(0, self.model.context_length - wanted) :]
        self._sure = wanted
        return self._read([*tokens[held - base :], *drafted], len(drafted))

    def _read(self, ids: list[int], drafted: int) -> Logits:
        """Read ``ids``, the last ``drafted`` of them drafts; the logits before the drafts."""
        if self._checker is not None:
            rows = self._checker.extend_each(ids, drafted + 1, self._only)
        else:
            rows = self.model.extend(ids)[None]
        self._book(ids)
        sound = np.isfinite(rows.max(axis=1)).tolist()  # the maximum passes NaN on
        if drafted and not all(sound):
            # One bad number spreads over its whole pass; it counts only where the text itself meets it.
            self.model.rewind(len(self.ids) - len(ids))
            del self.ids[-len(ids) :]
            return self._read(ids[:-drafted], 0)
        self.drafted += drafted
        first = len(self.ids) - drafted
        for number, row in enumerate(rows.copy()):  # backends reuse their buffer
            self._known[first + number] = row, sound[number]
        return self._numbers(first)

    def _book(self, ids: Sequence[int]) -> None:
        """Count a pass over ``ids``."""
        self.ids.extend(ids)
        self.passes += 1
        self.tokens += len(ids)

    def _numbers(self, place: int) -> Logits:
        """The logits after ``place`` tokens, refused if they are no numbers."""
        logits, sound = self._known[place]
        if not sound:
            raise ModelError(
                "the model's output is not a number (NaN or infinite logits); "
                "its weights are damaged or overflow in this precision"
            )
        return logits

    def _credit(self, held: int) -> None:
        """Count drafted tokens up to ``held`` as accepted."""
        self.accepted += max(0, held - self._sure)
        self._sure = max(self._sure, held)


def _alike(held: Sequence[int], wanted: Sequence[int]) -> int:
    """Tokens that two texts have in common at their beginning."""
    count = 0
    for mine, other in zip(held, wanted, strict=False):
        if mine != other:
            break
        count += 1
    return count
