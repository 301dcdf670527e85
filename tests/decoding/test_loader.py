import json
import struct
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from brickgpt_engine.decoding import hub, load_model, loader, torch_llama
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
        (lambda f: (f / "chat_template.jinja").write_bytes(b"\xff"), r"chat_template\.jinja is not UTF-8"),
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


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "tokenizer_config.json",
        "generation_config.json",
        "brickgpt.json",
        "model.safetensors.index.json",
    ],
)
def test_settings_nested_without_end_are_refused(llama_folder, name):
    folder, _ = llama_folder()
    (folder / name).write_text("[" * 100_000)
    if name.endswith("index.json"):
        (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=f"{name} is nested too deeply") as caught:
        load_model(str(folder), "cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["Infinity", "NaN", "1e300", "1" + "0" * 400, "-1", '"8"'])
@pytest.mark.parametrize("key", ["head_dim", "hidden_size", "num_hidden_layers", "rms_norm_eps"])
def test_impossible_sizes_are_refused_in_one_line(llama_folder, key, value):
    folder, _ = llama_folder()
    config = json.loads((folder / "config.json").read_text()) | {key: "HERE"}
    (folder / "config.json").write_text(json.dumps(config).replace('"HERE"', value))
    with pytest.raises(ModelError, match=f"config.json has {key} = ") as caught:
        load_model(str(folder), "cpu")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_head_too_wide_is_refused_before_its_table_is_made(llama_folder):
    folder, _ = llama_folder(head_dim=8)
    config = json.loads((folder / "config.json").read_text()) | {"head_dim": 10**14}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="the width even and at most 65536"):
        load_model(str(folder), "cpu")


@pytest.mark.parametrize("key", ["eos_token", "bos_token", "chat_template"])
def test_half_a_surrogate_pair_in_the_settings_is_refused(llama_folder, key):
    folder, _ = llama_folder()
    (folder / "tokenizer_config.json").write_text(json.dumps({key: "\ud800"}))
    with pytest.raises(ModelError, match=f"{key} is damaged"):
        load_model(str(folder), "cpu")


def test_an_adapters_settings_nested_without_end_are_refused(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"a":' * 100_000)
    with pytest.raises(ModelError, match=r"adapter_config\.json is nested too deeply"):
        torch_llama.adapter_base(tmp_path)


def _header(shape):
    return f'{{"model.norm.weight": {{"dtype": "F32", "shape": {shape}, "data_offsets": [0, 4]}}}}'.encode()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"[" * 200_000, "its header is not JSON"),
        (_header("[Infinity]"), "its entry for 'model.norm.weight' is malformed"),
        (_header("[NaN]"), "its entry for 'model.norm.weight' is malformed"),
        (_header("[1e999, 1]"), "its entry for 'model.norm.weight' is malformed"),
    ],
    ids=["brackets", "infinity", "nan", "overflow"],
)
def test_impossible_weight_headers_are_refused(llama_folder, header, message):
    folder, _ = llama_folder()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(str(folder), "cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_random_bytes_as_weights_end_in_one_error_without_warnings(llama_folder, dtype):
    folder, tensors = llama_folder()
    noise = np.random.default_rng(1)
    for name, tensor in tensors.items():
        raw = noise.bytes(tensor.size * np.dtype(dtype).itemsize)
        tensors[name] = np.frombuffer(raw, dtype=dtype).reshape(tensor.shape)
    save_file(tensors, folder / "model.safetensors")
    model = load_model(str(folder), "cpu").token_model
    for ids in ([1, 2, 3], [1]):
        with pytest.raises(ModelError, match="not a number"):
            TokenStream(model).start(ids)


def test_a_tokenizer_larger_than_the_logits_is_refused(llama_folder):
    folder, tensors = llama_folder(vocab_size=200)
    assert tensors["model.embed_tokens.weight"].shape[0] == 200
    with pytest.raises(ModelError, match="and the model 200"):
        load_model(str(folder))


def test_names_that_lead_nowhere(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="no model folder"):
        load_model(str(tmp_path / "absent"))
    for name in ("x" * 300, "x" * 300 + "/model"):
        with pytest.raises(
            ModelError, match=r"File name too long; give 'nano', a folder, a \.gguf file or a hub id"
        ) as caught:
            load_model(name)
        assert len(str(caught.value)) < 200
    for name in ("~nobody-here/model", "a\0b", "a\udcff", ""):
        with pytest.raises(ModelError):
            load_model(name)
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"llama\.cpp"):
        load_model(str(tmp_path / "model.gguf"))
    with pytest.raises(ModelError, match="there is no file"):
        load_model(str(tmp_path / "absent.gguf"))
    (tmp_path / "model.bin").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="is a file"):
        load_model(str(tmp_path / "model.bin"))
    with pytest.raises(ConfigError, match="device is 'tpu'"):
        load_model("nano", "tpu")
    monkeypatch.setattr(loader, "embedded_folder", lambda: tmp_path / "gone")
    with pytest.raises(ModelError, match="embedded model is missing"):
        load_model("nano")


