"""The engine as a child process: finding it, starting it, and the lines that go to and fro. No Blender here.

Threads read and write the pipes and fill queues; whoever owns the process empties them when it
suits. The engine's Python is never Blender's own. Messages: ``docs/protocol.md`` of the engine.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PROTOCOL_VERSION = 1
INSTALL_HINT = (
    "install it with 'python3 -m pip install .' in the folder of BrickGPT Studio (Python 3.11 or newer), "
    "then set that Python as the engine in the add-on's preferences"
)
HELLO_SECONDS = 30.0
_CLOSE_SECONDS = 3.0
_LOG_LINES = 200
_HIDDEN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_BIN = "Scripts" if os.name == "nt" else "bin"
_EXE = ".exe" if os.name == "nt" else ""

Message = dict[str, Any]


class EngineError(RuntimeError):
    """The engine cannot be found, started or talked to; the message is one line for people."""


def command_for(program: str) -> list[str]:
    """The command that serves, for a ``brickgpt`` or for a Python that has the engine."""
    name = Path(program).name.lower()
    if name.startswith("python"):
        return [program, "-m", "brickgpt_engine.cli", "serve", "--stdio"]
    return [program, "serve", "--stdio"]


def find_engine(
    wish: str = "", places: Sequence[str | Path] = (), environment: Mapping[str, str] = os.environ
) -> str:
    """The program to start: ``wish`` alone if given, else ``BRICKGPT_ENGINE``, the path, and environments.

    Args:
        wish: a ``brickgpt``, a Python, or the folder of a virtual environment.
        places: folders that may hold a virtual environment, such as that of the open file.
        environment: the variables to go by.

    Raises:
        EngineError: there is none.
    """
    named = wish or environment.get("BRICKGPT_ENGINE", "")
    if named:
        found = _program(Path(named).expanduser())
        if found is None:
            raise EngineError(f"there is no engine at {named}; {INSTALL_HINT}")
        return found
    on_path = shutil.which("brickgpt", path=environment.get("PATH"))
    if on_path:
        return on_path
    active = environment.get("VIRTUAL_ENV")
    roots = [Path(active)] if active else []
    for place in (*places, Path.home()):
        roots += [Path(place) / name for name in (".venv", "venv")]
    found = next(filter(None, (_in_environment(root) for root in roots)), None)
    if found is None:
        raise EngineError(f"the BrickGPT engine was not found; {INSTALL_HINT}")
    return found


def _program(path: Path) -> str | None:
    if path.is_dir():
        return _in_environment(path) or _existing(path / _BIN / f"python{_EXE}")
    return _existing(path) or shutil.which(str(path))


def _in_environment(root: Path) -> str | None:
    return _existing(root / _BIN / f"brickgpt{_EXE}")


def _existing(path: Path) -> str | None:
    return str(path) if path.is_file() else None


def child_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables for the child: none of those by which Blender leads a Python astray, UTF-8 throughout."""
    kept = {name: value for name, value in environment.items() if name not in _HIDDEN}
    return kept | {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}


class EngineProcess:
    """One running engine.

    Args:
        program: see :func:`find_engine`.

    Attributes:
        log: the last lines that the engine wrote for people.
        hello: the engine's answer to our hello, None until it came.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self.hello: Message | None = None
        self._incoming: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        try:
            self._process = subprocess.Popen(
                command_for(program),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=child_environment(),
                cwd=str(Path.home()),
                **_own_group(),
            )
        except OSError as error:
            raise EngineError(
                f"{program} cannot be started: {error.strerror or error}; {INSTALL_HINT}"
            ) from error
        self._start_threads()
        self.send({"type": "hello", "protocol": PROTOCOL_VERSION, "client": "Blender"})

    def _start_threads(self) -> None:
        listener = threading.Thread(target=self._drain_log, name="engine-log", daemon=True)
        listener.start()
        for work in (self._write, lambda: self._read(listener)):
            threading.Thread(target=work, name="engine-pipe", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Send one message; never waits."""
        self._outgoing.put(json.dumps(message).encode("ascii") + b"\n")

    def receive(self) -> list[Message]:
        """What has come since the last call; the last thing that ever comes is of type ``exited``."""
        messages = []
        while not self._incoming.empty():
            message = self._incoming.get()
            if message.get("type") == "hello":
                self.hello = message
            messages.append(message)
        return messages

    def close(self) -> None:
        """Close its stdin, upon which it ends, and end it by force where it does not; returns at once."""
        self._outgoing.put(None)
        threading.Thread(target=self._end, name="engine-end", daemon=False).start()

    def kill(self) -> None:
        """End it and what it started, at once."""
        if not self.alive:
            return
        try:
            if os.name == "nt":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        except OSError as error:
            self.log.append(f"cannot end the engine: {error}")

    def _end(self) -> None:
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    # --- the threads

    def _write(self) -> None:
        pipe = _pipe(self._process.stdin)
        try:
            while (line := self._outgoing.get()) is not None:
                pipe.write(line)
                pipe.flush()
            pipe.close()
        except OSError:  # it is gone; the reader tells
            return

    def _read(self, listener: threading.Thread) -> None:
        for line in _pipe(self._process.stdout):
            message = _message(line)
            if message is None:
                self.log.append(line.decode("utf-8", "replace").rstrip())
            else:
                self._incoming.put(message)
        code = self._process.wait()
        listener.join(1.0)
        self._incoming.put({"type": "exited", "code": code, "message": self._last_words(code)})

    def _drain_log(self) -> None:
        for line in _pipe(self._process.stderr):
            self.log.append(line.decode("utf-8", "replace").rstrip())

    def _last_words(self, code: int) -> str:
        said = next((line for line in reversed(self.log) if line.strip()), "")
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"the engine {how}{': ' if said else ''}{said[:200]}"


def _own_group() -> dict[str, Any]:
    """Settings by which the child and what it starts can be ended together, without a console window."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EngineError("the engine was started without pipes")
    return pipe


def _message(line: bytes) -> Message | None:
    """The message on a line, None for a line that is none."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and isinstance(message.get("type"), str) else None


def probe(program: str, seconds: float = HELLO_SECONDS) -> Message:
    """Start an engine, hear what it says of itself, and let it go.

    Raises:
        EngineError: it does not start, does not answer in time, or speaks another version.
    """
    engine = EngineProcess(program)
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            for message in engine.receive():
                if message["type"] == "hello":
                    return checked_hello(message)
                if message["type"] in ("error", "exited"):
                    raise EngineError(f"{program}: {message.get('message')}; {INSTALL_HINT}")
            time.sleep(0.02)
        raise EngineError(f"{program} did not answer within {seconds:g} seconds; {INSTALL_HINT}")
    finally:
        engine.close()


def checked_hello(message: Message) -> Message:
    """The engine's hello, if this add-on can talk to it.

    Raises:
        EngineError: it speaks another version of the protocol.
    """
    version = message.get("protocol")
    if version != PROTOCOL_VERSION:
        raise EngineError(
            f"the engine speaks protocol {version!r:.20} and this add-on {PROTOCOL_VERSION}; "
            "install an engine and an add-on of the same release"
        )
    return message
