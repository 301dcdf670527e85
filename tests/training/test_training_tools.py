"""Curves of a run, rewards as TRL takes them, the comparison's table, and the list of commands."""

import json
import sys

import pytest

from brickgpt_engine.errors import InputError
from training import __main__ as entry
from training.curves import curves_of, draw, main, smoothed, trend
from training.rewards import Judge, Physics, Weights
from training.rewards.trl import reward_function

BRIDGE = "2x2 (4,4,0)\n2x2 (4,8,0)\n2x6 (4,4,1)\n"


def test_curves_are_drawn_where_the_log_has_them(tmp_path, capsys):
    lines = [{"step": n, "reward": n / 10, "kl": None if n == 2 else 0.1} for n in range(1, 6)]
    curves = curves_of([*lines, {"step": 5, "eval/reward": 1.0}])
    assert list(curves) == ["reward", "kl"] and len(curves["kl"]) == 4
    assert smoothed([(1, 1.0), (2, 3.0), (3, 8.0)], 2) == [(1, 1.0), (2, 2.0), (3, 5.5)]
    many = [(step, float(step % 2)) for step in range(40)]
    assert trend("reward", many) == smoothed(many) != many
    assert trend("learning_rate", many) == many and trend("eval/valid", many[:20]) == many[:20]
    (tmp_path / "log.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines) + '{"step": 6, "rew'
    )
    main(["--run", str(tmp_path)])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="no curve yet"):
        draw({})
    with pytest.raises(SystemExit):
        main(["--run", str(tmp_path / "nowhere")])
    assert "has no log.jsonl" in capsys.readouterr().err


def test_rewards_in_the_signature_of_trl():
    judge = Judge(Weights(stability=0, quality=0, length=1.0, standing=1.0), Physics(solver="highs"))
    reward = reward_function(judge)
    assert reward.__name__ == "bricks_reward"
    columns = {
        "prompts": ["a", "a"],
        "caption": ["a bridge"] * 2,
        "bricks": [BRIDGE] * 2,
        "trainer_state": None,
    }
    chat = [[{"role": "assistant", "content": BRIDGE}], [{"role": "assistant", "content": "nothing"}]]
    assert reward(completions=chat, **columns) == [2.0, 0.0]
    assert reward(completions=[BRIDGE]) == [1.0]


def test_the_table_of_the_comparison():
    pytest.importorskip("torch")
    from training.spaces import table

    found = {
        "valid": 0.5, "stable": 0.25, "bricks": 10.0, "prompts": 100,
        "nats_per_brick": 1.5, "tokens_per_brick": 4.0,
    }  # fmt: skip
    line = "| absolute | 50.0 (40.4–59.6) | 25.0 (17.5–34.3) | 10.0 | 4.00 | 1.500 |\n"
    assert table({"absolute": found}).endswith(line)


def test_unknown_commands_are_refused(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["training", "grop"])
    with pytest.raises(SystemExit, match="'grop' is not a command"):
        entry.main()


@pytest.mark.parametrize("command", ["grpo", "nano", "spaces"])
def test_a_command_without_its_package_says_what_to_install(command, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    for name in [name for name in sys.modules if name.startswith("training.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "argv", ["training", command])
    with pytest.raises(SystemExit) as end:
        entry.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: this needs torch; pip install 'brickgpt-studio[train]'\n"
