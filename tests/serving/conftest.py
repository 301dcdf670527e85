"""The scripted models of the command line's tests, and a client on the other end of two pipes."""

import importlib.util
import io
import json
import os
import queue
import threading
from pathlib import Path

import pytest

from brickgpt_engine.serving.stdio import Server

_SPEC = importlib.util.spec_from_file_location(
    "scripted_folders", Path(__file__).parents[1] / "cli" / "conftest.py"
)
_folders = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_folders)
scripted_model, tower_model = _folders.scripted_model, _folders.tower_model
endless_model, environment = _folders.endless_model, _folders.environment


PATIENCE = 60


class Client:
    """Talks to a :class:`Server` in a thread through real pipes."""

    def __init__(self):
        ours, theirs = os.pipe(), os.pipe()
        self.to_server = os.fdopen(ours[1], "wb", buffering=0)
        self.server = Server(os.fdopen(ours[0], "rb"), os.fdopen(theirs[1], "wb"))
        self.messages = queue.Queue()
        self._from_server = os.fdopen(theirs[0], "rb")
        self.working = threading.Thread(target=self._work, daemon=True)
        self.working.start()
        threading.Thread(target=self._listen, daemon=True).start()

    def _work(self):
        self.server.serve()

    def _listen(self):
        for line in self._from_server:
            self.messages.put(json.loads(line))

    def send(self, **message):
        self.send_raw(json.dumps(message).encode() + b"\n")

    def send_raw(self, data):
        self.to_server.write(data)

    def next(self):
        return self.messages.get(timeout=PATIENCE)

    def until(self, *types):
        """Messages up to the first of ``types``, that one included."""
        seen = [self.next()]
        while seen[-1]["type"] not in types:
            seen.append(self.next())
        return seen

    def hello(self):
        self.send(type="hello", protocol=1, client="test")
        return self.next()


@pytest.fixture
def client():
    made = Client()
    yield made
    made.to_server.close()
    made.working.join(PATIENCE)
    assert not made.working.is_alive()


@pytest.fixture
def answers_to():
    """What a server that is not greeted, or is, answers to bytes that end there."""

    def ask(data, greeted=True):
        hello = b'{"type":"hello","protocol":1}\n' if greeted else b""
        said = io.BytesIO()
        Server(io.BytesIO(hello + data), said).serve()
        lines = [json.loads(line) for line in said.getvalue().splitlines()]
        return lines[1:] if greeted else lines

    return ask
