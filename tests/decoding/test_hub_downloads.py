"""Models by hub id, downloaded from a small hub of our own: an open one, a gated one, none, and offline."""

import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("huggingface_hub")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LOAD = """
import json, sys
import torch
from brickgpt_engine.decoding import load_model
from brickgpt_engine.errors import ModelError
from training.policies import load_policy
for name in sys.argv[1:]:
    try:
        model = load_model(name, "cpu")
        found = {"logits": model.token_model.prefill([1, 5, 9]).tolist(), "style": model.prompt_style,
                 "tokens": model.tokenizer.encode("2x4 (1,2,0)\\n")}
        policy = load_policy(name, device="cpu")
        found["trained"] = policy.model(torch.tensor([[1, 5, 9]])).logits[0, -1].tolist()
        found["trained as"] = policy.style, [*policy.model.state_dict()][1]
    except ModelError as error:
        found = {"error": str(error)}
    print(json.dumps(found))
"""


class Hub(http.server.ThreadingHTTPServer):
    """The hub's answers to who downloads: files under ``root/owner/name``, ``closed`` of which have terms."""

    daemon_threads = True

    def __init__(self, root, closed):
        self.root, self.closed, self.served = root, closed, []
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = [part for part in unquote(urlsplit(self.path).path).split("/") if part]
        api = parts[:2] == ["api", "models"]
        name, rest = "/".join(parts[2:4] if api else parts[:2]), parts[4:] if api else parts[2:]
        folder = self.server.root / name
        if not parts:
            return self.answer(200, b"")
        if not folder.is_dir():
            return self.answer(401, b"", {"X-Error-Code": "RepoNotFound"})
        if name in self.server.closed and (not api or "tree" in rest):
            words = f"Access to model {name} is restricted and you are not in the authorized list."
            return self.answer(403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": words})
        if api:
            return self.about(name, folder, rest)
        path = folder / "/".join(rest[2:])
        if not path.is_file():
            return self.answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        data = path.read_bytes()
        if self.command == "GET":
            self.server.served.append(f"{name}/{path.name}")
        return self.answer(
            200, data, {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha1(data).hexdigest()}"'}
        )

    do_HEAD = do_GET

    def about(self, name, folder, rest):
        files = [path.name for path in sorted(folder.iterdir())]
        if "tree" in rest:
            rows = [{"type": "file", "path": file, "size": (folder / file).stat().st_size, "oid": "0" * 40}
                    for file in files]  # fmt: skip
            return self.answer(200, json.dumps(rows).encode())
        facts = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": file} for file in files]}
        return self.answer(200, json.dumps(facts).encode())

    def answer(self, status, data, headers=None):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(tmp_path, llama_folder):
    """A hub with a tiny Llama, an adapter on it, and a gated copy; answers the hub and the Llama's folder."""
    peft = pytest.importorskip("peft")
    folder, _ = llama_folder(hidden_size=32, bos_token_id=1, eos_token_id=2)
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "bos_token": "<s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    root = tmp_path / "hub"
    for name in ("tiny", "gated"):
        (root / "someone" / name).mkdir(parents=True)
        for path in folder.iterdir():
            (root / "someone" / name / path.name).write_bytes(path.read_bytes())
    torch.manual_seed(2)
    base = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    rank = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    adapted = peft.get_peft_model(base, rank)
    adapted.save_pretrained(root / "someone" / "adapter")
    about = json.loads((root / "someone" / "adapter" / "adapter_config.json").read_text())
    about["base_model_name_or_path"] = "someone/tiny"
    (root / "someone" / "adapter" / "adapter_config.json").write_text(json.dumps(about))
    for name in ("tokenizer.json", "tokenizer_config.json", "brickgpt.json"):
        (root / "someone" / "adapter" / name).write_bytes((folder / name).read_bytes())
    with torch.no_grad():
        expected = adapted(torch.tensor([[1, 5, 9]])).logits[0, -1].tolist()
    server = Hub(root, {"someone/gated"})
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server, folder, expected
    server.shutdown()
    server.server_close()


def load(cache, address, *names, **more):
    """What a process of its own finds: the hub's client reads its settings when it is imported."""
    hidden = ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment |= {"HF_ENDPOINT": address, "HF_HOME": str(cache), "no_proxy": "*", **more}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *names], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def nobody():
    """An address where nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def test_a_hub_id_is_downloaded_once_and_refusals_are_one_line(served, tmp_path):
    from brickgpt_engine.decoding import load_model

    server, folder, adapted = served
    cache = tmp_path / "cache"
    tiny, adapter, gated, missing = load(
        cache, server.address, "someone/tiny", "someone/adapter", "someone/gated", "someone/missing"
    )
    here = load_model(str(folder), "cpu")
    assert tiny["tokens"] == adapter["tokens"] == here.tokenizer.encode("2x4 (1,2,0)\n")
    assert tiny["style"] == adapter["style"] == "nano"
    assert np.allclose(tiny["logits"], here.token_model.prefill([1, 5, 9]), atol=1e-4)
    assert np.allclose(adapter["logits"], adapted, atol=1e-4)
    assert not np.allclose(adapter["logits"], tiny["logits"], atol=1e-2)
    for found in (tiny, adapter):  # to be trained further: the adapter merged, the prompts as they were
        assert np.allclose(found["trained"], found["logits"], atol=1e-4)
        assert found["trained as"] == ["nano", "model.layers.0.self_attn.q_proj.weight"]
    assert server.served.count("someone/tiny/model.safetensors") == 1
    assert "someone/adapter/adapter_model.safetensors" in server.served
    assert gated["error"].startswith(
        "someone/gated cannot be loaded: the repository is gated; accept its terms"
    )
    assert "set HF_TOKEN" in gated["error"]
    assert missing["error"].startswith(
        "someone/missing cannot be loaded: the hub has no such model, or it is private"
    )
    assert not [found for found in (gated, missing) if "\n" in found["error"]]

    for address, more in ((nobody(), {}), (server.address, {"HF_HUB_OFFLINE": "1"})):
        again, gone = load(cache, address, "someone/tiny", "someone/never-seen", **more)
        assert again == tiny
        assert "the Hugging Face hub cannot be reached and no copy is cached" in gone["error"]
    assert server.served.count("someone/tiny/model.safetensors") == 1
