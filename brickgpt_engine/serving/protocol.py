"""The lines that go between the engine and whoever started it, version 1; ``docs/protocol.md`` has them all.

Every message is one JSON object on one line with a ``type``. Requests are read here into frozen
values, events and results are turned into objects; nothing here reads or writes a stream.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeAlias

from brickgpt_engine import __version__
from brickgpt_engine.bricks import Brick
from brickgpt_engine.errors import BrickGPTError, ConfigError, ExitCode
from brickgpt_engine.generation import (
    BrickPlaced,
    BrickRejected,
    Event,
    Failed,
    Finished,
    GenerationConfig,
    GenerationResult,
    RolledBack,
    StabilityChecked,
    Started,
    StartedOver,
)
from brickgpt_engine.physics import StabilityReport

PROTOCOL_VERSION = 1
"""Raised when a message changes its meaning; new message types and new keys do not raise it."""
MAX_LINE = 8 * 1024 * 1024
"""Longest line in bytes; far above a request of 100,000 bricks."""
_MOST_BRICKS = 100_000
_LONGEST_RUN_NAME = 100
_OPTIONS = frozenset(field.name for field in fields(GenerationConfig))
_BRICK_FIELDS = 5

Message: TypeAlias = dict[str, Any]


class ProtocolError(BrickGPTError, ValueError):
    """A line is not a request that this engine understands.

    Args:
        code: one word for programs: ``bad_json``, ``bad_message``, ``unknown_type``,
            ``wrong_version``, ``no_hello``, ``unknown_run`` or ``duplicate_run``.
        message: what is wrong and what to do, for people.
        run: the run that the line was about, where it named one.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, code: str, message: str, run: str | None = None) -> None:
        self.code = code
        self.run = run
        super().__init__(message)


@dataclass(frozen=True)
class Hello:
    """The client introduces itself, in the version that both speak."""

    client: str


@dataclass(frozen=True)
class Generate:
    """Build a model for ``prompt``, from ``start`` on.

    Attributes:
        run: the client's name for it; every message about it carries that name.
        prompt: what to build.
        config: the options.
        start: bricks to continue from, empty for none.
    """

    run: str
    prompt: str
    config: GenerationConfig
    start: tuple[Brick, ...] = ()


@dataclass(frozen=True)
class Check:
    """Judge whether ``bricks`` stand, in a world of ``config.world_dim``, by its criterion and solver."""

    run: str
    bricks: tuple[Brick, ...]
    config: GenerationConfig


@dataclass(frozen=True)
class Cancel:
    """End ``run`` after the brick in hand; one that waits does not begin."""

    run: str


Request: TypeAlias = Hello | Generate | Check | Cancel


def parse_request(line: str) -> Request:
    """Read one line.

    Raises:
        ProtocolError: it is no request; the message is one sentence to show.
    """
    message = _as_object(line)
    kind = message.get("type")
    if kind == "hello":
        return _hello(message)
    if kind in ("generate", "continue", "check", "cancel"):
        run = _run_name(message)
        try:
            return _about_run(kind, run, message)
        except ProtocolError as error:
            raise ProtocolError(error.code, str(error), run) from error
        except ConfigError as error:
            raise ProtocolError("bad_message", str(error), run) from error
    known = "hello, generate, continue, check and cancel"
    raise ProtocolError(
        "unknown_type", f"there is no message of type {kind!r:.60}; this engine takes {known}"
    )


def _as_object(line: str) -> Message:
    try:
        message = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        shown = " ".join(line.split())[:60]
        reason = getattr(error, "msg", "it is nested too deeply")
        raise ProtocolError(
            "bad_json", f"{shown!r} is not a line of JSON ({reason}); send one whole object a line"
        ) from error
    if not isinstance(message, dict):
        raise ProtocolError("bad_message", "a message is one JSON object with a 'type'; this line is none")
    return message


def _hello(message: Message) -> Hello:
    version = message.get("protocol")
    if version != PROTOCOL_VERSION or isinstance(version, bool):
        raise ProtocolError(
            "wrong_version",
            f"the client speaks protocol {version!r:.20} and this engine {PROTOCOL_VERSION} (BrickGPT Studio "
            f"{__version__}); install versions that belong together",
        )
    return Hello(str(message.get("client", ""))[:200])


def _run_name(message: Message) -> str:
    run = message.get("run")
    if not isinstance(run, str) or not 0 < len(run) <= _LONGEST_RUN_NAME:
        raise ProtocolError(
            "bad_message",
            f"'run' is {run!r:.60}; give every run a name, a string of 1 to {_LONGEST_RUN_NAME} characters",
        )
    return run


def _about_run(kind: str, run: str, message: Message) -> Request:
    """A request with a valid run name.

    Raises:
        ProtocolError, ConfigError: what else it holds is wrong.
    """
    if kind == "cancel":
        return Cancel(run)
    config = _config(message.get("config", {}))
    if kind == "check":
        return Check(run, _bricks(message), config)
    prompt = message.get("prompt")
    if not isinstance(prompt, str):
        raise ProtocolError("bad_message", f"'prompt' is {prompt!r:.60}; it must be a string")
    start = _bricks(message) if kind == "continue" else ()
    return Generate(run, prompt, config, start)


