import json
from pathlib import Path

import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.generation import GenerationConfig, GenerationResult, StartedOver
from brickgpt_engine.serving import protocol
from brickgpt_engine.serving.protocol import Cancel, Check, Generate, Hello, ProtocolError, parse_request
from brickgpt_engine.statements.judging import Verdict

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


def line(**message):
    return json.dumps(message)


def test_requests_become_values():
    assert parse_request(line(type="hello", protocol=1, client="me")) == Hello("me")
    assert parse_request(line(type="cancel", run="a")) == Cancel("a")
    wanted = Generate("a", "a chair", GenerationConfig(seed=3))
    assert parse_request(line(type="generate", run="a", prompt="a chair", config={"seed": 3})) == wanted
    bricks = (Brick(2, 4, 0, 1, 2),)
    rows = [[2, 4, 0, 1, 2]]
    on = parse_request(line(type="continue", run="b", prompt="a chair", bricks=rows))
    assert on == Generate("b", "a chair", GenerationConfig(), bricks)
    assert parse_request(line(type="check", run="c", bricks=rows)) == Check("c", bricks, GenerationConfig())


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "bad_json", "one whole object a line"),
        ('{"type":"hel', "bad_json", "one whole object a line"),
        ("[" * 100_000, "bad_json", "one whole object a line"),
        ("[1]", "bad_message", "one JSON object"),
        (line(type="dance"), "unknown_type", "generate, continue, check and cancel"),
        (line(), "unknown_type", "hello"),
        (line(type="hello"), "wrong_version", "belong together"),
        (line(type="hello", protocol=2), "wrong_version", "protocol 2 and this engine 1"),
        (line(type="hello", protocol=True), "wrong_version", "belong together"),
        (line(type="generate", prompt="a chair"), "bad_message", "name"),
        (line(type="generate", run="a"), "bad_message", "'prompt' is None"),
        (line(type="generate", run="a", prompt="x", config=[]), "bad_message", "options by name"),
        (line(type="generate", run="a", prompt="x", config={"sed": 1}), "bad_message", "'sed'"),
        (line(type="generate", run="a", prompt="x", config={"seed": -1}), "bad_message", "seed is -1"),
        (line(type="continue", run="a", prompt="x"), "bad_message", "'bricks' must be a list"),
        (line(type="continue", run="a", prompt="x", bricks=[[2, 4, 0, 0]]), "bad_message", "bricks[0]"),
        (line(type="check", run="a", bricks=[[2, 4, 0, 0, True]]), "bad_message", "five whole numbers"),
    ],
)
def test_what_is_no_request_is_told_in_one_line(text, code, says):
    with pytest.raises(ProtocolError) as caught:
        parse_request(text)
    assert caught.value.code == code
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_about_a_run_names_it():
    with pytest.raises(ProtocolError) as caught:
        parse_request(line(type="generate", run="a", prompt=3))
    assert protocol.error_message(caught.value)["run"] == "a"


def test_messages_are_plain_ascii_lines():
    text = protocol.dumps({"type": "started", "prompt": "ein Stühlchen\n\u2028"})
    assert text.isascii()
    assert len(text.splitlines()) == 1
    assert json.loads(text)["prompt"] == "ein Stühlchen\n\u2028"


def test_what_the_prompt_states_goes_along():
    legs = Verdict("counts", "legs", 4, False)
    result = GenerationResult(
        BrickStructure(),
        None,
        "a",
        GenerationConfig(),
        {},
        0,
        1.0,
        9,
        5,
        "end",
        statements=(legs,),
        attempts=3,
    )
    body = protocol.result_body(result)
    over = StartedOver((Brick(2, 4, 0, 0, 0),), 2, (legs.words,), result)
    assert protocol.event_message("a", over, 4) == {
        "type": "started_over", "run": "a", "attempt": 2, "missing": ["4 legs"],
        "bricks": [[2, 4, 0, 0, 0]], "best": body,
    }  # fmt: skip
    assert body["attempts"] == 3 and body["statements"] == [{"words": "4 legs", "holds": False}]


@pytest.mark.parametrize(
    "word",
    [
        *protocol._EVENT_TYPES.values(),
        "hello",
        "generate",
        "continue",
        "check",
        "cancel",
        "cancelled",
        "checked",
    ],
)
def test_the_document_has_every_message(word):
    assert f"`{word}`" in DOCUMENT


@pytest.mark.parametrize(
    "code",
    ["bad_json", "bad_message", "unknown_type", "wrong_version", "no_hello", "unknown_run", "duplicate_run"],
)
def test_the_document_has_every_error(code):
    assert f"`{code}`" in DOCUMENT
