import dataclasses

import pytest

from brickgpt_engine.errors import ConfigError
from brickgpt_engine.generation import GenerationConfig


def test_the_published_defaults():
    published = {
        "world_dim": 20,
        "max_bricks": 2000,
        "max_brick_rejections": 500,
        "use_logit_masking": True,
        "max_regenerations": 100,
        "temperature": 0.6,
        "temperature_increase": 0.01,
        "max_temperature": 2.0,
        "top_k": 20,
        "top_p": 1.0,
        "instruction_format": "brickgpt",
        "device": "auto",
    }
    found = dataclasses.asdict(GenerationConfig())
    assert published.items() <= found.items()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("world_dim", 0),
        ("world_dim", 257),
        ("world_dim", 20.0),
        ("world_dim", True),
        ("max_bricks", 0),
        ("max_bricks", -1),
        ("max_brick_rejections", -1),
        ("max_regenerations", "many"),
        ("temperature", 0.0),
        ("temperature", float("nan")),
        ("temperature_increase", -0.1),
        ("max_temperature", float("inf")),
        ("max_temperature", 0.5),  # below the temperature
        ("top_k", -1),
        ("top_p", 0.0),
        ("top_p", 1.5),
        ("instruction_format", "haiku"),
        ("device", "tpu"),
        ("solver", "cplex"),
        ("criterion", "hope"),
        ("physics", 1),
        ("use_logit_masking", "yes"),
        ("seed", -1),
        ("seed", 1.5),
        ("model_name_or_path", ""),
        ("sampling", "greedy"),
        ("speculation", 1),
        ("contact", "glued"),
        ("region", "1,2,3"),
        ("region", "5,5,5:4,9,9"),
        ("region", "0,0,0:20,4,4"),
        ("region", 7),
        ("budget", "six 2x4"),
        ("budget", "2x4=-1"),
        ("budget", "3x3=1"),
    ],
)
def test_an_impossible_value_is_named_with_its_range(option, value):
    with pytest.raises(ConfigError, match=f"^{option} (is|has) ") as caught:
        GenerationConfig(**{option: value})
    assert "must be" in str(caught.value) or "give" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"max_bricks": 1, "max_brick_rejections": 0, "max_regenerations": 0, "top_k": 0},
        {"temperature": 2, "max_temperature": 2, "temperature_increase": 0},
        {"world_dim": 1, "seed": 0},
        {"world_dim": 256},
        {"criterion": "equilibrium", "solver": "highs", "device": "mps"},
    ],
)
def test_edges_are_allowed(options):
    assert dataclasses.asdict(GenerationConfig(**options)).items() >= options.items()


def test_a_temperature_above_its_limit_names_the_option_to_change():
    with pytest.raises(ConfigError, match=r"raise max_temperature \(--max-temperature\)$"):
        GenerationConfig(temperature=3)


def test_rules_that_nothing_would_check_are_refused():
    with pytest.raises(ConfigError, match="need bricks to be checked"):
        GenerationConfig(max_brick_rejections=0, contact="supported")


def test_a_part_counts_in_both_orientations():
    assert GenerationConfig(budget="4x2=6").rules == GenerationConfig(budget="2x4=6").rules


def test_exact_sampling_needs_masks_and_checks():
    assert GenerationConfig(sampling="exact").exact
    for option in ({"sampling": "rejection"}, {"use_logit_masking": False}, {"max_brick_rejections": 0}):
        assert not GenerationConfig(**option).exact