def _config(options: Any) -> GenerationConfig:
    if not isinstance(options, dict):
        raise ProtocolError("bad_message", "'config' must be an object of options by name")
    unknown = next((name for name in options if name not in _OPTIONS), None)
    if unknown is not None:
        raise ProtocolError(
            "bad_message", f"there is no option {unknown!r:.60}; the answer to hello lists all"
        )
    return GenerationConfig(**options)


def _bricks(message: Message) -> tuple[Brick, ...]:
    rows = message.get("bricks")
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST_BRICKS:
        raise ProtocolError(
            "bad_message", f"'bricks' must be a list of 1 to {_MOST_BRICKS} bricks [h, w, x, y, z]"
        )
    for number, row in enumerate(rows):
        whole = isinstance(row, list) and all(isinstance(n, int) and not isinstance(n, bool) for n in row)
        if not whole or len(row) != _BRICK_FIELDS:
            reason = f"bricks[{number}] is {row!r:.60}; a brick is five whole numbers [h, w, x, y, z]"
            raise ProtocolError("bad_message", reason)
    return tuple(Brick(*row) for row in rows)


def hello_message() -> Message:
    """The engine's answer to a hello: who it is, and every option with its default."""
    return {
        "type": "hello",
        "protocol": PROTOCOL_VERSION,
        "engine": "BrickGPT Studio",
        "version": __version__,
        "python": platform.python_version(),
        "options": asdict(GenerationConfig()),
    }


def error_message(error: BrickGPTError) -> Message:
    """The answer to a line that is no request."""
    code = error.code if isinstance(error, ProtocolError) else "failed"
    run = error.run if isinstance(error, ProtocolError) else None
    about = {} if run is None else {"run": run}
    return {"type": "error", **about, "code": code, "message": one_line(error)}


def failed_message(run: str, error: BrickGPTError) -> Message:
    """The end of a run that could not go on; ``kind`` is the name of the exit code."""
    return {"type": "failed", "run": run, "kind": error.exit_code.name.lower(), "message": one_line(error)}


def one_line(error: BaseException) -> str:
    """What ``error`` says, on one line."""
    return " ".join(str(error).split())


def brick_row(brick: Brick) -> list[int]:
    """A brick as ``[h, w, x, y, z]``."""
    return [brick.h, brick.w, brick.x, brick.y, brick.z]


def rows_of(bricks: Sequence[Brick]) -> list[list[int]]:
    """Bricks in build order as lists of five numbers."""
    return [brick_row(brick) for brick in bricks]


def event_message(run: str, event: Event, colour: int) -> Message:
    """What happened in ``run``; ``colour`` is the LDraw code that the prompt asks for."""
    return {"type": _EVENT_TYPES[type(event)], "run": run, **_event_body(run, event, colour)}


_EVENT_TYPES: dict[type, str] = {
    Started: "started",
    BrickPlaced: "brick",
    BrickRejected: "rejected",
    StabilityChecked: "stability",
    RolledBack: "rolled_back",
    StartedOver: "started_over",
    Finished: "finished",
    Failed: "failed",
}


def _event_body(run: str, event: Event, colour: int) -> Message:
    match event:
        case Started():
            config = asdict(replace(event.config, seed=event.seed))
            body = {"prompt": event.prompt, "prompt_used": event.prompt_used, "notes": list(event.notes)}
            return body | {"seed": event.seed, "colour": colour, "config": config} | _count(event.bricks)
        case BrickPlaced():
            return {"index": event.index, "brick": brick_row(event.brick), "rejections": event.rejections}
        case BrickRejected():
            return {"index": event.index, "reason": event.reason.value, "text": event.text[:80]}
        case StabilityChecked():
            return {"bricks": event.bricks, "report": event.report.as_dict()}
        case RolledBack():
            return {"kept": event.kept, "removed": len(event.removed), "regeneration": event.regeneration}
        case StartedOver():
            now = {"bricks": rows_of(event.bricks), "attempt": event.attempt, "missing": list(event.missing)}
            return now | {"best": result_body(event.best)}
        case Finished():
            return result_body(event.result)
        case Failed():
            return failed_message(run, event.error)


def _count(bricks: Sequence[Brick]) -> Message:
    return {"bricks": len(bricks)}


def result_body(result: GenerationResult) -> Message:
    """A finished run: the whole model again, its verdict and what it took."""
    return {
        "bricks": rows_of(result.structure.bricks),
        "world_dim": result.structure.world_dim,
        "prompt": result.prompt,
        "seed": result.seed,
        "stop_reason": result.stop_reason,
        "report": None if result.report is None else result.report.as_dict(),
        "rejections": result.rejections,
        "regenerations": result.regenerations,
        "attempts": result.attempts,
        "statements": [verdict.as_dict() for verdict in result.statements],
        "seconds": round(result.seconds, 3),
        "mass_g": round(result.structure.mass_g, 2),
    }


def checked_message(run: str, report: StabilityReport) -> Message:
    """The end of a check."""
    return {"type": "checked", "run": run, "report": report.as_dict()}


def dumps(message: Message) -> str:
    """One line, without its end: plain ASCII, so that no encoding can damage it."""
    return json.dumps(message, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
