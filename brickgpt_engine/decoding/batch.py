"""Several runs that share a model's passes: each sees a model of its own, and waits for the others.

Every run has a thread. A pass begins once each member of the batch either asks for one or has stepped
aside, as it does while physics judges its structure; the last to ask carries it out for all.
Members join and leave at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np

from brickgpt_engine.decoding.tokens import Logits, Rows, TokenIds, TokenModel, check_room
from brickgpt_engine.decoding.torch_rows import Request, TorchRows
from brickgpt_engine.errors import BrickGPTError, ModelError


class Batch:
    """The common passes.

    Args:
        rows: runs the model.
        vocab_size, context_length: the model's.
        draft_cost: what one more token of one member makes a pass of all of them longer.

    Attributes:
        passes: common passes so far.
        shared: tokens' worth of requests answered in them, one each.
    """

    def __init__(self, rows: TorchRows, vocab_size: int, context_length: int, draft_cost: float) -> None:
        self.vocab_size, self.context_length, self.draft_cost = vocab_size, context_length, draft_cost
        self.passes = self.shared = 0
        self._rows = rows
        self._turn = threading.Condition()
        self._free = list(range(rows.count))
        self._present = 0  # members that have not stepped aside
        self._asked: dict[int, Request] = {}
        self._answers: dict[int, Rows | BaseException] = {}

    @property
    def size(self) -> int:
        """Most members."""
        return self._rows.count

    def join(self) -> BatchMember:
        """A new member.

        Raises:
            ModelError: the batch is full.
        """
        with self._turn:
            if not self._free:
                raise ModelError(f"the batch of {self.size} is full")
            row = min(self._free)  # the lower the rows, the smaller the passes
            self._free.remove(row)
            self._rows.lengths[row] = 0
            self._present += 1
        return BatchMember(self, row)

    def leave(self, row: int) -> None:
        """Give a member's row back."""
        with self._turn:
            self._free.append(row)
            self._rows.lengths[row] = 0
            self._present -= 1
            self._pass_if_ready()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While a member is busy elsewhere, the others do not wait for it."""
        with self._turn:
            self._present -= 1
            self._pass_if_ready()
        try:
            yield
        finally:
            with self._turn:
                self._present += 1

    def length(self, row: int) -> int:
        """Tokens of a row."""
        return int(self._rows.lengths[row])

    def shorten(self, row: int, length: int) -> None:
        """Forget all but a row's first ``length`` tokens."""
        self._rows.shorten(row, length)

    def ask(self, request: Request) -> Rows:
        """Have ``request`` answered in the next common pass.

        Raises:
            ModelError: the pass failed, for everybody who took part.
        """
        with self._turn:
            self._asked[request.row] = request
            self._pass_if_ready()
            while request.row not in self._answers:
                self._turn.wait()
            answer = self._answers.pop(request.row)
        if isinstance(answer, BrickGPTError):
            raise type(answer)(*answer.args)  # an exception belongs to one thread
        if isinstance(answer, BaseException):
            raise ModelError(f"the model failed: {answer}") from answer
        return answer

    def _pass_if_ready(self) -> None:
        """Carry the pass out where nobody is left to wait for; the lock is held."""
        if not self._asked or len(self._asked) < self._present:
            return
        asked = [self._asked[row] for row in sorted(self._asked)]
        self._asked = {}
        self.passes += 1
        self.shared += len(asked)
        answers: Sequence[Rows | BaseException]
        try:
            answers = self._rows.run(asked)
        except Exception as error:  # noqa: BLE001 - every member must hear of it, or it waits for ever
            answers = [error] * len(asked)
        for request, answer in zip(asked, answers, strict=True):
            self._answers[request.row] = answer
        self._turn.notify_all()


class BatchMember:
    """One sequence of a batch, as a :class:`~brickgpt_engine.decoding.tokens.DraftModel` of its own.

    Args:
        batch: the batch.
        row: this member's row in it.
    """

    def __init__(self, batch: Batch, row: int) -> None:
        self._batch, self._row = batch, row

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self._batch.length(self._row)

    @property
    def vocab_size(self) -> int:
        """Length of a logits vector."""
        return self._batch.vocab_size

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self._batch.context_length

    @property
    def draft_cost(self) -> float:
        """What one more token makes a common pass longer."""
        return self._batch.draft_cost

    def prefill(self, ids: Sequence[int]) -> Logits:
        """Forget everything, read ``ids``, and return the logits after the last, shape (vocab_size,)."""
        self._batch.shorten(self._row, 0)
        return self.extend(ids)

    def extend(self, ids: Sequence[int]) -> Logits:
        """Read ``ids`` after what is cached; return the logits after the last."""
        return np.asarray(self.extend_each(ids, 1)[0])

    def extend_each(self, ids: Sequence[int], keep: int, only: TokenIds | None = None) -> Rows:
        """Read ``ids`` in the next common pass; the logits after each of the last ``keep``."""
        check_room(ids, self.length, self)
        return self._batch.ask(Request(self._row, ids, keep, only))

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens.

        Raises:
            ModelError: there are not that many.
        """
        if not 0 <= length <= self.length:
            raise ModelError(f"cannot rewind to {length} tokens: the model holds {self.length}")
        self._batch.shorten(self._row, length)

    def aside(self) -> AbstractContextManager[None]:
        """While the block runs, the batch does not wait for this member."""
        return self._batch.aside()

    def leave(self) -> None:
        """Make room for another."""
        self._batch.leave(self._row)


def aside(model: TokenModel) -> AbstractContextManager[None]:
    """While the block runs, nobody waits for ``model``, should it be a member of a batch."""
    return model.aside() if isinstance(model, BatchMember) else nullcontext()
