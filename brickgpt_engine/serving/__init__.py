"""The engine as a child process: requests and events as lines of JSON; see ``docs/protocol.md``."""

from brickgpt_engine.serving.protocol import PROTOCOL_VERSION
from brickgpt_engine.serving.stdio import Server, serve_stdio

__all__ = ["PROTOCOL_VERSION", "Server", "serve_stdio"]