def test_a_folder_that_may_not_be_read_is_named(llama_folder, monkeypatch):
    folder, _ = llama_folder()

    def refuse(path, *arguments, **keywords):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(loader, "load_tokenizer", refuse)
    with pytest.raises(ModelError, match="cannot be read: Permission denied"):
        load_model(str(folder))


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
    there = stream.after(3, [8]).copy()
    stream.after(4, [9, 10])
    assert (stream.ids, stream.passes, stream.tokens) == ([5, 6, 7, 8, 9, 10], 3, 6)
    stream.cut(4)
    assert abs(stream.after(4, []) - there).max() < 1e-5
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
@pytest.mark.parametrize("able", [True, False])
def test_weights_stored_in_bfloat16_stay_so_where_the_processor_takes_them(
    torch_folder, tmp_path, monkeypatch, able
):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    monkeypatch.setattr(torch_llama, "calculates_in_bfloat16", lambda: able)
    exact = torch_llama.load_torch_model(str(torch_folder), "cpu")
    model = transformers.AutoModelForCausalLM.from_pretrained(torch_folder, dtype=torch.bfloat16)
    model.save_pretrained(tmp_path / "half")
    half = torch_llama.load_torch_model(str(tmp_path / "half"), "cpu")
    assert (exact.dtype, half.dtype) == ("float32", "bfloat16" if able else "float32")
    expected, found = exact.prefill([1, 5, 9]).copy(), half.prefill([1, 5, 9])
    assert abs(expected - found).max() < 0.1 * abs(expected).max()
    assert half.draft_cost < exact.draft_cost if able else half.draft_cost == exact.draft_cost


@pytest.mark.torch
def test_torch_backend_messages(torch_folder, monkeypatch):
    import torch

    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="no cuda device"):
            load_model(str(torch_folder), "cuda")
    weights = torch_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        torch_llama.load_torch_model(str(torch_folder), "cpu")
    weights.unlink()
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


@pytest.fixture
def adapter(torch_folder, tmp_path, monkeypatch):
    """Makes a LoRA adapter with random weights on ``torch_folder``; answers its folder and peft's model."""
    peft = pytest.importorskip("peft")
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(hub, "hub_answers", lambda: pytest.fail("asked the hub"))

    def make(tokens=None):
        torch.manual_seed(3)
        base = transformers.AutoModelForCausalLM.from_pretrained(torch_folder, dtype=torch.float32)
        if tokens is not None:
            base.resize_token_embeddings(tokens)
        options = peft.LoraConfig(
            r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
        )
        model = peft.get_peft_model(base, options).eval()
        model.save_pretrained(tmp_path / "adapter")
        return tmp_path / "adapter", model

    return make


def last_logits(model, ids):
    import torch

    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0, -1].numpy()


@pytest.mark.torch
def test_an_adapter_is_merged_and_answers_as_peft_does(torch_folder, adapter):
    folder, theirs = adapter()
    ids = [3, 200, 45, 260, 299]
    loaded = load_model(str(folder))
    base = load_model(str(torch_folder))
    assert (loaded.info["backend"], loaded.prompt_style) == ("torch", "chat")
    assert loaded.info["parameters"] == base.info["parameters"]  # merged: no weights beside the base's
    assert loaded.tokenizer.eos_id == base.tokenizer.eos_id  # the base's, as the adapter has none
    ours = loaded.token_model.prefill(ids)
    assert abs(ours - last_logits(theirs, ids)).max() < 1e-4
    assert abs(ours - base.token_model.prefill(ids)).max() > 0.1


@pytest.mark.torch
def test_an_adapter_with_tokens_of_its_own(torch_folder, adapter):
    tokenizer = load_tokenizer(torch_folder).backend
    larger = type(tokenizer).from_str(tokenizer.to_str())
    larger.add_tokens(["hexagonal", "octagonal"])
    folder, theirs = adapter(larger.get_vocab_size())
    larger.save(str(folder / "tokenizer.json"))
    loaded = load_model(str(folder))
    new = larger.token_to_id("octagonal")
    assert loaded.tokenizer.vocab_size == loaded.token_model.vocab_size == new + 1
    assert abs(loaded.token_model.prefill([3, new, 45]) - last_logits(theirs, [3, new, 45])).max() < 1e-4


@pytest.mark.torch
def test_damaged_adapters_are_named_in_one_line(adapter):
    folder, _ = adapter()
    config = json.loads((folder / "adapter_config.json").read_text())
    cases = [
        (config | {"base_model_name_or_path": None}, "names no base model"),
        (config | {"base_model_name_or_path": str(folder.parent / "gone")}, "the base model of the adapter"),
        ({key: value for key, value in config.items() if key != "peft_type"}, "cannot be loaded"),
        (config | {"peft_type": "MAGIC"}, "cannot be loaded"),
        (config | {"r": 3}, "cannot be loaded: .*size mismatch"),
    ]
    for changed, words in cases:
        (folder / "adapter_config.json").write_text(json.dumps(changed))
        with pytest.raises(ModelError, match=words) as caught:
            load_model(str(folder))
        assert "\n" not in str(caught.value)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(str(folder))
    weights.unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(str(folder))
