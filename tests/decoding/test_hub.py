"""Names that lead to the Hugging Face hub: an error at once and in one line when it does not answer."""

import http.server
import socket
import threading
import time
from pathlib import Path

import pytest

from brickgpt_engine.decoding import hub, load_model
from brickgpt_engine.errors import ModelError


@pytest.fixture
def endpoint(monkeypatch):
    """A server at the hub's address that answers with ``status`` after ``delay`` seconds."""
    servers = []

    def make(status, delay=0.0):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                time.sleep(delay)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [200, 401, 404, 503])
def test_any_answer_counts(endpoint, status):
    endpoint(status)
    assert hub.hub_answers()


def test_offline_mode_asks_nothing(endpoint, monkeypatch):
    endpoint(200)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert not hub.hub_answers()


def test_an_answer_that_comes_late_is_not_waited_for(endpoint):
    endpoint(200, delay=2.0)
    began = time.perf_counter()
    assert not hub.hub_answers(0.2)
    assert time.perf_counter() - began < 1.5


@pytest.fixture
def unreachable(monkeypatch):
    """A hub address where nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("address", [None, "no address", "http://[::bad"])
def test_nobody_there(unreachable, monkeypatch, address, tmp_path):
    if address is not None:
        monkeypatch.setenv("HF_ENDPOINT", address)
    assert not hub.hub_answers()


def cache_a_copy(root, name):
    """A folder as the hub's client keeps it, with one file in it."""
    here = root / f"models--{name.replace('/', '--')}"
    snapshot = here / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (here / "refs").mkdir()
    (here / "refs" / "main").write_text("0" * 40)
    (snapshot / "config.json").write_text("{}")
    return snapshot


@pytest.mark.parametrize("name", ["someone/some-model", "gpt2"])
def test_a_cached_copy_serves_where_the_hub_is_silent(unreachable, monkeypatch, tmp_path, name):
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=f"^{name} cannot be loaded: the Hugging Face hub cannot be reached"):
        hub.resolve(name)
    snapshot = cache_a_copy(tmp_path, name)
    assert Path(hub.resolve(name)).samefile(snapshot)


def test_a_hub_that_answers_is_asked(endpoint):
    endpoint(200)
    assert hub.resolve("someone/some-model") == "someone/some-model"


def test_a_folder_needs_no_hub(monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "hub_answers", lambda: pytest.fail("asked the hub"))
    for name in (str(tmp_path), "../models/gone", "/models/a/b"):
        assert hub.resolve(name) == name


def test_without_an_address_of_a_mirror_it_is_the_hubs_own(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert hub.endpoint() == "https://huggingface.co"


@pytest.mark.torch
def test_an_unknown_id_offline_fails_at_once_and_silently(unreachable, capfd):
    pytest.importorskip("torch")
    pytest.importorskip("transformers.models.auto")  # what takes long to import is imported here
    began = time.perf_counter()
    with pytest.raises(ModelError, match="check the connection and the id, or give a folder") as caught:
        load_model("someone-or-other/no-such-model")
    assert time.perf_counter() - began < 20  # with the hub's own six tries: 24 s and more
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("You are trying to access a gated repo.\nMake sure\n401 Client Error.", "accept its terms"),
        (
            "403 Client Error. Cannot access gated repo for url https://huggingface.co/api/models/me/it. "
            "Visit https://huggingface.co/me/it to ask for access.",
            "accept its terms on huggingface.co/me/it and set HF_TOKEN",
        ),
        ("x is not a local folder and is not a valid model identifier listed on 'https", "or it is private"),
        ("401 Client Error. Repository Not Found for url", "or it is private"),
        ("We couldn't connect to 'https://huggingface.co' to load the files", "cannot be reached"),
        ("size mismatch for\nlm_head.weight", "size mismatch for lm_head.weight"),
    ],
)
def test_long_messages_become_advice(message, words):
    told = hub.advice(OSError(message))
    assert words in told
    assert "\n" not in told
