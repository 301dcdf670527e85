"""The engine in a process of its own: the same events, stops, crashes, and no one left behind."""

import os
import signal
import time

import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding import load_model
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.tokens import DraftModel
from brickgpt_engine.errors import ModelError, PromptError
from brickgpt_engine.generation import BrickGenerator, BrickPlaced, Finished, GenerationConfig, Started
from brickgpt_tui import child
from brickgpt_tui.feed import count_tokens
from brickgpt_tui.messages import RunProgress
from brickgpt_tui.remote import RemoteGenerator, RemoteLoader
from brickgpt_tui.worker import Engine, Job

needs_weights = pytest.mark.skipif(
    not (embedded_folder() / "model.safetensors").is_file(), reason="the embedded model is not in this tree"
)
CONFIG = GenerationConfig(seed=3, solver="highs", max_bricks=8, max_regenerations=0)
PROMPT = "a small table"


@pytest.fixture(scope="module")
def loader():
    found = RemoteLoader()
    yield found
    found.close()


@pytest.fixture
def nano(loader):
    return loader("nano", "cpu", -1)


def process_of(loader):
    return loader._process._process


@needs_weights
def test_the_same_events_as_in_this_process(nano):
    far = list(nano.generate(PROMPT, CONFIG))
    near = list(BrickGenerator(load_model("nano", "cpu")).generate(PROMPT, CONFIG))
    assert [type(event) for event in far] == [type(event) for event in near]
    assert far[-1].result.structure.bricks == near[-1].result.structure.bricks
    assert far[-1].result.tokens == near[-1].result.tokens == nano.tokens > 0
    assert far[-1].result.report.stress.tolist() == near[-1].result.report.stress.tolist()


@needs_weights
def test_the_counter_hides_no_drafts_from_the_engine(monkeypatch):
    generator = BrickGenerator(load_model("nano", "cpu"))
    bare = generator.model.token_model
    count = count_tokens(generator)
    assert isinstance(bare, DraftModel) and isinstance(generator.model.token_model, DraftModel)
    assert generator.model.token_model.draft_cost == bare.draft_cost
    for blocked, step in ((True, 2), (False, 1)):  # which of them it is, is the processor's matter
        monkeypatch.setattr(bare, "_blocked", blocked)
        assert generator.model.token_model.draft_step == bare.draft_step == step
    assert generator.model.token_model.habits is bare.habits is not None
    assert count() == 0


@needs_weights
def test_it_goes_on_from_bricks(nano):
    start = BrickStructure([Brick(2, 4, 8, 8, 0)])
    events = list(nano.generate(PROMPT, CONFIG, start=start))
    assert isinstance(events[0], Started) and events[0].bricks == start.bricks
    assert events[-1].result.structure.bricks[0] == start.bricks[0]


@needs_weights
def test_closing_the_stream_stops_the_run_and_another_can_follow(nano):
    events = nano.generate("a tall castle tower", GenerationConfig(seed=1))
    assert sum(isinstance(next(events), BrickPlaced) for _ in range(4)) >= 2
    events.close()
    assert isinstance(list(nano.generate(PROMPT, CONFIG))[-1], Finished)


@needs_weights
def test_errors_keep_their_kind_and_words(loader, nano):
    with pytest.raises(PromptError, match="empty"):
        list(nano.generate("", CONFIG))
    with pytest.raises(ModelError, match="/nowhere/at-all"):
        loader("/nowhere/at-all", "cpu", -1).load()
    assert isinstance(list(nano.generate(PROMPT, CONFIG))[-1], Finished)


@needs_weights
def test_a_process_that_is_killed_is_explained_and_started_again(loader, nano):
    events = nano.generate(PROMPT, CONFIG)
    next(events)
    os.kill(process_of(loader).pid, signal.SIGKILL)
    with pytest.raises(ModelError, match=r"engine has ended .*memory.*what was built is kept"):
        list(events)
    assert isinstance(list(nano.generate(PROMPT, CONFIG))[-1], Finished)


@needs_weights
def test_the_process_ends_with_the_studio(nano, loader):
    nano.load()
    process = process_of(loader)
    process.stdin.close()  # as when the studio is gone
    assert process.wait(20) == 0
    loader._process.end()


@needs_weights
def test_the_studio_follows_it(loader):
    posted = []
    engine = Engine(posted.append, loader)
    engine.warm_up(CONFIG)
    engine.generate(Job(PROMPT, CONFIG))
    last = [message for message in posted if isinstance(message, RunProgress)][-1]
    assert last.ended and last.bricks and last.run.error is None and last.run.tokens > 0


class Deaf:
    """A process that starts, takes every order, and never answers."""

    def __init__(self):
        import threading

        self.starts = self.runs = 0
        self.busy, self.alive, self.orders, self.loaded = threading.Lock(), False, [], None

    def start(self):
        self.starts, self.alive = self.starts + 1, True

    def send(self, order):
        self.orders.append(order.kind)

    def receive(self):
        time.sleep(0.01)

    def end(self):
        self.alive = False
        return "it did not answer"


def test_a_model_that_never_loads_can_be_stopped(monkeypatch):
    monkeypatch.setattr("brickgpt_tui.remote._PATIENCE_S", 0.1)
    deaf, posted = Deaf(), []
    generator = RemoteGenerator(deaf, ("large", "cpu"))
    engine = Engine(posted.append, lambda *key: generator)

    def send(order):
        deaf.orders.append(order.kind)
        if order.kind == "load":
            engine.stop()

    monkeypatch.setattr(deaf, "send", send)
    engine.generate(Job(PROMPT, CONFIG))
    assert deaf.orders == ["load", "stop"] and not deaf.alive
    assert posted[-1].ended and posted[-1].run.stop_reason == "stopped"


def test_a_defect_of_the_engine_is_reported_before_the_process_ends(monkeypatch):
    told = []
    server = child.Server(None, None)
    monkeypatch.setattr(server, "_read", lambda: None)
    monkeypatch.setattr(server, "_tell", told.append)
    monkeypatch.setattr("brickgpt_tui.worker.load_generator", lambda *key: 1 // 0)
    server._waiting.put(child.Order("load", ("nano", "cpu")))
    with pytest.raises(ZeroDivisionError):
        server.serve()
    assert [answer.kind for answer in told] == ["error"] and "ZeroDivisionError" in str(told[0].content)
