import json
import shutil
import subprocess
import sys

import pytest

from brickgpt_engine import __version__
from brickgpt_engine.generation import GenerationConfig
from brickgpt_engine.serving import protocol

TOWER_ROWS = [[2, 4, 4, 5, 0], [2, 2, 3, 6, 1], [4, 2, 1, 7, 2]]
"""What the scripted model ``tower`` answers with, read by eye."""


def test_hello_tells_the_version_and_every_option(client):
    answer = client.hello()
    assert (answer["type"], answer["protocol"], answer["version"]) == ("hello", 1, __version__)
    assert answer["options"]["max_bricks"] == GenerationConfig().max_bricks
    assert GenerationConfig(**answer["options"]) == GenerationConfig()


def test_a_run_streams_its_bricks_and_ends_with_the_model(client, tower_model):
    client.hello()
    options = {"model_name_or_path": tower_model, "seed": 5}
    client.send(type="generate", run="a", prompt="a red tower", config=options)
    seen = client.until("finished", "failed")
    assert [m["brick"] for m in seen if m["type"] == "brick"] == TOWER_ROWS
    assert [m["index"] for m in seen if m["type"] == "brick"] == [0, 1, 2]
    assert {m["run"] for m in seen} == {"a"}
    assert (seen[0]["type"], seen[0]["seed"], seen[0]["colour"]) == ("started", 5, 4)
    last = seen[-1]
    assert (last["bricks"], last["stop_reason"], last["report"]["stable"]) == (TOWER_ROWS, "end", True)
    assert len(last["report"]["stress"]) == 3


def test_a_model_that_writes_pivot_lines_streams_the_same_bricks(client, scripted_model, tmp_path):
    folder = tmp_path / "pivot"
    shutil.copytree(scripted_model("0/2x4 (4,7,0)\n"), folder)
    marker = {"prompt_style": "nano", "action_space": "pivot", "max_offset": 5, "max_back": 9}
    (folder / "brickgpt.json").write_text(json.dumps(marker))
    client.hello()
    options = {"model_name_or_path": str(folder), "seed": 5, "max_bricks": 1}
    client.send(type="generate", run="a", prompt="a tower", config=options)
    seen = client.until("finished", "failed")
    assert [m["brick"] for m in seen if m["type"] == "brick"] == [[2, 4, 4, 7, 0]]
    assert seen[-1]["bricks"] == [[2, 4, 4, 7, 0]]


def test_several_runs_of_one_process_do_not_mix(client, tower_model):
    client.hello()
    options = {"model_name_or_path": tower_model}
    for run in ("a", "b", "c"):
        client.send(type="generate", run=run, prompt="a tower", config=options)
    seen = [m for _ in range(3) for m in client.until("finished")]
    for run in ("a", "b", "c"):
        assert [m["brick"] for m in seen if m["run"] == run and m["type"] == "brick"] == TOWER_ROWS


def test_continue_goes_on_from_the_bricks_it_is_given(client, scripted_model):
    client.hello()
    options = {"model_name_or_path": str(scripted_model("2x2 (3,6,1)\n"))}
    client.send(type="continue", run="a", prompt="a tower", bricks=[[2, 4, 4, 5, 0]], config=options)
    seen = client.until("finished", "failed")
    assert seen[0]["bricks"] == 1
    assert seen[-1]["type"] == "finished"
    assert seen[-1]["bricks"][0] == [2, 4, 4, 5, 0]
    assert all(m["index"] >= 1 for m in seen if m["type"] == "brick")


def test_cancel_ends_a_run_and_one_that_waits(client, endless_model, tower_model):
    client.hello()
    client.send(type="generate", run="endless", prompt="x", config={"model_name_or_path": endless_model})
    client.send(type="generate", run="waits", prompt="x", config={"model_name_or_path": endless_model})
    client.send(type="generate", run="after", prompt="x", config={"model_name_or_path": tower_model})
    client.until("brick")
    client.send(type="cancel", run="waits")
    client.send(type="cancel", run="endless")
    seen = client.until("finished")
    ended = [(m["run"], m["type"]) for m in seen if m["type"] in ("cancelled", "finished", "failed")]
    assert ended == [("endless", "cancelled"), ("waits", "cancelled"), ("after", "finished")]
    assert "started" not in [m["type"] for m in seen if m["run"] == "waits"]


def test_check_judges_bricks_without_a_model(client):
    client.hello()
    client.send(type="check", run="a", bricks=[[2, 4, 0, 0, 0], [2, 4, 8, 8, 3]])
    answer = client.next()
    assert answer["type"] == "checked"
    assert (answer["report"]["stable"], answer["report"]["stress"][1]) == (False, 1.0)


