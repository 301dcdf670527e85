"""BrickGPT engine: from a sentence to a brick model that stands.

The package is headless and cheap to import: submodules are loaded when they are
first used, and solvers, tokenizers and model libraries only where they are needed.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "Brick": "brickgpt_engine.bricks",
    "BrickStructure": "brickgpt_engine.bricks",
    "Rejection": "brickgpt_engine.bricks",
    "BrickGPTError": "brickgpt_engine.errors",
    "BrickGenerator": "brickgpt_engine.generation",
    "GenerationConfig": "brickgpt_engine.generation",
    "StabilityAnalyzer": "brickgpt_engine.physics",
    "StabilityReport": "brickgpt_engine.physics",
}

__all__ = [  # all but the version are loaded on first use
    "Brick",
    "BrickGPTError",
    "BrickGenerator",
    "BrickStructure",
    "GenerationConfig",
    "Rejection",
    "StabilityAnalyzer",
    "StabilityReport",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562), so that importing the package stays fast."""
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_EXPORTS[name]), name)


def __dir__() -> list[str]:
    """Public names, for completion in interactive shells."""
    return sorted(__all__)
