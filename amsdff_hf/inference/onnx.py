# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""A classifier as an ONNX file: exported with any batch size and length, run by onnxruntime, fused, in int8."""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from ..models.text_backbone import longest_text


# Traced with more than one text and token: a dimension of 1 would be taken for a constant.
_EXAMPLE_SHAPE = (2, 8)
_LARGEST_BATCH = 1 << 16
_LONGEST_TEXT = "longest_text"
# On the CPU these take longer than what they put together: a model in float32 is a seventh faster without.
_SLOW_FUSIONS = ["SkipLayerNormFusion", "BiasGeluFusion"]


class _Logits(nn.Module):
    """The classifier with tensors in and one tensor out."""

    def __init__(self, model: PreTrainedModel):
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor | None = None
    ) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def export_onnx(model: PreTrainedModel, path: str | os.PathLike, *, token_types: bool = False) -> None:
    """Write a classifier to an ONNX file with a dynamic batch size and length.

    Its inputs are `input_ids`, `attention_mask` and, if wished, `token_type_ids`, each
    `(batch_size, sequence_length)` of 64-bit integers; its output is `logits`, `(batch_size, num_labels)`.

    Args:
        model: a classifier in evaluation mode, on the CPU, in float32.
        path: the file to write; weights above 2 GB go into a second file beside it.
        token_types: give the file the input `token_type_ids`, for backbones that tell the texts of a pair apart by it.

    Raises:
        ImportError: if onnx or onnxscript is not installed.
        ValueError: if the model is in training mode, on another device or in another precision.
    """
    _require("onnx", "onnxscript")
    if model.training or model.device.type != "cpu" or model.dtype != torch.float32:
        raise ValueError(
            f"The model must be in evaluation mode, on the CPU and in float32 to be exported; it is on "
            f"{model.device} in {model.dtype}, training={model.training}: call `model.float().cpu().eval()` first."
        )
    if getattr(model.config, "long_text", None) == "window":
        raise ValueError(
            "A model that reads long texts in windows cannot be exported: how many they are would become part of the "
            'file. Load it by `from_pretrained(..., long_text="cut")` to export it for texts of one window.'
        )
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if token_types else [])]
    example = tuple(torch.ones(_EXAMPLE_SHAPE, dtype=torch.long) for _ in names)
    limit = getattr(model, "max_sequence_length", None)
    batch = torch.export.Dim("batch_size", max=_LARGEST_BATCH)
    length = torch.export.Dim("sequence_length", max=limit or 1 << 20)
    attention = {part: part.config._attn_implementation for part in _parts(model)}
    # ONNX has no fused attention; torch 2.13 cannot follow the shapes of T5's through its decomposition.
    model.set_attn_implementation("eager")
    try:
        program = torch.onnx.export(
            _Logits(model).eval(),
            example,
            dynamo=True,
            input_names=names,
            output_names=["logits"],
            # The other inputs follow the first one; to repeat its names would make the exporter warn.
            dynamic_shapes=(
                {0: batch, 1: length},
                *[{0: torch.export.Dim.AUTO, 1: torch.export.Dim.AUTO}] * (len(names) - 1),
            ),
            verbose=False,
        )
    finally:
        for part, implementation in attention.items():
            part.config._attn_implementation = implementation
    longest = longest_text(model)
    if longest is not None:
        program.model.metadata_props[_LONGEST_TEXT] = str(longest)
    program.save(os.fspath(path))


def _parts(model: PreTrainedModel) -> list[PreTrainedModel]:
    """The model and the models inside it; each may have an attention of its own."""
    return [part for part in model.modules() if isinstance(part, PreTrainedModel)]


def fuse_onnx(path: str | os.PathLike, fused_path: str | os.PathLike) -> int:
    """Write a copy of an ONNX file in which each attention is one operator, for onnxruntime alone.

    Args:
        path: a file written by [`export_onnx`].
        fused_path: the file to write.

    Returns:
        How many attentions were found; those of backbones with a position bias of their own (T5) stay as they are.

    Raises:
        ImportError: if onnx or onnxscript is not installed.
    """
    _require("onnx", "onnxscript")
    import onnx_ir
    from onnx_ir.passes.common import ShapeInferencePass
    from onnxscript.optimizer import optimize
    from onnxscript.rewriter.ort_fusions.sdpa import fuse_sdpa
    from onnxscript.rewriter.ort_fusions.sdpa_via_mha import replace_sdpa_by_mha

    graph = onnx_ir.load(os.fspath(path))
    ShapeInferencePass()(graph)
    optimize(graph)
    fuse_sdpa(graph, apply_shape_inference=True)
    fused = replace_sdpa_by_mha(graph)
    optimize(graph)
    onnx_ir.save(graph, os.fspath(fused_path))
    return fused