def test_a_run_that_cannot_begin_fails_and_the_next_one_works(client, tower_model):
    client.hello()
    client.send(type="generate", run="a", prompt="x", config={"model_name_or_path": "no/such/folder"})
    client.send(type="check", run="b", bricks=[[2, 4, 0, 0, 0], [2, 4, 0, 0, 0]])
    client.send(type="generate", run="c", prompt=" ", config={"model_name_or_path": tower_model})
    client.send(type="generate", run="d", prompt="x", config={"model_name_or_path": tower_model})
    failed = [client.next() for _ in range(3)]
    assert [(m["type"], m["run"], m["kind"]) for m in failed] == [
        ("failed", "a", "model"),
        ("failed", "b", "bad_input"),
        ("failed", "c", "usage"),
    ]
    assert all(m["message"] and "\n" not in m["message"] for m in failed)
    assert client.until("finished")[-1]["run"] == "d"


def test_a_run_of_a_name_that_is_taken_is_refused(client, endless_model):
    client.hello()
    for _ in range(2):
        client.send(type="generate", run="a", prompt="x", config={"model_name_or_path": endless_model})
    assert client.until("error")[-1]["code"] == "duplicate_run"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"type":"gen', "bad_json"),
        (b"\xff\xfe\n", "bad_json"),
        (b"{}\n", "unknown_type"),
        (b'{"type":"hello","protocol":99}\n', "wrong_version"),
        (b'{"type":"cancel","run":"a"}\n', "unknown_run"),
    ],
)
def test_a_bad_line_is_answered_in_one_and_the_rest_goes_on(answers_to, data, code):
    said = answers_to(data)
    assert [(m["type"], m["code"]) for m in said] == [("error", code)]
    assert "\n" not in said[0]["message"]
    if data.endswith(b"\n"):
        after = answers_to(data + b'{"type":"hello","protocol":1}\n')
        assert after[-1]["type"] == "hello"


def test_nothing_is_done_for_who_does_not_say_hello(answers_to):
    said = answers_to(b'{"type":"generate","run":"a","prompt":"x"}\n', greeted=False)
    assert [(m["type"], m["code"]) for m in said] == [("error", "no_hello")]


def test_an_endless_line_does_not_fill_the_memory(answers_to, monkeypatch):
    monkeypatch.setattr("brickgpt_engine.serving.stdio.MAX_LINE", 1000)
    said = answers_to(b"x" * 5000 + b'\n{"type":"hello","protocol":1}\n')
    assert [(m["type"], m.get("code")) for m in said] == [("error", "bad_json"), ("hello", None)]


def serve(environment, data, **options):
    command = [sys.executable, "-m", "brickgpt_engine.cli", "serve", "--stdio"]
    return subprocess.run(
        command, input=data, capture_output=True, env=environment, timeout=120, check=False, **options
    )


def test_the_process_ends_when_its_stdin_closes(environment, endless_model):
    generate = {
        "type": "generate",
        "run": "a",
        "prompt": "x",
        "config": {"model_name_or_path": endless_model},
    }
    lines = [{"type": "hello", "protocol": 1}, generate]
    ended = serve(environment, "".join(json.dumps(line) + "\n" for line in lines).encode())
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert said[0]["type"] == "hello"
    assert {m["type"] for m in said[1:]} <= {
        "started",
        "brick",
        "rejected",
        "stability",
        "rolled_back",
        "cancelled",
    }


def test_what_libraries_print_does_not_get_between_the_messages(tmp_path, environment):
    code = (
        "import os, sys\n"
        "from brickgpt_engine.serving import stdio\n"
        "real = stdio.Server.send\n"
        "def send(self, message): print('noise', flush=True); os.write(1, b'C\\n'); real(self, message)\n"
        "stdio.Server.send = send\n"
        "stdio.serve_stdio()\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        input=b'{"type":"hello","protocol":1}\n',
        capture_output=True,
        env=environment,
        timeout=60,
        check=True,
    )
    assert [json.loads(line)["type"] for line in said.stdout.splitlines()] == ["hello"]
    assert b"noise" in said.stderr


def test_serve_wants_to_know_how(environment):
    ended = subprocess.run(
        [sys.executable, "-m", "brickgpt_engine.cli", "serve"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (ended.returncode, "--stdio" in ended.stderr) == (2, True)


def test_no_message_has_a_key_that_json_lacks():
    with pytest.raises(ValueError, match="not JSON compliant"):
        protocol.dumps({"type": "x", "value": float("nan")})
