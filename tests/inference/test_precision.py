import pytest
import torch

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification
from amsdff_hf.inference import fastest_precision, in_precision, precision
from tests.conftest import BACKBONE_CONFIGS, random_model


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_copy_computes_in_the_other_format(bert_config, dtype):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    converted = in_precision(model, str(dtype).removeprefix("torch."))
    assert {parameter.dtype for parameter in converted.parameters()} == {dtype}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert converted.config.dtype == dtype
    assert model.config.dtype != dtype


def test_lambdas_stay_in_float32(bert_config):
    block = {"fraction": 0.5, "form": "row_sum"}
    model = random_model(AmsdffConfig(backbone_config=bert_config, differential_attention=block))
    converted = in_precision(model, "bfloat16")
    lambdas = [p.dtype for name, p in converted.named_parameters() if ".layer_lambda." in name]
    assert lambdas
    assert set(lambdas) == {torch.float32}
    assert converted(torch.tensor([[2, 5, 3]])).logits.isfinite().all()


@pytest.mark.parametrize(("name", "dtype"), [("llama", torch.bfloat16), ("t5", torch.float16), ("t5", torch.bfloat16)])
def test_all_is_as_if_it_had_been_loaded_so(name, dtype, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=BACKBONE_CONFIGS[name]()))
    model.save_pretrained(tmp_path)
    expected = AmsdffForSequenceClassification.from_pretrained(tmp_path, dtype=dtype)
    converted = in_precision(model, str(dtype).removeprefix("torch."))
    for kind in ("named_parameters", "named_buffers"):
        found = {key: tensor.dtype for key, tensor in getattr(converted, kind)()}
        assert found == {key: tensor.dtype for key, tensor in getattr(expected, kind)()}


def test_the_same_format_needs_no_copy(bert_config):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    assert in_precision(model, "float32") is model


def test_the_fastest_format_is_one_that_the_device_has(monkeypatch):
    for seconds, expected in ((0.5, "bfloat16"), (0.95, "float32"), (2.0, "float32")):
        taken = {torch.float32: 1.0, torch.bfloat16: seconds}
        monkeypatch.setattr(precision, "_product_seconds", lambda dtype, taken=taken: taken[dtype])
        precision._fastest_on_cpu.cache_clear()
        assert fastest_precision(torch.device("cpu")) == expected
    precision._fastest_on_cpu.cache_clear()
    for capability, expected in (((9, 0), "bfloat16"), ((7, 5), "float16")):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _, found=capability: found)
        assert fastest_precision(torch.device("cuda")) == expected
    assert fastest_precision(torch.device("mps")) == "float16"
