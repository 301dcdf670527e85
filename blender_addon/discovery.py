"""Which engine there is and whether it answers, without keeping anybody waiting. No Blender here."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from .engine_process import EngineError, Message, find_engine, probe

NOT_LOOKED = "press 'Test the engine'"


class Discovery:
    """What is known about the engine.

    Attributes:
        line: that in words, for the panel.
        found: None before anybody looked, then whether there is an engine that may be used.
        busy: a test is under way.
    """

    def __init__(self) -> None:
        self.line = NOT_LOOKED
        self.found: bool | None = None
        self.busy = False
        self._answers: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()

    def look(self, wish: str, places: Sequence[str]) -> None:
        """Find the program, without starting it."""
        try:
            self.line, self.found = f"found {find_engine(wish, places)}", True
        except EngineError as error:
            self.line, self.found = str(error), False

    def heard(self, hello: Message) -> None:
        """An engine that runs said who it is."""
        self.line, self.found = introduction(hello), True

    def test(self, wish: str, places: Sequence[str]) -> None:
        """Start the engine in a thread and hear what it says; :meth:`update` tells when."""
        if not self.busy:
            self.busy, self.line = True, "starting the engine …"
            threading.Thread(target=self._test, args=(wish, list(places)), daemon=True).start()

    def _test(self, wish: str, places: list[str]) -> None:
        try:
            program = find_engine(wish, places)
            self._answers.put((True, f"{introduction(probe(program))}: {program}"))
        except EngineError as error:
            self._answers.put((False, str(error)))

    def update(self) -> bool:
        """Take in the answer of a test, if there is one; whether there was."""
        if self._answers.empty():
            return False
        (self.found, self.line), self.busy = self._answers.get(), False
        return True


def introduction(hello: Message) -> str:
    """Name, version and model of an engine, from its answer to our hello."""
    model = hello.get("options", {}).get("model_name_or_path", "?")
    return f"{hello.get('engine', 'engine')} {hello.get('version', '?')}, model {model}"
