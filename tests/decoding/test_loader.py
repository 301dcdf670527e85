import json
import subprocess
import sys

import pytest
from safetensors.numpy import load_file, save_file

from brickgpt_engine.decoding import load_model, loader, torch_llama
from brickgpt_engine.decoding.tokenizer import load_tokenizer
from brickgpt_engine.decoding.tokens import TokenStream
from brickgpt_engine.errors import ConfigError, ModelError


def test_a_small_llama_folder_runs_on_numpy(llama_folder):
    folder, tensors = llama_folder()
    model = load_model(str(folder))
    assert model.prompt_style == "nano"
    assert model.info["backend"] == "numpy"
    assert model.info["parameters"] == sum(t.size for t in tensors.values())
    assert model.tokenizer.token(model.tokenizer.eos_id) == "</s>"
    assert model.tokenizer.token(model.tokenizer.bos_id) == "<s>"
    assert model.token_model.prefill([1, 2]).shape == (model.info["vocab_size"],)


def test_loading_for_numpy_imports_no_torch(llama_folder):
    folder, _ = llama_folder()
    code = (
        "import sys; from brickgpt_engine.decoding import load_model; "
        f"load_model({str(folder)!r}); print('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_prompt_style_comes_from_the_folder(llama_folder):
    folder, _ = llama_folder()
    (folder / "brickgpt.json").unlink()
    assert load_model(str(folder)).prompt_style == "chat"
    (folder / "brickgpt.json").write_text('{"prompt_style": "verse"}')
    with pytest.raises(ModelError, match="'verse'"):
        load_model(str(folder))
    (folder / "brickgpt.json").write_text('{"format_version": 2}')
    with pytest.raises(ModelError, match="format_version 2"):
        load_model(str(folder))


def test_the_end_token_comes_from_the_folders_settings(llama_folder):
    folder, _ = llama_folder()
    (folder / "tokenizer_config.json").write_text('{"eos_token": {"content": "<pad>"}, "chat_template": "T"}')
    tokenizer = load_tokenizer(folder)
    assert tokenizer.token(tokenizer.eos_id) == "<pad>"
    assert tokenizer.chat_template == "T"
    (folder / "chat_template.jinja").write_text("apart")
    (folder / "tokenizer_config.json").unlink()
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [3, 257]}))
    tokenizer = load_tokenizer(folder)
    assert (tokenizer.eos_id, tokenizer.chat_template) == (257, "apart")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "tokenizer.json").unlink(), r"has no tokenizer\.json"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "is not a tokenizer"),
        (lambda f: (f / "config.json").unlink(), r"has no config\.json"),
        (lambda f: (f / "config.json").write_text("{"), "not valid JSON"),
        (lambda f: (f / "config.json").write_text("[]"), "JSON object"),
        (lambda f: (f / "model.safetensors").write_bytes(b"\0" * 40), "damaged"),
        (lambda f: (f / "model.safetensors").unlink(), r"no model\.safetensors"),
    ],
)
def test_incomplete_folders_are_named_in_one_line(llama_folder, break_it, message):
    folder, _ = llama_folder()
    break_it(folder)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(str(folder), "cpu")
    assert "\n" not in str(caught.value)


def test_a_tokenizer_larger_than_the_logits_is_refused(llama_folder):
    folder, tensors = llama_folder(vocab_size=200)
    assert tensors["model.embed_tokens.weight"].shape[0] == 200
    with pytest.raises(ModelError, match="and the model 200"):
        load_model(str(folder))


def test_names_that_lead_nowhere(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="no model folder"):
        load_model(str(tmp_path / "absent"))
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="is a file"):
        load_model(str(tmp_path / "model.gguf"))
    with pytest.raises(ConfigError, match="device is 'tpu'"):
        load_model("nano", "tpu")
    monkeypatch.setattr(loader, "embedded_folder", lambda: tmp_path / "gone")
    with pytest.raises(ModelError, match="embedded model is missing"):
        load_model("nano")