def quantize_onnx(path: str | os.PathLike, quantized_path: str | os.PathLike) -> None:
    """Write a copy of an ONNX file with weights in int8; activations are quantized while it runs.

    Args:
        path: a file written by [`export_onnx`], or by [`fuse_onnx`], which is faster.
        quantized_path: the file to write.

    Raises:
        ImportError: if onnxruntime is not installed.
    """
    _require("onnx", "onnxruntime")
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load(os.fspath(path))
    # The quantizer transposes weights, and would then stumble over the shapes that are written down for them.
    del graph.graph.value_info[:]
    # The quantizer cannot tell the number format behind operators of onnxruntime.
    formats = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(
        graph, os.fspath(quantized_path), weight_type=QuantType.QInt8, per_channel=True, extra_options=formats
    )


class OnnxClassifier:
    """An ONNX file of [`export_onnx`] or made from one, run by onnxruntime on the CPU.

    Args:
        path: the file.
        num_threads: threads of onnxruntime for one batch; its own choice if not given.
        num_parallel: batches that [`score`] computes side by side. On a CPU, many of one thread each are faster than
            one of many threads.

    Its `input_names`, `num_labels` and `longest_text` in tokens (`None` if there is no end to it) come from the file.

    Raises:
        ImportError: if onnxruntime is not installed.
        ValueError: if `num_parallel` is less than 1.
    """

    def __init__(self, path: str | os.PathLike, num_threads: int | None = None, num_parallel: int = 1):
        _require("onnxruntime")
        import onnxruntime

        if num_parallel < 1:
            raise ValueError(f"`num_parallel` must be at least 1, got {num_parallel}.")
        options = onnxruntime.SessionOptions()
        if num_threads is not None:
            options.intra_op_num_threads = num_threads
        self._session = onnxruntime.InferenceSession(
            os.fspath(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW_FUSIONS
        )
        self.input_names = [node.name for node in self._session.get_inputs()]
        self.num_parallel = num_parallel
        self.num_labels: int = self._session.get_outputs()[0].shape[-1]
        limit = self._session.get_modelmeta().custom_metadata_map.get(_LONGEST_TEXT)
        self.longest_text = None if limit is None else int(limit)

    def __call__(self, encoded: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the logits `(batch_size, num_labels)` of a batch that a tokenizer made (`return_tensors="np"`).

        Raises:
            ValueError: if the batch lacks one of `input_names`.
        """
        missing = [name for name in self.input_names if name not in encoded]
        if missing:
            raise ValueError(
                f"The file reads {self.input_names}, but the batch has no {missing}: let a tokenizer make it."
            )
        inputs = {name: np.asarray(encoded[name], dtype=np.int64) for name in self.input_names}
        return self._session.run(["logits"], inputs)[0]


@dataclass(frozen=True)
class Parity:
    """How close another form of a classifier comes to it.

    Args:
        texts: number of texts compared.
        largest_difference: largest difference between two logits, NaN if one of them is.
        same_decisions: share of the texts with the same highest logit.
    """

    texts: int
    largest_difference: float
    same_decisions: float


@torch.inference_mode()
def compare_with_model(
    onnx_classifier: OnnxClassifier, model: PreTrainedModel, batches: Sequence[Mapping[str, np.ndarray]]
) -> Parity:
    """Compare the logits of an ONNX file with those of the model that it was made from.

    Args:
        onnx_classifier: the file.
        model: the model.
        batches: what a tokenizer made of texts (`return_tensors="np"`).
    """
    largest, same, texts = 0.0, 0, 0
    for batch in batches:
        actual = onnx_classifier(batch)
        inputs = {name: torch.from_numpy(np.asarray(batch[name])) for name in onnx_classifier.input_names}
        expected = model(**inputs).logits.numpy()
        # A plain `max` would let a NaN pass for no difference.
        largest = float(np.maximum(largest, np.abs(actual - expected).max()))
        same += int((actual.argmax(-1) == expected.argmax(-1)).sum())
        texts += len(actual)
    return Parity(texts, largest, same / texts)


def _require(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f"{' and '.join(missing)} not installed: pip install 'amsdff_hf[onnx]'")


__all__ = ["OnnxClassifier", "Parity", "compare_with_model", "export_onnx", "fuse_onnx", "quantize_onnx"]
