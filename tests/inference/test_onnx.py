import numpy as np
import pytest
import torch

from amsdff_hf.inference import OnnxClassifier, compare_with_model, export_onnx, fuse_onnx, onnx, quantize_onnx
from tests.conftest import BACKBONE_CONFIGS, VOCABULARY, random_model


SHAPES = [(1, 1), (1, 9), (5, 3), (3, 64)]


def batches(side):
    """Random texts of several shapes, with padding on one side."""
    generator = np.random.default_rng(0)
    made = []
    for rows, length in SHAPES:
        mask = np.arange(length)[None] < generator.integers(1, length + 1, size=(rows, 1))
        mask = mask if side == "right" else mask[:, ::-1].copy()
        ids = generator.integers(5, len(VOCABULARY), size=(rows, length))
        types = (np.arange(length)[None] > length // 2) * np.ones((rows, 1), dtype=np.int64)
        made.append({"input_ids": ids, "attention_mask": mask.astype(np.int64), "token_type_ids": types})
    return made


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("roberta", "distilbert", "modernbert", "llama")]


@pytest.mark.quick_for("amsdff", "cnn_bilstm")
@pytest.mark.parametrize("name", ["bert", "t5", *SLOW])
def test_exported_file_gives_the_logits_of_the_model(config_class, name, tmp_path):
    model = random_model(config_class(backbone_config=BACKBONE_CONFIGS[name](), num_labels=3))
    export_onnx(model, tmp_path / "model.onnx")
    fused = fuse_onnx(tmp_path / "model.onnx", tmp_path / "fused.onnx")
    # Both layers of the backbone, and the head may have one more; T5 adds a position bias to its own.
    assert fused >= 2 or name == "t5"
    for file in ("model.onnx", "fused.onnx"):
        for side in ("right", "left"):
            parity = compare_with_model(OnnxClassifier(tmp_path / file), model, batches(side)[:-1])
            assert parity.largest_difference <= 1e-5
            assert parity.same_decisions == 1


@pytest.mark.quick_for("amsdff", "cnn_bilstm")
def test_token_types_and_int8(config_class, tmp_path, bert_config):
    model = random_model(config_class(backbone_config=bert_config, num_labels=3))
    export_onnx(model, tmp_path / "model.onnx", token_types=True, source="digest")
    classifier = OnnxClassifier(tmp_path / "model.onnx", num_threads=1)
    assert classifier.input_names == ["input_ids", "attention_mask", "token_type_ids"]
    assert (classifier.problem_type, classifier.source) == ("single_label_classification", "digest")
    assert compare_with_model(classifier, model, batches("right")).largest_difference <= 1e-5
    without = [{**batch, "token_type_ids": np.zeros_like(batch["input_ids"])} for batch in batches("right")]
    assert max(np.abs(classifier(a) - classifier(b)).max() for a, b in zip(batches("right"), without)) > 1e-3

    fuse_onnx(tmp_path / "model.onnx", tmp_path / "fused.onnx")
    for file in ("model.onnx", "fused.onnx"):
        quantize_onnx(tmp_path / file, tmp_path / "int8.onnx")
        parity = compare_with_model(OnnxClassifier(tmp_path / "int8.onnx"), model, batches("right"))
        assert 0 < parity.largest_difference < 1
        assert OnnxClassifier(tmp_path / "int8.onnx").longest_text == bert_config.max_position_embeddings
        assert (tmp_path / "int8.onnx").stat().st_size < 0.9 * (tmp_path / file).stat().st_size


def test_numbers_that_are_none_are_no_parity(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config, num_labels=3))

    def broken(batch):
        return np.full((len(batch["input_ids"]), 3), np.nan)

    broken.input_names = ["input_ids", "attention_mask"]
    assert np.isnan(compare_with_model(broken, model, batches("right")).largest_difference)


@pytest.mark.quick_for("amsdff")
def test_weights_beside_a_fused_file_are_its_own(config_class, tmp_path, bert_config, monkeypatch):
    # As if the weights were above 2 GB.
    monkeypatch.setattr("torch.onnx._internal.exporter._onnx_program._LARGE_MODEL_THRESHOLD", 1)
    model = random_model(config_class(backbone_config=bert_config))
    (tmp_path / "fused").mkdir()
    export_onnx(model, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx.data").exists()
    fuse_onnx(tmp_path / "model.onnx", tmp_path / "fused" / "fused.onnx")
    (tmp_path / "model.onnx.data").unlink()
    fused = OnnxClassifier(tmp_path / "fused" / "fused.onnx")
    assert compare_with_model(fused, model, batches("right")).largest_difference <= 1e-5


@pytest.mark.quick_for("amsdff")
def test_the_model_keeps_its_attention(config_class, tmp_path, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    model.backbone.set_attn_implementation("eager")
    before = model.backbone.config._attn_implementation, model.config._attn_implementation
    export_onnx(model, tmp_path / "model.onnx")
    assert (model.backbone.config._attn_implementation, model.config._attn_implementation) == before
    with pytest.raises(ValueError, match="has no .'attention_mask'"):
        OnnxClassifier(tmp_path / "model.onnx")({"input_ids": np.ones((1, 3))})


def test_what_cannot_be_exported_is_said(config_class, tmp_path, bert_config, monkeypatch):
    model = random_model(config_class(backbone_config=bert_config))
    with pytest.raises(ValueError, match="evaluation mode.*training=True"):
        export_onnx(model.train(), tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"float32.*torch.bfloat16"):
        export_onnx(model.eval().to(torch.bfloat16), tmp_path / "model.onnx")
    for content in (b"", b"a text and no model"):
        (tmp_path / "text.onnx").write_bytes(content)
        with pytest.raises(ValueError, match=r"text.onnx' is no ONNX model: write one with `export_onnx`"):
            OnnxClassifier(tmp_path / "text.onnx")
    monkeypatch.setattr(onnx.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'amsdff_hf\[onnx\]'"):
        OnnxClassifier(tmp_path / "model.onnx")