def test_without_torch_the_extra_is_named(llama_folder, monkeypatch):
    monkeypatch.setattr(torch_llama, "find_spec", lambda name: None)
    folder, _ = llama_folder()
    with pytest.raises(ModelError, match=r"brickgpt-studio\[torch\]"):
        load_model("someone/some-model")
    with pytest.raises(ModelError, match=r"brickgpt-studio\[torch\]"):
        load_model(str(folder), "cuda")
    config = json.loads((folder / "config.json").read_text()) | {"architectures": ["GPT2LMHeadModel"]}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"GPT2LMHeadModel.*brickgpt-studio\[torch\]"):
        load_model(str(folder))


def test_nan_logits_are_refused(llama_folder):
    folder, tensors = llama_folder()
    tensors["model.norm.weight"][0] = float("nan")
    save_file(tensors, folder / "model.safetensors")
    stream = TokenStream(load_model(str(folder)).token_model)
    with pytest.raises(ModelError, match="not a number"):
        stream.start([1, 2])


def test_the_stream_counts_and_goes_back_with_logits(llama_folder):
    folder, _ = llama_folder()
    stream = TokenStream(load_model(str(folder)).token_model)
    stream.start([5, 6, 7])
    there = stream.push([8]).copy()
    stream.push([9, 10])
    assert (stream.ids, stream.passes, stream.tokens) == ([5, 6, 7, 8, 9, 10], 3, 6)
    assert abs(stream.return_to(4) - there).max() < 1e-5
    assert (stream.ids, stream.model.length, stream.passes) == ([5, 6, 7, 8], 4, 4)


@pytest.fixture
def torch_folder(llama_folder):
    """The same folder as transformers wants it: with a metadata entry that names the framework."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder, _ = llama_folder()
    path = folder / "model.safetensors"
    save_file(load_file(path), path, metadata={"format": "pt"})
    return folder


@pytest.mark.torch
def test_torch_and_numpy_agree_through_extension_and_rewind(torch_folder):
    numpy_model = load_model(str(torch_folder), "cpu").token_model
    torch_model = torch_llama.load_torch_model(str(torch_folder), "cpu")
    assert torch_model.context_length == numpy_model.context_length
    assert torch_model.parameters == numpy_model.parameters
    ids = [3, 200, 45, 260, 299, 7, 280]

    def same(act):
        assert abs(act(numpy_model) - act(torch_model)).max() < 1e-4
        assert numpy_model.length == torch_model.length

    same(lambda m: m.prefill(ids))
    same(lambda m: m.extend([9]))
    same(lambda m: m.extend([10, 11, 12]))
    for length in (8, 0):
        numpy_model.rewind(length)
        torch_model.rewind(length)
        same(lambda m: m.extend([33, 34]))
    with pytest.raises(ModelError, match="cannot rewind"):
        torch_model.rewind(50)
    with pytest.raises(ModelError, match="vocabulary"):
        torch_model.extend([10_000])


@pytest.mark.torch
def test_torch_backend_messages(torch_folder, monkeypatch):
    import torch

    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="no cuda device"):
            load_model(str(torch_folder), "cuda")
    (torch_folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        torch_llama.load_torch_model(str(torch_folder), "cpu")
    (torch_folder / "adapter_config.json").write_text('{"base_model_name_or_path": "nowhere"}')
    monkeypatch.setattr(torch_llama, "find_spec", lambda name: None if name == "peft" else object())
    with pytest.raises(ModelError, match="peft"):
        load_model(str(torch_folder))


@pytest.mark.torch
def test_another_architecture_goes_to_torch(tmp_path, llama3_tokenizer):
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(
        vocab_size=llama3_tokenizer.get_vocab_size(), n_positions=64, n_embd=16, n_layer=1, n_head=2
    )
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path)
    llama3_tokenizer.save(str(tmp_path / "tokenizer.json"))
    model = load_model(str(tmp_path))
    assert model.info["backend"] == "torch"
    assert model.info["context_length"] == 64
    assert model.token_model.prefill([1, 2]).shape == (config.vocab_size,)
