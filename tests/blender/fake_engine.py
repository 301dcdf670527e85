"""A program that speaks the engine's protocol as a test wants it: ``python fake_engine.py serve --stdio``.

The file ``script.json`` beside it says what each run answers; see :func:`answers`.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BRICKS = [[2, 4, 4, 5, 0], [2, 2, 3, 6, 1], [4, 2, 1, 7, 2]]
REPORT = {"status": "stable", "stable": True, "stress": [0.25, 0.0, 1.0], "message": "the model stands"}


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def answers(script, request):
    """Bricks one by one; ``after`` says what happens after how many."""
    run = request["run"]
    start = request.get("bricks", [])
    colour = request.get("config", {}).get("seed", 4)
    say(
        type="started",
        run=run,
        seed=7,
        colour=colour,
        notes=["a note"],
        config={"world_dim": 20},
        bricks=len(start),
    )
    for index, brick in enumerate(BRICKS):
        if script.get("at") == index and not act(script["do"], run):
            return
        say(type="brick", run=run, index=len(start) + index, brick=brick, rejections=0)
    bricks = [*start, *BRICKS]
    report = dict(REPORT, stress=[0.5] * len(bricks))
    say(type="finished", run=run, bricks=bricks, report=report, seconds=0.5, regenerations=1)


def act(what, run):
    """Do what the script says in the middle of a run; whether the run goes on."""
    if what == "crash":
        sys.stderr.write("out of luck\n")
        sys.stderr.flush()
        os._exit(3)
    if what == "half":
        sys.stdout.write('{"type":"brick","run"')
        sys.stdout.flush()
        os._exit(0)
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "nonsense":
        say(type="brick", run=run, index="x", brick=[1])
    if what == "noise":
        sys.stdout.write("a library says hello\n")
    if what == "roll":
        say(type="rolled_back", run=run, kept=0, removed=1, regeneration=1)
        say(type="brick", run=run, index=0, brick=BRICKS[0], rejections=0)
    if what == "over":
        best = {"bricks": BRICKS, "report": None}
        say(type="started_over", run=run, bricks=[], attempt=2, missing=["4 legs"], best=best)
        say(type="brick", run=run, index=0, brick=BRICKS[0], rejections=0)
    if what == "fail":
        say(type="failed", run=run, kind="solver", message="no solver gave an answer")
        return False
    if what == "hang":
        wait_for_cancel(run)
        return False
    return True


def wait_for_cancel(run):
    for line in sys.stdin:
        if json.loads(line)["type"] == "cancel":
            say(type="cancelled", run=run)
            return


def main():
    script = json.loads((HERE / "script.json").read_text())
    if script.get("do") == "sleep":
        time.sleep(60)
    for line in sys.stdin:
        request = json.loads(line)
        if request["type"] == "hello":
            say(type="hello", protocol=script.get("protocol", 1), engine="Fake", version="9", options={})
        elif request["type"] == "check":
            report = dict(REPORT, stress=[0.5] * len(request["bricks"]))
            say(type="checked", run=request["run"], report=report)
        elif request["type"] in ("generate", "continue"):
            answers(script, request)


main()
