"""The engine's process: loads models and builds what the studio asks for, one order at a time.

Started by :mod:`brickgpt_tui.remote`, which says what goes over its standard input and output. It ends
when its standard input does, so that it outlives no studio.
"""

from __future__ import annotations

import os
import pickle
import queue
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

from brickgpt_engine.errors import BrickGPTError, ModelError
from brickgpt_tui.remote import Answer, Order

if TYPE_CHECKING:
    from brickgpt_engine.generation import BrickGenerator

_COURTESY = 5
"""By how much the process is nicer than the studio, so that the keyboard comes first."""


class Server:
    """Reads orders in one thread, and carries them out in another.

    Args:
        orders: where orders come from.
        answers: where answers go.
    """

    def __init__(self, orders: BinaryIO, answers: BinaryIO) -> None:
        self._orders, self._answers = orders, answers
        self._waiting: queue.Queue[Order] = queue.Queue()
        self._stopped = -1  # number of the last run that was stopped
        self._loaded: tuple[tuple[Any, ...], BrickGenerator] | None = None

    def serve(self) -> None:
        """Carry out orders for as long as there are any."""
        threading.Thread(target=self._read, name="orders", daemon=True).start()
        while True:
            order = self._waiting.get()
            try:
                self._carry_out(order)
            except BrickGPTError as error:
                self._tell(Answer("error", error))
            except MemoryError:
                self._tell(
                    Answer("error", ModelError("not enough memory for this model; take a smaller one"))
                )
            except Exception as error:  # a defect: the studio shows it, and starts another process
                self._tell(Answer("error", RuntimeError(f"{type(error).__name__}: {error}")))
                raise

    def _read(self) -> None:
        while True:
            try:
                order: Order = pickle.load(self._orders)
            except (EOFError, OSError):
                os._exit(0)
            if order.kind == "stop":
                self._stopped = max(self._stopped, order.run)
            else:
                self._waiting.put(order)

    def _carry_out(self, order: Order) -> None:
        if order.kind == "load":
            self._load(order.key)
            self._tell(Answer("loaded"))
        else:
            self._build(order)
            self._tell(Answer("end"))

    def _load(self, key: tuple[Any, ...]) -> BrickGenerator:
        from brickgpt_tui.worker import load_generator

        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None  # never two models in memory
            self._loaded = key, load_generator(*key)
        return self._loaded[1]

    def _build(self, order: Order) -> None:
        from brickgpt_engine.bricks import BrickStructure
        from brickgpt_tui.feed import count_tokens

        if order.config is None or self._loaded is None:
            raise ModelError("no model is loaded; build again")
        generator = self._loaded[1]
        start = BrickStructure(order.start, order.config.world_dim) if order.start else None
        tokens = count_tokens(generator)
        for event in generator.generate(order.prompt, order.config, start=start):
            self._tell(Answer("event", event, tokens()))
            if self._stopped >= order.run:
                break

    def _tell(self, answer: Answer) -> None:
        content = pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
        try:
            self._answers.write(content)
            self._answers.flush()
        except OSError:  # the studio is gone
            os._exit(0)


def main() -> None:
    """Serve on standard input and output, which nobody else may use from now on."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nobody = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nobody, number)
    if hasattr(os, "nice"):
        os.nice(_COURTESY)
    Server(orders, answers).serve()


if __name__ == "__main__":
    main()
