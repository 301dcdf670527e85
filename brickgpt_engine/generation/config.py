"""Every option of generation, checked on construction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brickgpt_engine.bricks.structure import MAX_WORLD_DIM
from brickgpt_engine.decoding.legality import CONTACTS, LegalRules
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.physics.incremental import Cadence

INSTRUCTION_FORMATS = ("brickgpt", "few_shot", "zero_shot")
DEVICES = ("auto", "cuda", "mps", "cpu")
SOLVERS = ("auto", "highs", "gurobi")
CRITERIA = ("paper", "equilibrium")
SAMPLINGS = ("exact", "rejection")
CHECKS = tuple(str(cadence) for cadence in Cadence)
ROLLBACKS = ("escalating", "published")
MAX_SEED = 2**63 - 1

_CHOICES: dict[str, tuple[str, ...]] = {
    "instruction_format": INSTRUCTION_FORMATS,
    "device": DEVICES,
    "solver": SOLVERS,
    "criterion": CRITERIA,
    "sampling": SAMPLINGS,
    "check": CHECKS,
    "rollback": ROLLBACKS,
    "contact": CONTACTS,
}
_INTEGERS: dict[str, tuple[int, int]] = {
    "world_dim": (1, MAX_WORLD_DIM),
    "max_bricks": (1, 1_000_000),
    "max_brick_rejections": (0, 1_000_000),
    "max_regenerations": (0, 1_000_000),
    "max_attempts": (1, 1_000),
    "top_k": (0, 10_000_000),
    "gpu_layers": (-1, 10_000),
}
_NUMBERS: dict[str, tuple[float, float]] = {
    "temperature": (0.01, 100.0),
    "temperature_increase": (0.0, 100.0),
    "max_temperature": (0.01, 100.0),
    "top_p": (0.0, 1.0),
}
_SWITCHES = ("use_logit_masking", "physics", "literal", "speculation")


@dataclass(frozen=True, kw_only=True)
class GenerationConfig:
    """How a structure is generated. Names and defaults are those of the published program where it has them.

    Attributes:
        model_name_or_path: ``nano`` for the embedded model, a Hugging Face folder, a ``.gguf`` file, or a
            hub id.
        world_dim: side of the world in cells.
        max_bricks: most bricks in a structure.
        max_brick_rejections: most rejected attempts per brick before the structure ends there;
            0 accepts what the model says without looking (invalid bricks are then reported, not placed).
        use_logit_masking: sample only tokens that the syntax allows.
        max_regenerations: most rollbacks after an unstable end; 0 switches rollback off.
        max_attempts: most structures drawn until one has the parts, counts and sizes that the prompt states,
            as far as they can be measured; of several that lack something the best is kept. 1 takes the
            first. For models that say what they know. ``max_regenerations`` holds for each.
        check: when to look whether it stands: at the ``end`` alone, as published, and before that
            ``every-layer`` (when a brick begins a higher layer) or ``every-brick``. Early checks roll back
            only for what no later brick can hold, in raster order.
        rollback: ``published`` cuts before the first unstable brick until the rest stands, and tries
            again under the same odds. ``escalating`` draws a brick that holds what hangs in the air at the
            last moment at which one can (exact sampling), keeps what later bricks can still hold, forbids
            the brick that failed after the same bricks before, lets bricks rest on something once some
            have hung for good (exact sampling), and where a place fails again and again warms the next
            draws and cuts further back, a layer more each time.
        solver: ``auto``, ``highs`` or ``gurobi``.
        physics: judge stability by forces; otherwise by connection to the ground alone.
        criterion: ``paper`` or ``equilibrium``, the meaning of "stable".
        temperature: softmax temperature.
        temperature_increase: added for each brick drawn again after it was rejected.
        max_temperature: where that rise ends.
        top_k: most likely tokens kept, 0 for all (only without logit masking).
        top_p: probability mass kept (only without logit masking).
        instruction_format: ``brickgpt``, ``few_shot`` or ``zero_shot``, for models with a chat prompt.
        literal: give the embedded model the prompt untouched, instead of the nearest words that it knows.
        sampling: ``exact`` draws among the legal bricks alone, with the probabilities that endless
            rejection would give; ``rejection`` draws again after each brick that cannot be placed, as
            published. Without masking, or with 0 rejections, ``exact`` has nothing to work with and
            draws as ``rejection`` does.
        contact: what must hold a brick: ``free`` (nothing), ``supported`` (the ground or a brick
            below), ``attached`` (also a brick above).
        region: cells that bricks may occupy, ``x,y,z:x,y,z`` (both corners included); None for all.
        budget: most bricks of some parts, such as ``2x4=6,1x8=0``; None for no limits.
        speculation: guess the next bricks and let the model check several in one pass, where it can;
            the distribution of structures stays the same.
        device: ``auto``, ``cuda``, ``mps`` or ``cpu``.
        gpu_layers: layers of a GGUF model that go to a GPU, where llama.cpp was built for one; -1 for all.
        seed: makes a run repeatable with the same options; None draws a fresh one. Checks draw nothing, so
            ``check`` and ``rollback`` change nothing where nothing falls.

    Raises:
        ConfigError: an option has an impossible value; the message names it and its range.
    """

    model_name_or_path: str = "nano"
    world_dim: int = 20
    max_bricks: int = 2000
    max_brick_rejections: int = 500
    use_logit_masking: bool = True
    max_regenerations: int = 100
    max_attempts: int = 10
    check: str = "end"
    rollback: str = "escalating"
    solver: str = "auto"
    physics: bool = True
    criterion: str = "paper"
    temperature: float = 0.6
    temperature_increase: float = 0.01
    max_temperature: float = 2.0
    top_k: int = 20
    top_p: float = 1.0
    instruction_format: str = "brickgpt"
    literal: bool = False
    sampling: str = "exact"
    contact: str = "free"
    region: str | None = None
    budget: str | None = None
    speculation: bool = True
    device: str = "auto"
    gpu_layers: int = -1
    seed: int | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(choices)}"
                )
        for name, (least, most) in _INTEGERS.items():
            _check_number(name, getattr(self, name), True, least, most)
        for name, (low, high) in _NUMBERS.items():
            _check_number(name, getattr(self, name), False, low, high)
        for name in _SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it must be true or false")
        if self.seed is not None:
            _check_number("seed", self.seed, True, 0, MAX_SEED)
        if not self.model_name_or_path or not isinstance(self.model_name_or_path, str):
            raise ConfigError(
                "model_name_or_path is empty; give 'nano', a model folder, a .gguf file or a hub id"
            )
        if self.top_p == 0:
            raise ConfigError("top_p is 0; it must be above 0 and at most 1")
        if self.max_temperature < self.temperature:
            raise ConfigError(
                f"max_temperature is {self.max_temperature:g} and must be at least temperature, "
                f"{self.temperature:g}; lower temperature or raise max_temperature (--max-temperature)"
            )
        self._check_rules()

    @property
    def exact(self) -> bool:
        """Whether bricks are drawn among the legal ones alone."""
        return self.sampling == "exact" and self.use_logit_masking and self.max_brick_rejections > 0

    @property
    def rules(self) -> LegalRules:
        """What is legal beyond bounds and free cells."""
        return LegalRules.parse(self.contact, self.region, self.budget)

    def _check_rules(self) -> None:
        """Refuse rules that cannot be read, reach outside the world, or would not be looked at."""
        for name in ("region", "budget"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise ConfigError(f"{name} is {value!r}; it must be text")
        rules = self.rules
        if rules.region is not None and max(rules.region[1]) >= self.world_dim:
            raise ConfigError(
                f"region is {self.region!r}; in a world of {self.world_dim} cells a side its numbers must be "
                f"at most {self.world_dim - 1}"
            )
        if self.max_brick_rejections == 0 and rules != LegalRules():
            raise ConfigError(
                "contact, region and budget need bricks to be checked; allow rejections "
                "(max_brick_rejections above 0)"
            )


def _check_number(name: str, value: Any, whole: bool, least: float, most: float) -> None:
    """Refuse what is no number from ``least`` to ``most`` (NaN is not: it compares false)."""
    is_number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        kind = "a whole number" if whole else "a number"
        raise ConfigError(f"{name} is {value!r}; it must be {kind} between {least} and {most}")


def choices_of(name: str) -> tuple[str, ...]:
    """The values that the option ``name`` is chosen from; none for an option that is no choice."""
    return _CHOICES.get(name, ())
